package dev.quintet.autoscaler.decision;

import dev.quintet.autoscaler.schedule.SchedulesInForce;
import dev.quintet.common.api.autoscaler.BehaviorSpec;
import dev.quintet.common.api.autoscaler.BehaviorSpec.Rate;
import dev.quintet.common.api.autoscaler.BehaviorSpec.Rates;
import dev.quintet.common.api.autoscaler.ControlMode;
import dev.quintet.common.api.autoscaler.DecisionCode;
import dev.quintet.common.api.autoscaler.Explanation.StageLine;
import dev.quintet.common.api.autoscaler.RateSelect;
import dev.quintet.common.api.autoscaler.RateType;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What stands between a combined wish and a target. Each stage is a range that the number is
 * brought into, and none of the ranges depends on the wish; so the way from wish to target is
 * monotone, and "which wish would give another target" can be asked.
 */
final class Stages {
  private static final int UNBOUNDED = Integer.MAX_VALUE;

  private final int standing;
  private final int min;
  private final int max;
  private final int current;
  private final boolean outside;
  final @Nullable Pin pin;
  final SchedulesInForce schedules;
  final @Nullable DecisionCode gate;

  private final int stabilizeLow;
  private final int stabilizeHigh;
  private final boolean restsIn;
  private final boolean restsOut;
  private final int rateLow;
  private final int rateHigh;

  Stages(ScalingInput input, List<Wish> wishes, SchedulesInForce schedules) {
    BehaviorSpec behavior = input.behavior();
    Instant at = input.at();
    this.standing = input.standingTarget();
    this.min = input.min();
    this.max = input.max();
    this.current = input.current();
    this.outside = current < min || current > max;
    this.pin = input.pin() != null && at.isBefore(input.pin().expiresAt()) ? input.pin() : null;
    this.schedules = schedules;
    this.gate = gate(input);

    // "Strictly newer than": a wish as old as the window is forgotten.
    Instant in = at.minusSeconds(behavior.scaleInWindowSeconds());
    Instant out = at.minusSeconds(behavior.scaleOutWindowSeconds());
    int highest = 0;
    int lowest = UNBOUNDED;
    for (Wish wish : wishes) {
      if (wish.at().isAfter(in)) {
        highest = Math.max(highest, wish.instances());
      }
      if (wish.at().isAfter(out)) {
        lowest = Math.min(lowest, wish.instances());
      }
    }
    this.stabilizeLow = Math.min(standing, highest);
    this.stabilizeHigh = Math.max(standing, lowest);

    this.restsIn = rests(input, behavior.cooldownInSeconds());
    this.restsOut = rests(input, behavior.cooldownOutSeconds());
    this.rateLow = rateLow(input);
    this.rateHigh = rateHigh(input);
  }

  private static @Nullable DecisionCode gate(ScalingInput input) {
    if (input.controlMode() == ControlMode.OFF) {
      return DecisionCode.CONTROL_OFF;
    }
    if (input.nodeOffline()) {
      return DecisionCode.NODE_OFFLINE;
    }
    return input.ready() == 0 && input.current() > 0 ? DecisionCode.NO_READY_INSTANCES : null;
  }

  /** Counted from when the last change was reached, or was no longer waited for. */
  private static boolean rests(ScalingInput input, int cooldownSeconds) {
    LastScale last = input.lastScale();
    if (last == null || cooldownSeconds == 0) {
      return false;
    }
    Instant given = last.at().plusSeconds(input.behavior().convergeTimeoutSeconds());
    Instant reached = last.reachedAt();
    Instant from = reached == null || reached.isAfter(given) ? given : reached;
    return input.at().isBefore(from.plusSeconds(cooldownSeconds));
  }

  private static int rateLow(ScalingInput input) {
    Rates rates = input.behavior().scaleInRates();
    int standing = input.standingTarget();
    if (rates.select() == RateSelect.DISABLED) {
      return standing;
    }
    if (rates.rates().isEmpty()) {
      return 0;
    }
    boolean largest = rates.select() == RateSelect.MAX;
    int low = largest ? Integer.MAX_VALUE : Integer.MIN_VALUE;
    for (Rate rate : rates.rates()) {
      int start = atPeriodStart(input, rate.periodSeconds());
      int limit =
          rate.type() == RateType.PERCENT
              ? (int) Math.floorDiv((long) start * (100 - rate.value()), 100)
              : start - rate.value();
      low = largest ? Math.min(low, limit) : Math.max(low, limit);
    }
    return Math.max(0, Math.min(standing, low));
  }

