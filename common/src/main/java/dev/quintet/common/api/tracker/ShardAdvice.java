package dev.quintet.common.api.tracker;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * How many shards a cluster should have.
 *
 * @param totalGuilds as reported by shardsReporting shards
 * @param recommendedShards a shard per 1000 guilds, rounded up to a multiple of shardMultiple
 * @param discordShards what Discord recommends, as a bot reported it
 * @param maxGuildsPerShard the fullest shard; Discord refuses more than 2500
 * @param reshardAdvised more shards are recommended than there are, or a shard is at 80 % of
 *     Discord's limit
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ShardAdvice(
    String clusterName,
    long totalGuilds,
    int shardsReporting,
    int totalShards,
    int shardMultiple,
    int recommendedShards,
    @Nullable Integer discordShards,
    int maxGuildsPerShard,
    @Nullable Integer fullestShardId,
    boolean reshardAdvised) {}
