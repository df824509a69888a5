package dev.quintet.tracker.plan;

import dev.quintet.common.api.tracker.Reshard;
import dev.quintet.common.api.tracker.ReshardRequest;
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
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/** Changing the number of shards while the bot goes on. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "operators")
public class ReshardResource {
  private final PlanQueries plans;
  private final Idempotency idempotency;
  private final ClusterAccess access;

  ReshardResource(PlanQueries plans, Idempotency idempotency, ClusterAccess access) {
    this.plans = plans;
    this.idempotency = idempotency;
    this.access = access;
  }

  @POST
  @Path("/clusters/{cluster}/reshards")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(
      summary = "Start a reshard",
      description =
          "Makes the next layout beside the serving one. Start pods that ask for generation next: they identify, fill their caches and report"
              + " ready, but do not act. The old layout serves until the cutover.")
  @APIResponseSchema(value = Reshard.class, responseCode = "201")
  @Problems({
    "unknown_cluster",
    "invalid_total_shards",
    "invalid_setting",
    "total_shards_unchanged",
    "reshard_running",
    "identify_budget_too_small"
  })
  public Uni<Response> createReshard(
      String cluster,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key,
      ReshardRequest request) {
    var caller = access.to(cluster);
    return idempotency
        .once(
            key,
            caller,
            "create_reshard",
            List.of(cluster, request),
            tx ->
                plans.createReshard(tx, cluster, request, caller.name()).map(ReshardResource::made))
        .map(Answer::response);
  }

  @GET
  @Path("/clusters/{cluster}/reshards")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(summary = "The cluster's reshards, newest first")
  @Problems({"unknown_cluster", "invalid_limit", "invalid_cursor"})
  public Uni<Page<Reshard>> listReshards(
      String cluster, @RestQuery @Nullable String limit, @RestQuery @Nullable String cursor) {
    access.to(cluster);
    var page = PageRequest.of(limit, cursor, 1);
    return plans
        .listReshards(cluster, page)
        .map(found -> found.orElseThrow(() -> PlanIds.unknownCluster(cluster)))
        .map(found -> Page.of(found, page, plan -> Cursor.behind(plan.id())));
  }

  @GET
  @Path("/clusters/{cluster}/reshards/{id}")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(summary = "One reshard, and how far it is")
  @Problems("unknown_reshard")
  public Uni<Reshard> findReshard(String cluster, String id) {
    access.to(cluster);
    return plans
        .findReshard(cluster, PlanIds.reshard(id))
        .map(found -> found.orElseThrow(() -> unknown(id)));
  }

  @POST
  @Path("/clusters/{cluster}/reshards/{id}/cutover")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(
      summary = "Switch to the new layout",
      description =
          "Pauses the old layout; when all its live shards have reported paused, the new one serves. If they do not in time, the old one"
              + " goes on and the plan is ready again. 202: follow it with GET.")
  @APIResponseSchema(value = Reshard.class, responseCode = "202")
  @Problems({"unknown_cluster", "unknown_reshard", "reshard_not_ready", "reshard_over"})
  public Uni<RestResponse<Reshard>> cutoverReshard(String cluster, String id) {
    var caller = access.to(cluster);
    return plans
        .cutover(cluster, PlanIds.reshard(id), caller.name())
        .map(plan -> RestResponse.status(RestResponse.Status.ACCEPTED, plan));
  }

  @POST
  @Path("/clusters/{cluster}/reshards/{id}/abort")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(
      summary = "Give a reshard up before its cutover",
      description = "The new layout's shards are revoked; the old one goes on untouched.")
  @Problems({"unknown_cluster", "unknown_reshard", "reshard_over"})
  public Uni<Reshard> abortReshard(String cluster, String id) {
    var caller = access.to(cluster);
    return plans.abort(cluster, PlanIds.reshard(id), caller.name());
  }

  private static Effect made(Reshard plan) {
    return new Effect(
        201,
        Map.of("Location", "/api/v1/clusters/" + plan.clusterName() + "/reshards/" + plan.id()),
        plan);
  }

  private static ProblemException unknown(String id) {
    return new ProblemException(TrackerProblem.UNKNOWN_RESHARD, "no reshard " + id);
  }
}
