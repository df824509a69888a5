package dev.quintet.coordination.lock;

import dev.quintet.common.api.coordination.Lease;

/** How a request for a lock or for permits ended. */
sealed interface LockResult {
  /**
   * @param again the same request had got it before
   */
  record Granted(Lease lease, boolean again) implements LockResult {}

  /** It was not to be had, and the caller did not want to wait. */
  record Held(LockAnswer blocker) implements LockResult {}

  record TimedOut(LockAnswer blocker) implements LockResult {}

  record QueueFull(LockAnswer queue) implements LockResult {}

  /** More permits than the semaphore has. */
  record TooMany(LockAnswer semaphore) implements LockResult {}

  record NoSemaphore() implements LockResult {}

  /** The replica shuts down; the place in line stays for as long as a silent waiter's does. */
  record ShuttingDown() implements LockResult {}
}
