package dev.quintet.common.api.tracker;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One bot process.
 *
 * @param state active, standby, draining or gone
 * @param shardIds what it holds of its generation, also what has run out
 * @param lastSeen its last heartbeat
 * @param validUntil when the first of its leases runs out
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Instance(
    String instanceId,
    UUID incarnation,
    String state,
    int generation,
    boolean serving,
    List<Integer> shardIds,
    int want,
    int minShards,
    int maxShards,
    @Nullable Boolean fenced,
    @Nullable Instant validUntil,
    Instant lastSeen,
    Instant joinedAt,
    @Nullable Instant queuedAt,
    long guildCount,
    @Nullable String zone,
    @Nullable String hostname,
    @Nullable String podIp,
    @Nullable String nodeName,
    @Nullable String namespace,
    @Nullable String botVersion,
    @Nullable String deploymentVersion) {}
