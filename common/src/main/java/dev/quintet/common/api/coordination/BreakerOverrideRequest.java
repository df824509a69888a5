package dev.quintet.common.api.coordination;

import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A person's word instead of the breaker's own judgement.
 *
 * @param override null: back to its own judgement
 * @param reason for whoever is on call later, 1 to 500 characters; not needed to end one
 * @param until in the future; null: until it is ended
 */
public record BreakerOverrideRequest(
    @Nullable BreakerOverride override, @Nullable String reason, @Nullable Instant until) {
  private static final int LONGEST_REASON = 500;

  /** What the database can hold ends somewhere behind it. */
  private static final Instant LAST = Instant.parse("9999-12-31T23:59:59Z");

  public BreakerOverrideRequest {
    reason = reason == null ? null : reason.strip();
    var violations = new Violations();
    violations.check(
        override == null
            ? reason == null || reason.length() <= LONGEST_REASON
            : reason != null && !reason.isEmpty() && reason.length() <= LONGEST_REASON,
        CoordinationProblem.REASON_REQUIRED,
        "/reason",
        "must be 1 to " + LONGEST_REASON + " characters");
    violations.check(
        until == null || (until.isAfter(Instant.EPOCH) && until.isBefore(LAST)),
        CommonProblem.INVALID_VALUE,
        "/until",
        "must be in the future, before the year 10000");
    violations.orThrow();
  }
}
