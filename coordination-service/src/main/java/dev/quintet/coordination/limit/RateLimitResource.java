package dev.quintet.coordination.limit;

import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.api.coordination.RateLimitBatch;
import dev.quintet.common.api.coordination.RateLimitBatchReply;
import dev.quintet.common.api.coordination.RateLimitCheck;
import dev.quintet.common.api.coordination.RateLimitDecision;
import dev.quintet.common.api.coordination.RateLimitReset;
import dev.quintet.common.api.coordination.RateLimitSettlement;
import dev.quintet.common.api.coordination.Segments;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Caller;
import dev.quintet.common.security.Callers;
import dev.quintet.common.security.Roles;
import dev.quintet.coordination.limit.CheckResult.CostTooLarge;
import dev.quintet.coordination.limit.CheckResult.Decided;
import dev.quintet.coordination.limit.CheckResult.NoPolicy;
import dev.quintet.coordination.limit.CheckResult.Unavailable;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** Asks for room within limits, takes it, gives it back. */
@Path("/api/v1")
@Tag(name = "rate-limits")
public class RateLimitResource {
  private static final Duration SOON = Duration.ofSeconds(1);

  private final RateLimits limits;
  private final Callers callers;

  RateLimitResource(RateLimits limits, Callers callers) {
    this.limits = limits;
    this.callers = callers;
  }

