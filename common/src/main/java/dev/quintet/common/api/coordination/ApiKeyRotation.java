package dev.quintet.common.api.coordination;

import dev.quintet.common.problem.Violations;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A new primary key for a model.
 *
 * @param graceSeconds for which the old one is still valid, as the fallback; from 0 to 2592000,
 *     3600 if absent
 */
public record ApiKeyRotation(
    @Schema(writeOnly = true) String newPrimary, @Nullable Integer graceSeconds) {
  private static final int LONGEST = 2_592_000;

  public ApiKeyRotation {
    var violations = new Violations();
    ApiKeyRules.check(violations, newPrimary, "/new_primary");
    violations.check(
        graceSeconds == null || (graceSeconds >= 0 && graceSeconds <= LONGEST),
        CoordinationProblem.TTL_OUT_OF_RANGE,
        "/grace_seconds",
        "must be from 0 to " + LONGEST);
    violations.orThrow();
  }

  @Override
  public String toString() {
    return "ApiKeyRotation[masked]";
  }
}
