package dev.quintet.common.api.coordination;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/**
 * Says what a charged call really cost. Once: a repeat changes nothing.
 *
 * @param requestId of the check
 * @param actualCost units, 0 to 1,000,000,000; beyond the limit it is a debt that keeps everybody
 *     out until it leaves the window
 */
public record RateLimitSettlement(
    @InvalidAs("invalid_key_segment") @Nullable String requestId,
    @InvalidAs("invalid_cost") @Nullable Integer actualCost) {

  public RateLimitSettlement {
    var violations = new Violations();
    Segments.checkId(violations, requestId, "/request_id");
    violations.check(
        actualCost != null && actualCost >= 0 && actualCost <= RateWindow.LARGEST_LIMIT,
        CoordinationProblem.INVALID_COST,
        "/actual_cost",
        "must be from 0 to 1000000000");
    violations.orThrow();
  }
}
