package dev.quintet.common.api.tracker;

import org.jspecify.annotations.Nullable;

/**
 * A shard that the instance holds.
 *
 * @param epoch fencing number of this grant; every later request about the shard names it
 * @param isNew whether this very call granted it
 * @param resume null: no session young enough is known, so the pod must identify
 */
public record HeldShard(int shardId, long epoch, boolean isNew, @Nullable ResumeState resume) {}
