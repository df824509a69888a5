package dev.quintet.common.api.coordination;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Whose caches, windows and sessions there are.
 *
 * @param id a person's {@code sub} in Keycloak
 */
public record User(
    UUID id,
    @Nullable String email,
    String role,
    String subscriptionTier,
    Instant createdAt,
    @Nullable Instant updatedAt) {}
