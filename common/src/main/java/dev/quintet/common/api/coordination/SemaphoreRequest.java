package dev.quintet.common.api.coordination;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How many may use something at once, 1 to 100,000. */
public record SemaphoreRequest(@InvalidAs("invalid_permits") @Nullable Integer permits) {
  static final int MOST = 100_000;

  public SemaphoreRequest {
    var violations = new Violations();
    violations.check(
        permits != null && permits >= 1 && permits <= MOST,
        CoordinationProblem.INVALID_PERMITS,
        "/permits",
        "must be between 1 and " + MOST);
    violations.orThrow();
  }

  @Override
  public Integer permits() {
    return Objects.requireNonNull(permits);
  }
}
