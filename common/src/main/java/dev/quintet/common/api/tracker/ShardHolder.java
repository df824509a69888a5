package dev.quintet.common.api.tracker;

import java.time.Instant;

/**
 * Who holds a shard of the serving layout.
 *
 * @param live false: the lease has run out, and nobody has taken the shard over yet
 */
public record ShardHolder(
    String clusterName,
    int shardId,
    String instanceId,
    Instant lastHeartbeat,
    boolean live,
    boolean fenced) {}
