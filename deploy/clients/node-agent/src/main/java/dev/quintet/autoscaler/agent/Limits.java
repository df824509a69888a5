package dev.quintet.autoscaler.agent;

/** Sizes between which a pool must stay, both included. */
record Limits(int min, int max) {

  /** The manager's own cap. */
  static final int MOST = 1000;

  static final Limits NONE = new Limits(0, MOST);

  int clamp(int size) {
    return Math.clamp(size, min, max);
  }
}
