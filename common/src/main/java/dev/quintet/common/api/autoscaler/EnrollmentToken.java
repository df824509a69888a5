package dev.quintet.common.api.autoscaler;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An enrolment token, without the token itself.
 *
 * @param tokenPrefix its first 8 characters, as logs name it
 * @param region the only region it is good for; null: any
 * @param uses how many nodes have registered with it
 * @param createdBy email of a person or name of a client
 */
public record EnrollmentToken(
    int id,
    String tokenPrefix,
    @Nullable String region,
    int maxUses,
    int uses,
    Instant expiresAt,
    @Nullable String createdBy,
    Instant createdAt,
    @Nullable Instant revokedAt) {}
