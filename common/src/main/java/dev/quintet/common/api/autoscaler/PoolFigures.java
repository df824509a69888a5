package dev.quintet.common.api.autoscaler;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A pool as its node saw it with one heartbeat, and whether that still counts. Utilisations are
 * percentages.
 *
 * @param scalingEvent SCALE_UP, SCALE_DOWN or NO_ACTION: what was decided on it
 * @param stale older than an observation counts (10 minutes)
 */
public record PoolFigures(
    long id,
    int poolId,
    int nodeId,
    String oraclePoolId,
    Instant timestamp,
    int currentInstances,
    int activeInstances,
    double avgCpuUtilization,
    double avgMemoryUtilization,
    @Nullable Double maxCpuUtilization,
    @Nullable Double maxMemoryUtilization,
    String poolStatus,
    boolean isActive,
    @Nullable String scalingEvent,
    @Nullable String scalingReason,
    boolean stale) {}
