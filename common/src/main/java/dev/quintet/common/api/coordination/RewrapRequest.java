package dev.quintet.common.api.coordination;

import dev.quintet.common.problem.Violations;

/** All data keys are to be wrapped with this key-encryption key. */
public record RewrapRequest(String toKekId) {
  public RewrapRequest {
    var violations = new Violations();
    violations.required(toKekId, "/to_kek_id");
    violations.orThrow();
  }
}
