package dev.quintet.common.api.coordination;

import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/**
 * Somebody is about to call the service.
 *
 * @param reporter who, such as the name of a pod: 1 to 64 letters, digits and {@code _.@-}
 */
public record BreakerPermitRequest(@Nullable String reporter) {
  public BreakerPermitRequest {
    var violations = new Violations();
    BreakerNames.checkReporter(violations, reporter, "/reporter");
    violations.orThrow();
  }
}
