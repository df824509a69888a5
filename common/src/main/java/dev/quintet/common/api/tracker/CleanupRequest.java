package dev.quintet.common.api.tracker;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/**
 * Removes rows of the seed's table.
 *
 * @param thresholdS only those whose last heartbeat is older (default 600)
 */
public record CleanupRequest(@InvalidAs("invalid_threshold") @Nullable Long thresholdS) {
  private static final long A_YEAR = 31_536_000;

  public CleanupRequest {
    var violations = new Violations();
    violations.check(
        thresholdS == null || (thresholdS >= 0 && thresholdS <= A_YEAR),
        TrackerProblem.INVALID_THRESHOLD,
        "/threshold_s",
        "must be between 0 and " + A_YEAR);
    violations.orThrow();
  }
}
