package dev.quintet.common.api.autoscaler;

import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/** The rule for numbers of instances that are reported: reality has no upper limit of ours. */
final class Counts {
  private Counts() {}

  static void check(Violations violations, @Nullable Integer count, String pointer) {
    violations.check(
        count == null || count >= 0, AutoscalerProblem.COUNT_INVALID, pointer, "must be 0 or more");
  }
}
