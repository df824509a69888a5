package dev.quintet.tracker.plan;

import dev.quintet.common.api.tracker.Revocation;
import dev.quintet.common.api.tracker.RevokeRequest;
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
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** An administrator's last word on a shard. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "administrators")
public class RevocationResource {
  private final PlanQueries plans;
  private final Idempotency idempotency;
  private final ClusterAccess access;

  RevocationResource(PlanQueries plans, Idempotency idempotency, ClusterAccess access) {
    this.plans = plans;
    this.idempotency = idempotency;
    this.access = access;
  }

  @POST
  @Path("/clusters/{cluster}/shards/{shard}/revoke")
  @RolesAllowed(Roles.ADMIN)
  @Operation(
      summary = "Take a shard from its holder at once",
      description =
          "The holder learns it by its next heartbeat (lost, revoked) and may act until then: for a shard that must move in good order, use a"
              + " drain. Nobody gets the shard for hold_s seconds.")
  @APIResponseSchema(value = Revocation.class, responseCode = "200")
  @Problems({"unknown_cluster", "unknown_shard", "invalid_setting", "invalid_text"})
  public Uni<Response> revokeShard(
      String cluster,
      String shard,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key,
      RevokeRequest request) {
    var caller = access.to(cluster);
    int number = ClusterAccess.shard(shard);
    return idempotency
        .once(
            key,
            caller,
            "revoke_shard",
            List.of(cluster, number, request),
            tx ->
                plans
                    .revoke(tx, cluster, number, request, caller.name())
                    .map(revoked -> Effect.of(200, revoked)))
        .map(Answer::response);
  }
}
