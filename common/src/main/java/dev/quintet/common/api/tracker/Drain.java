package dev.quintet.common.api.tracker;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A drain, or the moves of a rebalance.
 *
 * @param kind drain or rebalance
 * @param state running; done: nothing selected holds a shard any more; cancelled
 * @param inForce what it selects gets no shard: until it is cancelled, also when it is done
 * @param left shards still held by what it selects; {@code unfenced} of them by bots on the seed's
 *     table, which cannot be asked to release
 * @param shards each move; in the reply about one drain, not in a list
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Drain(
    long id,
    String clusterName,
    String kind,
    String state,
    boolean inForce,
    @Nullable String instanceId,
    @Nullable String nodeName,
    @Nullable String botVersion,
    @Nullable List<Integer> shardIds,
    @Nullable String reason,
    @Nullable String actor,
    int left,
    int unfenced,
    Counts moves,
    @Nullable List<Move> shards,
    Instant createdAt,
    Instant updatedAt) {

  /** How many moves are in which state. */
  public record Counts(int planned, int directed, int done, int cancelled) {}

  /**
   * One shard's way from one holder to another.
   *
   * @param state planned; directed: the holder was asked to release it; done; cancelled
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Move(
      int generation,
      int shardId,
      String fromInstance,
      @Nullable String toInstance,
      String state,
      @Nullable Instant directedAt,
      @Nullable Instant doneAt) {}
}
