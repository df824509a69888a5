package dev.quintet.common.api.coordination;

import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Several checks in one call, each on its own. At most 100; more are 413 batch_too_large. */
public record RateLimitBatch(@Nullable List<@Nullable RateLimitCheck> checks) {
  public static final int MOST = 100;

  public RateLimitBatch {
    var violations = new Violations();
    violations.required(checks, "/checks");
    if (checks != null) {
      for (int i = 0; i < checks.size(); i++) {
        violations.check(
            checks.get(i) != null, CommonProblem.REQUIRED, "/checks/" + i, "must be an object");
      }
    }
    violations.orThrow();
  }
}
