package dev.quintet.common.api.autoscaler;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How many instances a pool should have. An agent acts on it only if mode is managed and generation
 * is above the last that it applied; after expires_at it keeps the size that the pool has.
 *
 * @param generation grows with each change of the target; 0: no decision was carried out yet
 * @param decisionId the newest stored decision; null: there is none
 * @param event SCALE_UP, SCALE_DOWN or NO_ACTION: what the newest evaluation says
 * @param reason {@code CODE: sentence}
 * @param mode managed, or advisory: to be shown, not to be acted on
 */
public record PoolTarget(
    int poolId,
    String oraclePoolId,
    int targetInstances,
    long generation,
    @Nullable Long decisionId,
    String event,
    @Nullable String reason,
    String mode,
    Instant expiresAt) {}
