package dev.quintet.autoscaler.agent.simulated;

/** The cloud misbehaves from one minute to another, the end not included. */
record Failure(double fromMinute, double untilMinute, Kind kind) {

  enum Kind {
    /** The pool cannot be looked at. */
    UNSEEN,
    /** No recent measurement. */
    NO_LOAD,
    BUSY,
    THROTTLED,
    REFUSED
  }

  boolean at(double minute) {
    return minute >= fromMinute && minute < untilMinute;
  }
}
