package dev.quintet.common.api.autoscaler;

import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/** A local user's email, in any case, and password. */
public record LoginRequest(@Nullable String email, @Nullable String password) {
  public LoginRequest {
    var violations = new Violations();
    violations.required(email, "/email");
    violations.required(password, "/password");
    violations.orThrow();
    email = email == null ? null : UserRules.normalized(email);
  }
}
