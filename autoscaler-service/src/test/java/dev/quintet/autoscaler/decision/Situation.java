package dev.quintet.autoscaler.decision;

import dev.quintet.autoscaler.schedule.Window;
import dev.quintet.common.api.autoscaler.BehaviorSpec;
import dev.quintet.common.api.autoscaler.ControlMode;
import dev.quintet.common.api.autoscaler.PolicySpec;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A pool of four of four, within 2 and 10, managed, at ten o'clock; a test says what differs. */
final class Situation {
  static final Instant TEN = Instant.parse("2026-05-04T10:00:00Z");

  Instant at = TEN;
  ControlMode mode = ControlMode.MANAGED;
  boolean offline;
  int min = 2;
  int max = 10;
  int current = 4;
  int ready = 4;
  int unknown;
  int standing = 4;
  long generation = 41;
  List<ActivePolicy> policies = new ArrayList<>();
  BehaviorSpec behavior = BehaviorSpec.DEFAULT;
  List<Wish> wishes = new ArrayList<>();
  List<Wish> shadowWishes = new ArrayList<>();
  List<TargetChange> changes = new ArrayList<>();
  @Nullable LastScale lastScale;
  List<Window> schedules = new ArrayList<>();
  @Nullable Pin pin;

  /** Exists, is ready and was asked for. */
  Situation pool(int instances) {
    current = instances;
    ready = instances;
    standing = instances;
    return this;
  }

  Situation limits(int min, int max) {
    this.min = min;
    this.max = max;
    return this;
  }

  Situation with(ActivePolicy policy) {
    policies.add(policy);
    return this;
  }

  /** Target tracking of CPU at 60 %, which measures so much. */
  Situation cpu(String value) {
    return with(cpu60(value, false));
  }

  Situation dryCpu(String value) {
    return with(cpu60(value, true));
  }

  Situation behavior(BehaviorSpec behavior) {
    this.behavior = behavior;
    return this;
  }

  static ActivePolicy cpu60(String value, boolean dryRun) {
    return new ActivePolicy(
        dryRun ? "dry60" : "cpu60",
        PolicySpec.TargetTracking.of("cpu", BigDecimal.valueOf(60)),
        dryRun,
        List.of(cpuReading(value, 12)),
        null);
  }

  static Reading cpuReading(String value, int age) {
    return Reading.of("cpu", new BigDecimal(value), 4, TEN.minusSeconds(age));
  }

  ScalingInput input() {
    return new ScalingInput(
        7,
        at,
        mode,
        offline,
        min,
        max,
        current,
        ready,
        unknown,
        standing,
        generation,
        policies,
        behavior,
        wishes,
        shadowWishes,
        changes,
        lastScale,
        schedules,
        pin);
  }

  Decision decide() {
    return Scaling.decide(input());
  }
}
