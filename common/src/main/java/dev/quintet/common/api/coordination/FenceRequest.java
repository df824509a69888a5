package dev.quintet.common.api.coordination;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The token of whoever is about to use a resource that cannot compare tokens by itself. */
public record FenceRequest(@InvalidAs("invalid_token") @Nullable Long fencingToken) {
  public FenceRequest {
    var violations = new Violations();
    LockRules.token(violations, fencingToken, "/fencing_token");
    violations.orThrow();
  }

  @Override
  public Long fencingToken() {
    return Objects.requireNonNull(fencingToken);
  }
}
