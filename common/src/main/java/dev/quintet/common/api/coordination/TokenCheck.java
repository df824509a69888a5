package dev.quintet.common.api.coordination;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Asks whether the lease with this token, and this id if it is named, is live. */
public record TokenCheck(
    @InvalidAs("invalid_token") @Nullable Long fencingToken, @Nullable UUID leaseId) {
  public TokenCheck {
    var violations = new Violations();
    LockRules.token(violations, fencingToken, "/fencing_token");
    violations.orThrow();
  }

  @Override
  public Long fencingToken() {
    return Objects.requireNonNull(fencingToken);
  }
}
