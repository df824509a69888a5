package dev.quintet.common.api.coordination;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Takes a lock away from whoever has it.
 *
 * @param reason for the record
 */
public record ForceReleaseRequest(@InvalidAs("reason_required") @Nullable String reason) {
  public ForceReleaseRequest {
    var violations = new Violations();
    LockRules.reason(violations, reason, "/reason");
    violations.orThrow();
  }

  @Override
  public String reason() {
    return Objects.requireNonNull(reason);
  }
}
