package dev.quintet.common.api.autoscaler;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/**
 * Changes what it names; the rest stays.
 *
 * @param password of a local user: a new one, when the old one is lost
 */
public record UserChange(
    @InvalidAs("invalid_email") @Nullable String email,
    @InvalidAs("invalid_name") @Nullable String fullName,
    @Nullable Boolean isActive,
    @InvalidAs("invalid_password") @Nullable String password) {

  public UserChange {
    var violations = new Violations();
    UserRules.email(violations, email, "/email");
    UserRules.name(violations, fullName, "/full_name");
    UserRules.password(violations, password, "/password");
    violations.orThrow();
    email = email == null ? null : UserRules.normalized(email);
    fullName = fullName == null ? null : fullName.strip();
  }

  /** What an Idempotency-Key stands for: a password must not be kept, not even as a fast hash. */
  public UserChange withoutPassword() {
    return password == null ? this : new UserChange(email, fullName, isActive, "*".repeat(12));
  }
}
