package dev.quintet.common.api.autoscaler;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/**
 * What a local user changes about himself.
 *
 * @param currentPassword needed for a new one
 */
public record ProfileChange(
    @InvalidAs("invalid_name") @Nullable String fullName,
    @InvalidAs("invalid_password") @Nullable String currentPassword,
    @InvalidAs("invalid_password") @Nullable String newPassword) {

  public ProfileChange {
    var violations = new Violations();
    UserRules.name(violations, fullName, "/full_name");
    UserRules.password(violations, newPassword, "/new_password");
    violations.check(
        newPassword == null || currentPassword != null,
        AutoscalerProblem.INVALID_PASSWORD,
        "/current_password",
        "is needed for a new one");
    violations.orThrow();
    fullName = fullName == null ? null : fullName.strip();
  }
}
