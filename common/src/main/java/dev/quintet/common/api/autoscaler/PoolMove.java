package dev.quintet.common.api.autoscaler;

import dev.quintet.common.problem.Violations;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Gives a pool to another node. */
public record PoolMove(@Nullable Integer nodeId) {
  public PoolMove {
    var violations = new Violations();
    violations.required(nodeId, "/node_id");
    violations.orThrow();
  }

  public Integer nodeId() {
    return Objects.requireNonNull(nodeId);
  }
}
