package dev.quintet.common.api.tracker;

import java.util.List;

/** What became of each shard: released (also when it had been before), or lost, with the reason. */
public record ReleaseReply(List<ShardOutcome> shards) {}
