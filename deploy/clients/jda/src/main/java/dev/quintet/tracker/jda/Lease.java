package dev.quintet.tracker.jda;

import java.util.concurrent.TimeUnit;

/**
 * One grant of one shard, as this process may believe in it.
 *
 * <p>The deadline counts from the moment the request was sent, so it is never later than the
 * tracker's own {@code expires_at}, whatever the network did to the reply.
 */
record Lease(int shardId, long epoch, long deadlineNanos) {

  static Lease granted(int shardId, long epoch, long sentNanos, long validForMs) {
    return new Lease(shardId, epoch, deadline(sentNanos, validForMs));
  }

  /** Replies can overtake each other: a renewal never moves the deadline back. */
  Lease renewed(long sentNanos, long validForMs) {
    long deadline = deadline(sentNanos, validForMs);
    return deadline - deadlineNanos > 0 ? new Lease(shardId, epoch, deadline) : this;
  }

  boolean over(long nowNanos) {
    return nowNanos - deadlineNanos >= 0;
  }

  private static long deadline(long sentNanos, long validForMs) {
    return sentNanos + TimeUnit.MILLISECONDS.toNanos(validForMs);
  }
}
