package dev.quintet.common.api.coordination;

import dev.quintet.common.problem.Violations;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which of several services may be called.
 *
 * @param candidates 1 to 20 services, best first
 * @param reporter who asks
 */
public record BreakerSelectRequest(
    @Nullable List<@Nullable String> candidates, @Nullable String reporter) {
  private static final int MOST = 20;

  public BreakerSelectRequest {
    var violations = new Violations();
    violations.required(candidates, "/candidates");
    if (candidates != null) {
      violations.check(
          !candidates.isEmpty() && candidates.size() <= MOST,
          CoordinationProblem.INVALID_SERVICE_NAME,
          "/candidates",
          "must be 1 to " + MOST + " names of services");
      for (int i = 0; i < Math.min(candidates.size(), MOST); i++) {
        violations.check(
            BreakerNames.isService(candidates.get(i)),
            CoordinationProblem.INVALID_SERVICE_NAME,
            "/candidates/" + i,
            BreakerNames.SERVICE_RULE);
      }
    }
    BreakerNames.checkReporter(violations, reporter, "/reporter");
    violations.orThrow();
    candidates = Objects.requireNonNull(candidates).stream().filter(Objects::nonNull).toList();
  }
}
