package dev.quintet.common.api.autoscaler;

/** What a decision does to a pool's target. */
public enum ScalingEvent {
  SCALE_UP,
  SCALE_DOWN,
  NO_ACTION
}
