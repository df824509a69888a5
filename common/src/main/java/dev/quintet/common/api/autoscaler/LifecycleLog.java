package dev.quintet.common.api.autoscaler;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened to a node.
 *
 * @param eventType WENT_OFFLINE, CAME_ONLINE, REGISTERED, STATUS_CHANGED, KEY_ROTATED, KEY_REVOKED
 *     or DECOMMISSIONED
 * @param triggeredBy heartbeat, manual or system
 */
public record LifecycleLog(
    long id,
    int nodeId,
    String eventType,
    @Nullable String previousStatus,
    String newStatus,
    @Nullable String reason,
    @Nullable String triggeredBy,
    @Nullable JsonNode extraData,
    Instant timestamp) {}
