package dev.quintet.tracker.shard;

import dev.quintet.common.api.tracker.Assignment;

/** How an acquire ended, short of a problem. */
sealed interface AssignmentResult {
  Assignment assignment();

  /** Nothing new: what the instance held, it still holds. */
  record Held(Assignment assignment) implements AssignmentResult {}

  record Granted(Assignment assignment) implements AssignmentResult {}

  /** In line for the next free shard. */
  record Waiting(Assignment assignment) implements AssignmentResult {}
}
