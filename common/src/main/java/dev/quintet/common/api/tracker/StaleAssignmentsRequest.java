package dev.quintet.common.api.tracker;

import dev.quintet.common.json.Given;
import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/**
 * The argument of the seed's {@code cleanup_stale_assignments}.
 *
 * @param pStaleThreshold an interval as PostgreSQL reads it, such as {@code 10 minutes}, which it
 *     is where it is left out; null is no threshold, and refused
 */
public record StaleAssignmentsRequest(
    @InvalidAs("invalid_threshold") @Nullable Given<String> pStaleThreshold) {
  public StaleAssignmentsRequest {
    var violations = new Violations();
    violations.check(
        pStaleThreshold == null || pStaleThreshold.value() != null,
        TrackerProblem.INVALID_THRESHOLD,
        "/p_stale_threshold",
        "must be an interval such as 5 minutes");
    violations.orThrow();
  }
}
