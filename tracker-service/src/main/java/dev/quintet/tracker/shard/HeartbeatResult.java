package dev.quintet.tracker.shard;

import dev.quintet.common.api.tracker.HeartbeatReply;
import dev.quintet.common.api.tracker.ShardOutcome;
import java.util.List;

/** What became of one heartbeat. */
sealed interface HeartbeatResult {
  record UnknownCluster() implements HeartbeatResult {}

  record UnknownInstance() implements HeartbeatResult {}

  /**
   * None of the listed shards is the caller's any more, or another process has the instance's name.
   */
  record Lost(List<ShardOutcome> shards) implements HeartbeatResult {}

  record Renewed(HeartbeatReply reply) implements HeartbeatResult {}
}