  @POST
  @Path("/rate-limits/check")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "Ask whether a user may call a model, and charge the call",
      description =
          "All windows of the policy allow it, or none is charged. With a request_id a repeat gets"
              + " the first answer and is not charged again. A denial is 429 with the type"
              + " https://iana.org/assignments/http-problem-types#quota-exceeded,"
              + " violated-policies, limits and Retry-After; with decision body it is 200 and"
              + " allowed false. Every answer has RateLimit-Policy and, of the tightest window,"
              + " RateLimit. While Redis is away the policy's fail mode decides, and degraded is"
              + " true; a closed one is 503 rate_limiter_unavailable.")
  @Problems({
    "quota_exceeded",
    "rate_limiter_unavailable",
    "invalid_cost",
    "cost_exceeds_limit",
    "invalid_policy",
    "invalid_key_segment",
    "unknown_policy"
  })
  public Uni<RateLimitDecision> checkRateLimit(
      RateLimitCheck check, @Context RoutingContext request) {
    boolean refuses = check.decision() == RateLimitCheck.Decision.STATUS && !check.asksOnly();
    return limits.check(check).map(result -> told(result, request.response(), refuses));
  }

  @POST
  @Path("/rate-limits/check-batch")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "Several checks in one call, each on its own",
      description =
          "At most 100. Always 200: a denial is allowed false, and a check that could not be"
              + " decided has the code of its problem as error.")
  @Problems({"batch_too_large", "invalid_cost", "invalid_policy", "invalid_key_segment"})
  public Uni<RateLimitBatchReply> checkRateLimits(RateLimitBatch batch) {
    var checks = Objects.requireNonNull(batch.checks());
    if (checks.size() > RateLimitBatch.MOST) {
      throw new ProblemException(
              CoordinationProblem.BATCH_TOO_LARGE,
              "at most " + RateLimitBatch.MOST + " checks in one call")
          .with("limit", RateLimitBatch.MOST);
    }
    List<Uni<RateLimitBatchReply.Result>> all =
        checks.stream()
            .map(
                check -> limits.check(Objects.requireNonNull(check)).map(RateLimitResource::listed))
            .toList();
    return all.isEmpty()
        ? Uni.createFrom().item(new RateLimitBatchReply(List.of()))
        : Uni.join().all(all).andFailFast().map(RateLimitBatchReply::new);
  }

  @POST
  @Path("/rate-limits/settle")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "Say what a charged call really cost",
      description =
          "The difference to its check's cost is taken or given back, once; a repeat changes"
              + " nothing. What is beyond the limit keeps everybody out until it leaves the"
              + " window.")
  @Problems({"reservation_not_found", "invalid_cost", "invalid_key_segment", "redis_unavailable"})
  public Uni<RateLimitDecision> settleRateLimit(
      RateLimitSettlement settlement, @Context RoutingContext request) {
    String id = Objects.requireNonNull(settlement.requestId());
    return limits
        .settle(id, Objects.requireNonNull(settlement.actualCost()))
        .map(found ->
            found.orElseThrow(() ->
                new ProblemException(
                    CoordinationProblem.RESERVATION_NOT_FOUND,
                    "nothing was charged under this request_id, or its windows are over")))
        .map(decided -> told(decided, request.response(), false));
  }

  @GET
  @Path("/rate-limits/{model}/{user_id}")
  @RolesAllowed({Roles.SERVICE, Roles.USER})
  @Operation(
      summary = "How a user's windows at a model stand",
      description =
          "Nothing is charged. A person without the role devops sees his own alone. Without policy"
              + " it is the one that a check would fall under.")
  @Problems({"invalid_key_segment", "unknown_policy", "rate_limiter_unavailable", "not_found"})
  public Uni<RateLimitDecision> peekRateLimit(
      @jakarta.ws.rs.PathParam("model") String model,
      @jakarta.ws.rs.PathParam("user_id") String userId,
      @RestQuery @Nullable String policy,
      @Context RoutingContext request) {
    checkSegments(model, userId);
    Caller caller = callers.current();
    if (!caller.has(Roles.SERVICE)
        && !caller.has(Roles.DEVOPS)
        && !caller.has(Roles.ADMIN)
        && !caller.subject().equals(userId)) {
      throw new ProblemException(
          CommonProblem.NOT_FOUND, "a person without the role devops sees his own limits");
    }
    return limits
        .peek(model, userId, policy)
        .map(result -> told(result, request.response(), false));
  }

  @DELETE
  @Path("/rate-limits/{model}/{user_id}")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(
      summary = "Let a user's windows at a model begin anew",
      description = "All of them, whatever policy or check they came from.")
  @Problems({"invalid_key_segment", "redis_unavailable"})
  public Uni<RateLimitReset> resetRateLimit(
      @jakarta.ws.rs.PathParam("model") String model,
      @jakarta.ws.rs.PathParam("user_id") String userId) {
    checkSegments(model, userId);
    return limits.reset(model, userId).map(RateLimitReset::new);
  }

  private static void checkSegments(String model, String userId) {
    var violations = new Violations();
    Segments.checkModelParameter(violations, model, "model");
    Segments.checkIdParameter(violations, userId, "user_id");
    violations.orThrow();
  }

  /** Sets the fields of the answer, whatever its status will be. */
  private static RateLimitDecision told(
      CheckResult result, HttpServerResponse response, boolean refuses) {
    return switch (result) {
      case Decided decided -> {
        response.putHeader(RateHeaders.POLICY, RateHeaders.policy(decided.windows()));
        RateHeaders.state(decided.decision(), decided.violated())
            .ifPresent(state -> response.putHeader(RateHeaders.STATE, state));
        if (refuses && !decided.decision().allowed()) {
          throw exceeded(decided);
        }
        yield decided.decision();
      }
      case Unavailable closed -> throw unavailable(closed);
      case CostTooLarge cost -> throw tooLarge(cost);
      case NoPolicy none ->
          throw new ProblemException(CoordinationProblem.UNKNOWN_POLICY, none.detail());
    };
  }

  private static RateLimitBatchReply.Result listed(CheckResult result) {
    return switch (result) {
      case Decided decided -> new RateLimitBatchReply.Result(decided.decision(), null);
      case Unavailable closed -> failed(CoordinationProblem.RATE_LIMITER_UNAVAILABLE);
      case CostTooLarge cost -> failed(CoordinationProblem.COST_EXCEEDS_LIMIT);
      case NoPolicy none -> failed(CoordinationProblem.UNKNOWN_POLICY);
    };
  }

  private static RateLimitBatchReply.Result failed(CoordinationProblem problem) {
    return new RateLimitBatchReply.Result(null, problem.code());
  }

  private static ProblemException exceeded(Decided decided) {
    var decision = decided.decision();
    return new ProblemException(
            CoordinationProblem.QUOTA_EXCEEDED,
            "the limit is used up: " + String.join(", ", decided.violated()))
        .retryAfter(Duration.ofMillis(Objects.requireNonNullElse(decision.retryAfterMs(), 1_000L)))
        .with("violated-policies", decided.violated())
        .with("policy", decision.policy())
        .with("limits", decision.limits())
        .with("degraded", decision.degraded());
  }

  private static ProblemException unavailable(Unavailable closed) {
    return new ProblemException(CoordinationProblem.RATE_LIMITER_UNAVAILABLE)
        .retryAfter(SOON)
        .with("policy", closed.policy());
  }

  private static ProblemException tooLarge(CostTooLarge cost) {
    var violations = new Violations();
    violations.add(
        CoordinationProblem.COST_EXCEEDS_LIMIT,
        "/cost",
        "can never fit: " + cost.capacity() + " at most in window " + cost.window());
    try {
      violations.orThrow();
    } catch (ProblemException refused) {
      return refused.with("window", cost.window()).with("limit", cost.capacity());
    }
    throw new IllegalStateException("a violation was added");
  }
}
