package dev.quintet.common.api.tracker;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A change of the number of shards, and how far it is.
 *
 * @param state preparing, warming, ready, pausing, retiring, done or aborted
 * @param claimed shards of the new layout that are held; {@code ready} of them report ready
 * @param oldLive shards of the old layout that are held
 * @param notPaused during the switch: old shards whose holders still act
 * @param lastEventIds after the switch: the last event id that each old shard handled
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Reshard(
    long id,
    String clusterName,
    String state,
    int fromGeneration,
    int toGeneration,
    int fromTotalShards,
    int toTotalShards,
    boolean autoCutover,
    long pauseTimeoutMs,
    @Nullable Instant lastPauseAt,
    int claimed,
    int ready,
    int oldLive,
    List<Integer> notPaused,
    @Nullable Map<String, String> lastEventIds,
    @Nullable String actor,
    Instant createdAt,
    Instant updatedAt,
    @Nullable Instant cutoverAt) {}
