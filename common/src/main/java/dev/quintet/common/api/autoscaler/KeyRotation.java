package dev.quintet.common.api.autoscaler;

import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/**
 * Gives a node a new key.
 *
 * @param graceSeconds how long the keys before it stay valid, 0 to 86400; 900 unless said
 */
public record KeyRotation(@Nullable Integer graceSeconds) {
  private static final int USUAL = 900;
  private static final int LONGEST = 86_400;

  public KeyRotation {
    var violations = new Violations();
    violations.check(
        graceSeconds == null || (graceSeconds >= 0 && graceSeconds <= LONGEST),
        CommonProblem.INVALID_VALUE,
        "/grace_seconds",
        "must be between 0 and " + LONGEST);
    violations.orThrow();
  }

  public int grace() {
    return graceSeconds == null ? USUAL : graceSeconds;
  }
}
