package dev.quintet.common.api.autoscaler;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/**
 * Makes a local user.
 *
 * @param password 12 to 72 bytes in UTF-8
 * @param role USER, DEVOPS or ADMIN. Default: USER
 */
public record UserRequest(
    @InvalidAs("invalid_email") @Nullable String email,
    @InvalidAs("invalid_password") @Nullable String password,
    @InvalidAs("invalid_name") @Nullable String fullName,
    @InvalidAs("invalid_role") @Nullable String role) {

  public UserRequest {
    var violations = new Violations();
    violations.required(email, "/email");
    violations.required(password, "/password");
    violations.required(fullName, "/full_name");
    UserRules.email(violations, email, "/email");
    UserRules.password(violations, password, "/password");
    UserRules.name(violations, fullName, "/full_name");
    UserRules.role(violations, role, "/role");
    violations.orThrow();
    email = email == null ? null : UserRules.normalized(email);
    fullName = fullName == null ? null : fullName.strip();
  }

  /** What an Idempotency-Key stands for: a password must not be kept, not even as a fast hash. */
  public UserRequest withoutPassword() {
    return new UserRequest(email, "*".repeat(12), fullName, role);
  }
}
