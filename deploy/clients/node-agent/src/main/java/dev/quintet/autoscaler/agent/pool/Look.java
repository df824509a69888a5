package dev.quintet.autoscaler.agent.pool;

/** What became of looking at a pool. */
public sealed interface Look {

  record Seen(Observation pool) implements Look {}

  /** Nothing is known of the pool now; nobody may conclude anything about its load or size. */
  record Unseen(String reason) implements Look {}
}
