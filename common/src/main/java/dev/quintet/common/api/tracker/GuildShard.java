package dev.quintet.common.api.tracker;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * Where Discord sends a guild's events now, and who holds that shard; without instance_id nobody
 * does.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record GuildShard(
    String guildId,
    int shardId,
    int totalShards,
    int generation,
    long assignmentVersion,
    @Nullable String instanceId,
    @Nullable Long epoch,
    @Nullable String podIp) {}
