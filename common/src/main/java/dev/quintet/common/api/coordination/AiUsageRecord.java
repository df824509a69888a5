package dev.quintet.common.api.coordination;

import dev.quintet.common.problem.Violations;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One call of a model, or one that a cache spared.
 *
 * @param requestId makes a repeat known; without it a repeat is another call
 * @param userId null: nobody's in particular
 * @param model that answered, of 1 to 50 characters
 * @param requestedModel that was asked for, where it is another one
 * @param operation up to 50 characters
 * @param latencyMs milliseconds
 * @param success true if absent
 * @param cacheHit false if absent
 * @param costUsd to 6 decimals; if absent, by the price table from the tokens. A hit costs nothing
 * @param avoidedCostUsd for a hit: what the call would have cost. If absent, what the latest miss
 *     of the document with the model cost, else by the price table
 * @param fallbackModel that stood in for the requested one
 * @param circuitBreakerState of the requested model then: closed, open or half-open
 */
public record AiUsageRecord(
    @Nullable UUID requestId,
    @Nullable UUID userId,
    @Nullable UUID documentId,
    String model,
    @Nullable String requestedModel,
    @Nullable String operation,
    @Nullable Integer inputTokens,
    @Nullable Integer outputTokens,
    @Nullable Integer latencyMs,
    @Nullable Boolean success,
    @Nullable Boolean cacheHit,
    @Nullable BigDecimal costUsd,
    @Nullable BigDecimal avoidedCostUsd,
    @Nullable String fallbackModel,
    @Nullable String circuitBreakerState) {
  private static final BigDecimal BEYOND = BigDecimal.valueOf(1_000_000);
  private static final int DECIMALS = 6;
  private static final List<String> STATES = List.of("closed", "open", "half-open");

  public AiUsageRecord {
    var violations = new Violations();
    Segments.checkModel(violations, model, "/model");
    checkOtherModel(violations, requestedModel, "/requested_model");
    checkOtherModel(violations, fallbackModel, "/fallback_model");
    violations.check(
        operation == null
            || (operation.length() <= 50 && operation.chars().noneMatch(Character::isISOControl)),
        CoordinationProblem.INVALID_USAGE,
        "/operation",
        "must have 50 characters at most");
    checkCount(violations, inputTokens, "/input_tokens");
    checkCount(violations, outputTokens, "/output_tokens");
    checkCount(violations, latencyMs, "/latency_ms");
    checkCost(violations, costUsd, "/cost_usd");
    checkCost(violations, avoidedCostUsd, "/avoided_cost_usd");
    boolean hit = Boolean.TRUE.equals(cacheHit);
    violations.check(
        !hit || costUsd == null || costUsd.signum() == 0,
        CoordinationProblem.INVALID_USAGE,
        "/cost_usd",
        "must be 0 for a hit: what it spared is avoided_cost_usd");
    violations.check(
        hit || avoidedCostUsd == null || avoidedCostUsd.signum() == 0,
        CoordinationProblem.INVALID_USAGE,
        "/avoided_cost_usd",
        "is of hits only");
    violations.check(
        circuitBreakerState == null || STATES.contains(circuitBreakerState),
        CoordinationProblem.INVALID_STATE,
        "/circuit_breaker_state",
        "must be one of closed, open, half-open");
    violations.orThrow();
  }

  private static void checkOtherModel(
      Violations violations, @Nullable String model, String pointer) {
    if (model != null) {
      Segments.checkModel(violations, model, pointer);
    }
  }

  private static void checkCount(Violations violations, @Nullable Integer count, String pointer) {
    violations.check(
        count == null || count >= 0,
        CoordinationProblem.INVALID_USAGE,
        pointer,
        "must not be negative");
  }

  private static void checkCost(Violations violations, @Nullable BigDecimal cost, String pointer) {
    violations.check(
        cost == null
            || (cost.signum() >= 0
                && cost.setScale(DECIMALS, RoundingMode.HALF_EVEN).compareTo(BEYOND) < 0),
        CoordinationProblem.INVALID_USAGE,
        pointer,
        "must be from 0 to below 1000000");
  }
}
