package dev.quintet.common.api.autoscaler;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a heartbeat told of a pool: a row of pool_analytics.
 *
 * @param activeInstances of the current ones, those that are ready
 * @param avgCpuUtilization percent, as all utilisations
 * @param scalingReason code and sentence of the decision that followed
 */
public record PoolObservation(
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
    @Nullable String scalingReason) {}
