package dev.quintet.common.testing;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Waits for what another thread or process is about to make true. */
public final class Eventually {
  private static final Duration STEP = Duration.ofMillis(20);

  private Eventually() {}

  /** Returns as soon as the assertion holds; fails as it does when the limit is over. */
  public static void holds(Duration limit, Runnable assertion) {
    long end = System.nanoTime() + limit.toNanos();
    while (true) {
      try {
        assertion.run();
        return;
      } catch (AssertionError notYet) {
        if (System.nanoTime() > end) {
          throw notYet;
        }
      }
      LockSupport.parkNanos(STEP.toNanos());
    }
  }
}
