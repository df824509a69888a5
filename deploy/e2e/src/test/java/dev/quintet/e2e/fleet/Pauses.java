package dev.quintet.e2e.fleet;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * An outage lasts as long as a scenario says; this is that time, not a wait for something to
 * happen.
 */
public final class Pauses {
  private Pauses() {}

  public static void of(Duration length) {
    long end = System.nanoTime() + length.toNanos();
    while (System.nanoTime() < end) {
      LockSupport.parkNanos(end - System.nanoTime());
    }
  }
}