  private static int rateHigh(ScalingInput input) {
    Rates rates = input.behavior().scaleOutRates();
    int standing = input.standingTarget();
    if (rates.select() == RateSelect.DISABLED) {
      return standing;
    }
    if (rates.rates().isEmpty()) {
      return UNBOUNDED;
    }
    boolean largest = rates.select() == RateSelect.MAX;
    int high = largest ? Integer.MIN_VALUE : Integer.MAX_VALUE;
    for (Rate rate : rates.rates()) {
      int start = atPeriodStart(input, rate.periodSeconds());
      int limit =
          rate.type() == RateType.PERCENT
              ? (int) Math.ceilDiv((long) start * (100 + rate.value()), 100)
              : start + rate.value();
      high = largest ? Math.max(high, limit) : Math.min(high, limit);
    }
    return Math.max(standing, high);
  }

  private static int atPeriodStart(ScalingInput input, int periodSeconds) {
    Instant start = input.at().minusSeconds(periodSeconds);
    for (TargetChange change : input.changes()) {
      if (change.at().isAfter(start)) {
        return change.before();
      }
    }
    return input.standingTarget();
  }

  // --- the way through ---------------------------------------------------------------------------

  /** Takes note of each stage; a solver that only wants the number passes null. */
  interface Notes {
    /** Unbounded: 0 and {@link Integer#MAX_VALUE}. */
    void stage(String name, int in, int out, int low, int high, @Nullable DecisionCode code);
  }

  int target(int wish, @Nullable Notes notes) {
    int value = wish;
    if (pin == null && !outside) {
      value =
          pass(value, "stabilise", stabilizeLow, stabilizeHigh, DecisionCode.STABILIZING, notes);
      value =
          pass(
              value,
              "cooldown",
              restsIn ? standing : 0,
              restsOut ? standing : UNBOUNDED,
              DecisionCode.COOLDOWN,
              notes);
      value = pass(value, "rate", rateLow, rateHigh, DecisionCode.RATE_LIMITED, notes);
      if (!schedules.none()) {
        value = schedule(value, notes);
      }
    }
    if (pin != null) {
      int in = value;
      value = pin.target();
      if (notes != null) {
        notes.stage("override", in, value, value, value, DecisionCode.OVERRIDE);
      }
    }
    value = clamp(value, notes);
    if (gate != null) {
      if (notes != null) {
        notes.stage("gate", value, standing, standing, standing, gate);
      }
      value = standing;
    }
    return value;
  }

  private static int pass(
      int in, String name, int low, int high, DecisionCode code, @Nullable Notes notes) {
    int out = Math.min(Math.max(in, low), high);
    if (notes != null) {
      notes.stage(name, in, out, low, high, in == out ? null : code);
    }
    return out;
  }

  private int schedule(int in, @Nullable Notes notes) {
    int out = schedules.apply(in);
    if (notes != null) {
      var decider = schedules.decider(in);
      notes.stage(
          "schedule",
          in,
          out,
          out,
          out,
          decider == null
              ? null
              : switch (decider.mode()) {
                case EXACT -> DecisionCode.SCHEDULE_EXACT;
                case FLOOR -> DecisionCode.SCHEDULE_FLOOR;
                case CEILING -> DecisionCode.SCHEDULE_CEILING;
              });
    }
    return out;
  }

  /**
   * Beyond the maximum the pool goes back to it and no further: how much less would do is for the
   * stages to say, once it is within its limits.
   */
  private int clamp(int in, @Nullable Notes notes) {
    boolean correction = outside && pin == null;
    int low = correction && current > max ? max : min;
    int out = Math.min(Math.max(in, low), max);
    if (notes != null) {
      DecisionCode code = null;
      if (correction || (outside && out != in)) {
        code = DecisionCode.LIMIT_CORRECTION;
      } else if (out != in) {
        code = out < in ? DecisionCode.AT_MAX : DecisionCode.AT_MIN;
      }
      notes.stage("clamp", in, out, low, max, code);
    }
    return out;
  }

  /**
   * The bounds that a reader needs to get from in to out; none where the number passed as it was.
   */
  static StageLine line(String name, int in, int out, int low, int high, @Nullable String because) {
    boolean passed = in == out;
    return new StageLine(
        name,
        in,
        out,
        passed || low <= 0 ? null : low,
        passed || high == UNBOUNDED ? null : high,
        because);
  }
}
