package dev.quintet.common.api.autoscaler;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Pins a pool to a size until an instant; it comes before metrics and schedules, not before limits.
 *
 * @param target instances, 0 or more; brought into the pool's limits
 * @param expiresAt in the future, at most 7 days away by the database's clock
 * @param reason for whoever is on call later, 1 to 500 characters
 */
public record PoolOverrideRequest(
    @InvalidAs("override_invalid") @Nullable Integer target,
    @InvalidAs("override_invalid") @Nullable Instant expiresAt,
    @Nullable String reason) {
  private static final int LONGEST_REASON = 500;

  public PoolOverrideRequest {
    reason = reason == null ? null : reason.strip();
    var violations = new Violations();
    violations.required(target, "/target");
    violations.required(expiresAt, "/expires_at");
    violations.required(reason, "/reason");
    violations.check(
        target == null || target >= 0,
        AutoscalerProblem.OVERRIDE_INVALID,
        "/target",
        "must be 0 or more");
    violations.check(
        reason == null || (!reason.isEmpty() && reason.length() <= LONGEST_REASON),
        AutoscalerProblem.OVERRIDE_INVALID,
        "/reason",
        "must be 1 to " + LONGEST_REASON + " characters");
    violations.orThrow();
  }
}
