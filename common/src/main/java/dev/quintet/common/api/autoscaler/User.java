package dev.quintet.common.api.autoscaler;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Somebody who may use the dashboard.
 *
 * @param role USER, DEVOPS or ADMIN: what the user may do, whatever the token says
 * @param authProvider local or keycloak
 * @param keycloakUserId the {@code sub} of the user's tokens; on a local user: linked, and a
 *     keycloak user from the next token on
 * @param roleOverride the role was set here and does not follow Keycloak's
 */
public record User(
    int id,
    String email,
    String fullName,
    String role,
    String authProvider,
    @Nullable String keycloakUserId,
    boolean roleOverride,
    boolean isActive,
    Instant createdAt) {}
