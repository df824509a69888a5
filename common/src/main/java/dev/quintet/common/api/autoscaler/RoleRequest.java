package dev.quintet.common.api.autoscaler;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/**
 * Gives a role.
 *
 * @param role USER, DEVOPS or ADMIN
 */
public record RoleRequest(@InvalidAs("invalid_role") @Nullable String role) {
  public RoleRequest {
    var violations = new Violations();
    violations.check(
        role != null && UserRules.ROLES.contains(role),
        AutoscalerProblem.INVALID_ROLE,
        "/role",
        "must be USER, DEVOPS or ADMIN");
    violations.orThrow();
  }
}
