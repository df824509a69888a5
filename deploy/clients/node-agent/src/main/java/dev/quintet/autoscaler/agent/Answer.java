package dev.quintet.autoscaler.agent;

import java.time.Duration;

/** What became of a call to the manager. */
sealed interface Answer<T> {

  /** {@code sentNanos} is when the call left: whatever the body allows counts from there. */
  record Given<T>(T body, long sentNanos) implements Answer<T> {}

  /**
   * The manager understood and said no; {@code code} is the problem's code, empty if it has none.
   */
  record Refused<T>(int status, String code, String detail) implements Answer<T> {

    /** The key is not accepted, now or for this node: without the operator nothing gets better. */
    boolean keyRefused() {
      return status == 401 || status == 403;
    }

    @Override
    public String toString() {
      return status + " " + (code.isEmpty() ? "" : code + ": ") + detail;
    }
  }

  /** No answer, or one that asks to come back later (429, 5xx). */
  record Later<T>(String reason, Duration waitAtLeast) implements Answer<T> {}
}
