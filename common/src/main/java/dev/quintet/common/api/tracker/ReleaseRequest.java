package dev.quintet.common.api.tracker;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Gives shards back with the resume state of each, so that their next holder spends no identify. No
 * shards: the instance leaves the cluster, its shards and the queue.
 *
 * @param reason such as sigterm; told in the event
 * @param preferInstance who should get them
 */
public record ReleaseRequest(
    @InvalidAs("invalid_incarnation") @Nullable UUID incarnation,
    List<ShardReport> shards,
    @Nullable String reason,
    @InvalidAs("invalid_instance_id") @Nullable String preferInstance) {

  public ReleaseRequest {
    shards = shards == null ? List.of() : shards;
    var violations = new Violations();
    Names.checkIncarnation(violations, incarnation, "/incarnation");
    HeartbeatRequest.checkShards(
        violations, shards.stream().map(shard -> shard == null ? null : shard.shardId()).toList());
    Names.checkText(violations, reason, 128, "/reason");
    if (preferInstance != null) {
      Names.checkInstance(violations, preferInstance, "/prefer_instance");
    }
    violations.orThrow();
  }
}
