package dev.quintet.tracker.shard;

import dev.quintet.common.api.tracker.IdentifyBudget;
import dev.quintet.common.api.tracker.Names;
import dev.quintet.common.api.tracker.Permit;
import dev.quintet.common.api.tracker.PermitRequest;
import dev.quintet.common.api.tracker.SessionStartLimit;
import dev.quintet.common.api.tracker.TrackerProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.security.Caller;
import dev.quintet.common.security.Roles;
import dev.quintet.tracker.access.ClusterAccess;
import dev.quintet.tracker.shard.PermitResult.Refused;
import dev.quintet.tracker.shard.PermitResult.Repeated;
import dev.quintet.tracker.shard.PermitResult.Reserved;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;

/**
 * When a pod may send IDENTIFY: one per bucket per 5 s, and so many a day, counted per application.
 */
@Path("/api/v1")
@Tag(name = "pods")
public class PermitResource {
  private final ShardQueries shards;
  private final ClusterAccess access;

  PermitResource(ShardQueries shards, ClusterAccess access) {
    this.shards = shards;
    this.access = access;
  }

  @POST
  @Path("/clusters/{cluster}/shards/{shard}/identify-permits")
  @RolesAllowed({Roles.SERVICE, Roles.DEVOPS})
  @Operation(
      summary = "Reserve the moment at which IDENTIFY may be sent for a held shard",
      description =
          "201 with a new slot, 200 with the same slot for the same attempt. 409 stale_epoch; 429 identify_wait_too_long,"
              + " session_start_budget_exhausted or shard_crash_loop, all with Retry-After. Only devops may set spend_reserve.")
  public Uni<RestResponse<Permit>> reserve(String cluster, String shard, PermitRequest request) {
    Caller caller = access.to(cluster);
    boolean spendReserve = Boolean.TRUE.equals(request.spendReserve());
    if (spendReserve && !caller.has(Roles.DEVOPS)) {
      throw new ProblemException(
          dev.quintet.common.problem.CommonProblem.FORBIDDEN,
          "only devops may spend the reserve of the daily budget");
    }
    return shards
        .requestIdentify(cluster, ClusterAccess.shard(shard), request, spendReserve, caller.name())
        .map(PermitResource::answer);
  }

  @PUT
  @Path("/applications/{application}/session-start-limit")
  @RolesAllowed({Roles.SERVICE, Roles.DEVOPS})
  @Operation(
      summary = "Report what Discord said about the application's identifies",
      description =
          "The session_start_limit of GET /gateway/bot. Before our reset time the smaller count stays, after it Discord's counts.")
  public Uni<IdentifyBudget> report(String application, SessionStartLimit limit) {
    if (!Names.isInstance(application)) {
      throw new ProblemException(
          TrackerProblem.INVALID_TEXT, "an application's id " + Names.INSTANCE_RULE);
    }
    return shards.reportLimit(application, limit);
  }

  private static RestResponse<Permit> answer(PermitResult result) {
    return switch (result) {
      case Reserved reserved -> RestResponse.status(RestResponse.Status.CREATED, reserved.permit());
      case Repeated repeated -> RestResponse.ok(repeated.permit());
      case Refused refused -> throw refusal(refused);
    };
  }

  private static ProblemException refusal(Refused refused) {
    var problem =
        new ProblemException(TrackerProblem.ofCode(refused.code()).orElseThrow())
            .retryAfter(refused.retryAfter());
    for (String fact : new String[] {"remaining", "reserve", "reset_at", "wait_ms"}) {
      problem = problem.with(fact, refused.facts().get(fact));
    }
    return problem;
  }
}
