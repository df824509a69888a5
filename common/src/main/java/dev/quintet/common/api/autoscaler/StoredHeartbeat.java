package dev.quintet.common.api.autoscaler;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A heartbeat as it was kept.
 *
 * @param configHash of the configuration that the agent works by
 */
public record StoredHeartbeat(
    long id,
    int nodeId,
    @Nullable String configHash,
    String status,
    @Nullable String errorMessage,
    @Nullable JsonNode metricsData,
    Instant timestamp) {}
