package dev.quintet.common.api.autoscaler;

import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/**
 * What became of a target that the agent was given.
 *
 * @param ok whether the pool was resized; with false, {@code error} tells why not
 * @param error kept up to 1,000 characters
 */
public record AppliedTarget(
    @Nullable Integer poolId,
    @Nullable Long generation,
    @Nullable Boolean ok,
    @Nullable String error) {
  private static final int LONGEST_ERROR = 1_000;

  public AppliedTarget {
    var violations = new Violations();
    violations.required(poolId, "/pool_id");
    violations.required(generation, "/generation");
    violations.check(
        generation == null || generation >= 0,
        CommonProblem.INVALID_VALUE,
        "/generation",
        "must be 0 or more");
    violations.required(ok, "/ok");
    violations.orThrow();
    if (error != null && error.length() > LONGEST_ERROR) {
      error = error.substring(0, LONGEST_ERROR);
    }
  }
}
