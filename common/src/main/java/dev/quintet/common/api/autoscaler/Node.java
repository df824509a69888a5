package dev.quintet.common.api.autoscaler;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A node: the agent that watches and resizes the pools of one region. Its key is never among what
 * is told of it.
 *
 * @param agentVersion as its heartbeats tell it
 * @param allowPush whether the agent may replace its own configuration
 * @param decommissionedAt since when it takes no part; its history stays
 * @param configInSync false: the agent's last heartbeat named another configuration than the active
 *     one; true where none is active
 */
public record Node(
    int id,
    String name,
    String region,
    @Nullable String ipAddress,
    @Nullable String description,
    NodeStatus status,
    @Nullable Instant lastHeartbeat,
    Instant createdAt,
    int heartbeatIntervalSeconds,
    @Nullable String agentVersion,
    boolean allowPush,
    @Nullable Instant decommissionedAt,
    boolean hasApiKey,
    NodeHealth health,
    boolean configInSync) {}
