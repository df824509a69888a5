package dev.quintet.common.api.autoscaler;

import dev.quintet.common.problem.Violations;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How far decisions about a pool shall go. */
public record PoolControl(@Nullable ControlMode mode) {
  public PoolControl {
    var violations = new Violations();
    violations.required(mode, "/mode");
    violations.orThrow();
  }

  public ControlMode mode() {
    return Objects.requireNonNull(mode);
  }
}
