package dev.quintet.tracker.jda;

import java.util.concurrent.TimeUnit;

/**
 * The span in which one reserved IDENTIFY may be sent, on {@link System#nanoTime()}.
 *
 * <p>The tracker reserved its slot somewhere between our send and our receive. The slot has surely
 * begun {@code identify_in} after the receive, and is surely still ours until {@code identify_in +
 * use_within} after the send; a reply slower than {@code use_within} therefore leaves nothing.
 */
record IdentifyWindow(long opensNanos, long closesNanos) {

  static IdentifyWindow of(
      long sentNanos, long receivedNanos, long identifyInMs, long useWithinMs) {
    return new IdentifyWindow(
        receivedNanos + TimeUnit.MILLISECONDS.toNanos(identifyInMs),
        sentNanos + TimeUnit.MILLISECONDS.toNanos(identifyInMs + useWithinMs));
  }

  // nanoTime may be negative and may wrap: only differences mean something.

  boolean empty() {
    return closesNanos - opensNanos < 0;
  }

  boolean allows(long nowNanos) {
    return nowNanos - opensNanos >= 0 && nowNanos - closesNanos <= 0;
  }

  long nanosUntilOpen(long nowNanos) {
    return Math.max(0, opensNanos - nowNanos);
  }
}
