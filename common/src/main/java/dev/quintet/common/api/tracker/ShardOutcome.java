package dev.quintet.common.api.tracker;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * What became of one shard of a heartbeat or a release.
 *
 * @param outcome renewed, released or lost
 * @param epoch the epoch that the request named; absent when the shard was lost
 * @param reason of a loss: taken_over, superseded, revoked, released or never_held
 * @param currentEpoch the shard's epoch now, when it was lost
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ShardOutcome(
    int shardId,
    String outcome,
    @Nullable Long epoch,
    @Nullable String reason,
    @Nullable Long currentEpoch) {}
