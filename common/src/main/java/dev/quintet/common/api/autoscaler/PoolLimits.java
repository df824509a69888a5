package dev.quintet.common.api.autoscaler;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Between how many instances a pool may have, both ends included. */
public record PoolLimits(
    @InvalidAs("limits_invalid") @Nullable Integer minInstances,
    @InvalidAs("limits_invalid") @Nullable Integer maxInstances) {

  public PoolLimits {
    var violations = new Violations();
    violations.check(
        minInstances != null, AutoscalerProblem.LIMITS_INVALID, "/min_instances", "is required");
    violations.check(
        maxInstances != null, AutoscalerProblem.LIMITS_INVALID, "/max_instances", "is required");
    check(violations, minInstances, maxInstances);
    violations.orThrow();
  }

  public Integer minInstances() {
    return Objects.requireNonNull(minInstances);
  }

  public Integer maxInstances() {
    return Objects.requireNonNull(maxInstances);
  }

  static void check(Violations violations, @Nullable Integer min, @Nullable Integer max) {
    violations.check(
        min == null || min >= 0,
        AutoscalerProblem.LIMITS_INVALID,
        "/min_instances",
        "must be 0 or more");
    violations.check(
        min == null || max == null || min <= max,
        AutoscalerProblem.LIMITS_INVALID,
        min != null && min < 0 ? "/max_instances" : "/min_instances",
        "min_instances must not be more than max_instances");
  }
}
