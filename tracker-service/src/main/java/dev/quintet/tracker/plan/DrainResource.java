package dev.quintet.tracker.plan;

import dev.quintet.common.api.tracker.Drain;
import dev.quintet.common.api.tracker.DrainRequest;
import dev.quintet.common.api.tracker.TrackerProblem;
import dev.quintet.common.idempotency.Answer;
import dev.quintet.common.idempotency.Idempotency;
import dev.quintet.common.idempotency.Idempotency.Effect;
import dev.quintet.common.idempotency.IdempotencyKey;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.page.Cursor;
import dev.quintet.common.page.Page;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.security.Roles;
import dev.quintet.tracker.access.ClusterAccess;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** Emptying pods, nodes and versions, one hand-over after the other. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "operators")
public class DrainResource {
  private final PlanQueries plans;
  private final Idempotency idempotency;
  private final ClusterAccess access;

  DrainResource(PlanQueries plans, Idempotency idempotency, ClusterAccess access) {
    this.plans = plans;
    this.idempotency = idempotency;
    this.access = access;
  }

  @POST
  @Path("/clusters/{cluster}/drains")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(
      summary = "Empty instances or shards",
      description =
          "Moves what the selected instances hold to others, at most max_moves_per_minute. They get nothing new until the drain is cancelled"
              + " (DELETE), also when it is done: a node under maintenance does not get its shards back by itself.")
  @APIResponseSchema(value = Drain.class, responseCode = "201")
  @Problems({
    "unknown_cluster",
    "unknown_shard",
    "nothing_matches",
    "drain_in_force",
    "invalid_selection",
    "invalid_instance_id",
    "invalid_shard_id",
    "duplicate_shard",
    "too_many_shards",
    "invalid_text"
  })
  public Uni<Response> createDrain(
      String cluster,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key,
      DrainRequest request) {
    var caller = access.to(cluster);
    return idempotency
        .once(
            key,
            caller,
            "create_drain",
            List.of(cluster, request),
            tx -> plans.createDrain(tx, cluster, request, caller.name()).map(DrainResource::made))
        .map(Answer::response);
  }

  @GET
  @Path("/clusters/{cluster}/drains")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(summary = "The cluster's drains and rebalances, newest first")
  @Problems({"unknown_cluster", "invalid_limit", "invalid_cursor"})
  public Uni<Page<Drain>> listDrains(
      String cluster, @RestQuery @Nullable String limit, @RestQuery @Nullable String cursor) {
    access.to(cluster);
    var page = PageRequest.of(limit, cursor, 1);
    return plans
        .listDrains(cluster, page)
        .map(found -> found.orElseThrow(() -> PlanIds.unknownCluster(cluster)))
        .map(found -> Page.of(found, page, plan -> Cursor.behind(plan.id())));
  }

  @GET
  @Path("/clusters/{cluster}/drains/{id}")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(summary = "One drain with its moves")
  @Problems("unknown_drain")
  public Uni<Drain> findDrain(String cluster, String id) {
    access.to(cluster);
    return plans
        .findDrain(cluster, PlanIds.drain(id))
        .map(found ->
            found.orElseThrow(
                () -> new ProblemException(TrackerProblem.UNKNOWN_DRAIN, "no drain " + id)));
  }

  @DELETE
  @Path("/clusters/{cluster}/drains/{id}")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(
      summary = "Cancel a drain or rebalance",
      description =
          "Moves under way are called back, and what was selected may get shards again. Again: the same answer.")
  @Problems({"unknown_cluster", "unknown_drain"})
  public Uni<Drain> cancelDrain(String cluster, String id) {
    var caller = access.to(cluster);
    return plans.cancelDrain(cluster, PlanIds.drain(id), caller.name());
  }

  private static Effect made(Drain plan) {
    return new Effect(
        201,
        Map.of("Location", "/api/v1/clusters/" + plan.clusterName() + "/drains/" + plan.id()),
        plan);
  }
}
