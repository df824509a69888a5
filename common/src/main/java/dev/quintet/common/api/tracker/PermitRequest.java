package dev.quintet.common.api.tracker;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/**
 * Asks when a pod may send IDENTIFY for a shard it holds.
 *
 * @param attempt 1 first, one more for each further IDENTIFY of the same grant; the same attempt
 *     again gets the same slot
 * @param maxWaitMs a slot further away is not taken (default 30000)
 * @param spendReserve an operator may use the last of the daily budget
 */
public record PermitRequest(
    @InvalidAs("invalid_epoch") @Nullable Long epoch,
    @InvalidAs("invalid_attempt") @Nullable Integer attempt,
    @InvalidAs("invalid_setting") @Nullable Integer maxWaitMs,
    @Nullable Boolean spendReserve) {

  public PermitRequest {
    var violations = new Violations();
    ShardReport.checkEpoch(violations, epoch, "/epoch");
    violations.check(
        attempt == null || (attempt >= 1 && attempt <= 1_000_000),
        TrackerProblem.INVALID_ATTEMPT,
        "/attempt",
        "must be between 1 and 1000000");
    violations.check(
        maxWaitMs == null || (maxWaitMs >= 0 && maxWaitMs <= 600_000),
        TrackerProblem.INVALID_SETTING,
        "/max_wait_ms",
        "must be between 0 and 600000");
    violations.orThrow();
  }
}
