package dev.quintet.common.api.autoscaler;

/** Why a decision is as it is: the last rule that had a say. */
public enum DecisionCode {
  METRIC_ABOVE_TARGET,
  METRIC_BELOW_TARGET,
  WITHIN_TOLERANCE,
  /** A wish of the stabilisation window holds the number. */
  STABILIZING,
  COOLDOWN,
  RATE_LIMITED,
  AT_MAX,
  AT_MIN,
  SCHEDULE_EXACT,
  SCHEDULE_FLOOR,
  SCHEDULE_CEILING,
  OVERRIDE,
  FORECAST,
  /** The pool's size is outside its limits. */
  LIMIT_CORRECTION,
  /** The newest sample is older than a policy allows. */
  METRICS_STALE,
  /** No policy, or none with a sample. */
  NO_METRICS,
  NODE_OFFLINE,
  NO_READY_INSTANCES,
  /** Instances that were asked for are not ready yet. */
  SCALE_OUT_IN_PROGRESS,
  CONTROL_OFF
}
