package dev.quintet.common.api.autoscaler;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A pin that is in force until {@code expires_at}.
 *
 * @param target within the limits that the pool had when it was set; each decision clamps it again
 * @param createdBy email of the person or name of the client
 * @param warnings {@code target_clamped} where the target asked for was outside the limits
 */
public record PoolOverride(
    int poolId,
    int target,
    String reason,
    @Nullable String createdBy,
    Instant createdAt,
    Instant expiresAt,
    List<String> warnings) {}
