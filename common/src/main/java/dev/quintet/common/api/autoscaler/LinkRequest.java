package dev.quintet.common.api.autoscaler;

import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/**
 * Joins a local user and a Keycloak user.
 *
 * @param keycloakUserId the {@code sub} of the Keycloak user's tokens
 */
public record LinkRequest(@Nullable String keycloakUserId) {
  public LinkRequest {
    var violations = new Violations();
    violations.required(keycloakUserId, "/keycloak_user_id");
    violations.check(
        keycloakUserId == null
            || (!keycloakUserId.isEmpty()
                && keycloakUserId.length() <= 255
                && keycloakUserId.chars().allMatch(c -> c > ' ' && c < 127)),
        CommonProblem.INVALID_VALUE,
        "/keycloak_user_id",
        "must be 1 to 255 visible ASCII characters");
    violations.orThrow();
  }
}
