package dev.quintet.common.api.tracker;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What moves, and the load of each pod before and after.
 *
 * @param drainId the plan that moves them, to follow or cancel; absent when nothing moves
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Rebalance(
    String clusterName,
    RebalanceRequest.Load by,
    boolean dryRun,
    @Nullable Long drainId,
    List<Move> moves,
    List<PodLoad> before,
    List<PodLoad> after) {

  /** One shard's planned way. */
  public record Move(int shardId, String fromInstance, String toInstance) {}

  /** What a pod holds, what that counts, and what it could hold. */
  public record PodLoad(String instanceId, int shards, long load, int maxShards) {}
}
