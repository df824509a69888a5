package dev.quintet.e2e;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Waits for an assertion to hold, and fails with it when it does not in time. */
final class Eventually {
  private Eventually() {}

  interface Check {
    void run() throws InterruptedException;
  }

  static void within(Duration limit, Check check) {
    long end = System.nanoTime() + limit.toNanos();
    while (true) {
      try {
        check.run();
        return;
      } catch (AssertionError notYet) {
        if (System.nanoTime() > end) {
          throw notYet;
        }
        LockSupport.parkNanos(20_000_000);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }
}
