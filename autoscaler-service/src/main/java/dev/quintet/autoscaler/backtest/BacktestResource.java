package dev.quintet.autoscaler.backtest;

import dev.quintet.autoscaler.access.Actors;
import dev.quintet.autoscaler.access.RowId;
import dev.quintet.autoscaler.audit.AuditAction;
import dev.quintet.autoscaler.audit.Audited;
import dev.quintet.common.api.autoscaler.Backtest;
import dev.quintet.common.api.autoscaler.BacktestRequest;
import dev.quintet.common.api.autoscaler.BacktestTimeline;
import dev.quintet.common.idempotency.Answer;
import dev.quintet.common.idempotency.IdempotencyKey;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.security.Roles;
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
import java.util.UUID;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** The brain on a pool's record, or on invented demand, before it is let loose on the pool. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "backtests")
public class BacktestResource {
  private static final Pattern ID =
      Pattern.compile("[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}");

  private final Backtests backtests;
  private final Actors actors;

  BacktestResource(Backtests backtests, Actors actors) {
    this.backtests = backtests;
    this.actors = actors;
  }

  @POST
  @Path("/pools/{id}/backtests")
  @RolesAllowed(Roles.DEVOPS)
  @Audited(AuditAction.BACKTEST_CREATED)
  @Operation(
      summary = "Try ways to scale the pool",
      description =
          "Demand is that of a recorded window (from, to: at most 31 days) or of an invented trace; the same code that decides for the live pool"
              + " runs each candidate through it, step by step. Answered at once; the result is at the Location soon after. 409 no_data where nothing"
              + " was recorded.")
  @APIResponseSchema(value = Backtest.class, responseCode = "202")
  @Problems({
    "unknown_pool",
    "no_data",
    "backtest_invalid",
    "limits_invalid",
    "policy_invalid",
    "behavior_invalid",
    "invalid_name"
  })
  public Uni<Response> createBacktest(
      RowId id,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key,
      BacktestRequest request) {
    return backtests.create(key, actors.current(), id.value(), request).map(Answer::response);
  }

  @GET
  @Path("/backtests/{id}")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(
      summary = "A back-test and its result",
      description = "While status is pending or running, ask again in a second.")
  @Problems({"unknown_backtest"})
  public Uni<Backtest> findBacktest(String id) {
    return backtests.find(uuid(id)).map(found -> found.orElseThrow(() -> Backtests.unknown(id)));
  }

  @GET
  @Path("/backtests/{id}/timeline")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(
      summary = "What happened step by step",
      description = "In columns. 409 conflict while it is not done.")
  @APIResponseSchema(value = BacktestTimeline.class, responseCode = "200")
  @Problems({"unknown_backtest", "conflict"})
  public Uni<Response> findTimeline(String id) {
    return backtests
        .timeline(uuid(id))
        .map(found -> found.orElseThrow(() -> Backtests.unknown(id)))
        .map(timeline ->
            timeline.orElseThrow(
                () -> new ProblemException(CommonProblem.CONFLICT, "it is not done")))
        .map(timeline -> Response.ok(timeline, MediaType.APPLICATION_JSON_TYPE).build());
  }

  @DELETE
  @Path("/backtests/{id}")
  @RolesAllowed(Roles.DEVOPS)
  @Audited(AuditAction.BACKTEST_DELETED)
  @Operation(summary = "Forget a back-test")
  @Problems({"unknown_backtest"})
  public Uni<Response> deleteBacktest(
      String id, @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key) {
    return backtests.delete(key, actors.current(), uuid(id)).map(Answer::response);
  }

  /** What is no UUID is the address of nothing. */
  private static UUID uuid(String id) {
    if (!ID.matcher(id).matches()) {
      throw Backtests.unknown(id.length() > 36 ? id.substring(0, 36) : id);
    }
    return UUID.fromString(id);
  }
}
