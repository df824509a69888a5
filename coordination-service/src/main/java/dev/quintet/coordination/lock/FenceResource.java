package dev.quintet.coordination.lock;

import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.api.coordination.FenceAccepted;
import dev.quintet.common.api.coordination.FenceRequest;
import dev.quintet.common.api.coordination.LockRules;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.security.Roles;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Compares fencing tokens for resources that cannot. */
@Path("/api/v1")
@Tag(name = "locks")
public class FenceResource {
  private final FenceQueries fences;

  FenceResource(FenceQueries fences) {
    this.fences = fences;
  }

  @POST
  @Path("/fences/{resource}/accept")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "Whether a holder's fencing token is not behind",
      description =
          "Once a token was accepted, no lower one is; the same again is. 409 stale_token with high_water: another has got the lock since, stop."
              + " 503 store_unavailable.")
  @Problems({"invalid_resource"})
  public Uni<FenceAccepted> accept(@PathParam("resource") String resource, FenceRequest request) {
    if (!LockRules.isKey(resource)) {
      throw new ProblemException(CoordinationProblem.INVALID_RESOURCE, LockRules.KEY_RULE);
    }
    return fences
        .accept(resource, request.fencingToken())
        .invoke(answer -> {
          if (!answer.accepted()) {
            throw new ProblemException(CoordinationProblem.STALE_TOKEN)
                .with("high_water", answer.highWater());
          }
        });
  }
}
