package dev.quintet.common.api.tracker;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A cluster as it is configured.
 *
 * @param configVersion raised by every change; a change names the one it was decided on (If-Match)
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ClusterConfig(
    String clusterName,
    String applicationId,
    int generation,
    int totalShards,
    int maxConcurrency,
    int shardMultiple,
    long leaseTtlMs,
    long heartbeatIntervalMs,
    long takeoverGraceMs,
    long resumeMaxAgeMs,
    long identifyUseWithinMs,
    FencingMode fencingMode,
    int maxMovesPerMinute,
    @Nullable Integer identifyReserve,
    long assignmentVersion,
    int configVersion,
    Instant createdAt,
    Instant updatedAt) {}
