package dev.quintet.common.api.tracker;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An instance that waits for a shard.
 *
 * @param position from 1, among those that wait for the same generation
 * @param reservedShards kept for it for a moment: it only has to ask
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record StandbyPlace(
    int position,
    String instanceId,
    int generation,
    Instant queuedAt,
    Instant lastSeen,
    int want,
    int minShards,
    List<Integer> reservedShards,
    @Nullable String zone,
    @Nullable String nodeName,
    @Nullable String botVersion) {}
