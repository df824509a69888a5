package dev.quintet.common.api.tracker;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One shard and who holds it, as people may see it: resume state is a secret of the bot.
 *
 * @param generationState state of the layout that the shard belongs to; serving is the one in use
 * @param state free, claimed, connecting, ready, paused or draining
 * @param live held, and the lease has not run out
 * @param epoch fencing number of the last grant
 * @param fenced false: held by way of the seed's table, whose clients know no epochs
 * @param resumable the next holder can RESUME, if it comes soon enough
 * @param identifiesLastHour counted when the last one was granted
 * @param crashUntil no identify before this: the shard has identified too often
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ShardLease(
    int shardId,
    int generation,
    String generationState,
    int totalShards,
    String state,
    boolean live,
    @Nullable String instanceId,
    @Nullable UUID incarnation,
    long epoch,
    boolean fenced,
    @Nullable Instant acquiredAt,
    @Nullable Instant renewedAt,
    @Nullable Instant expiresAt,
    @Nullable String reservedFor,
    @Nullable Instant reservedUntil,
    @Nullable Integer guildCount,
    @Nullable BigDecimal latencyMs,
    boolean resumable,
    int identifiesLastHour,
    @Nullable Instant crashUntil) {}
