package dev.quintet.tracker.plan;

import dev.quintet.common.api.tracker.Rebalance;
import dev.quintet.common.api.tracker.RebalanceRequest;
import dev.quintet.common.api.tracker.RebalanceRequest.Load;
import dev.quintet.common.idempotency.Answer;
import dev.quintet.common.idempotency.Idempotency;
import dev.quintet.common.idempotency.Idempotency.Effect;
import dev.quintet.common.idempotency.IdempotencyKey;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.security.Roles;
import dev.quintet.tracker.access.ClusterAccess;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
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
import org.jspecify.annotations.Nullable;

/** Evening out what the pods hold. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "operators")
public class RebalanceResource {
  private final PlanQueries plans;
  private final Idempotency idempotency;
  private final ClusterAccess access;

  RebalanceResource(PlanQueries plans, Idempotency idempotency, ClusterAccess access) {
    this.plans = plans;
    this.idempotency = idempotency;
    this.access = access;
  }

  @POST
  @Path("/clusters/{cluster}/rebalance")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(
      summary = "Move shards from the fullest pods to the emptiest",
      description =
          "200 with the plan (dry_run, or nothing to move), 201 when it runs: as a drain of kind rebalance, at max_moves_per_minute. Waiting"
              + " pods count as empty, so pods that were added get their part.")
  @APIResponseSchema(value = Rebalance.class, responseCode = "200")
  @Problems({"unknown_cluster", "rebalance_running", "reshard_running"})
  public Uni<Response> rebalance(
      String cluster,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key,
      RebalanceRequest request) {
    var caller = access.to(cluster);
    Load by = request.by() == null ? Load.SHARDS : request.by();
    boolean dryRun = Boolean.TRUE.equals(request.dryRun());
    return idempotency
        .once(
            key,
            caller,
            "rebalance",
            List.of(cluster, request),
            tx ->
                plans
                    .rebalance(tx, cluster, by, dryRun, caller.name())
                    .map(RebalanceResource::planned))
        .map(Answer::response);
  }

  private static Effect planned(Rebalance plan) {
    return plan.drainId() == null
        ? Effect.of(200, plan)
        : new Effect(
            201,
            Map.of(
                "Location", "/api/v1/clusters/" + plan.clusterName() + "/drains/" + plan.drainId()),
            plan);
  }
}
