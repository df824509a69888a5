package dev.quintet.autoscaler.backtest;

import dev.quintet.autoscaler.schedule.Window;
import dev.quintet.common.api.autoscaler.BehaviorSpec;
import dev.quintet.common.api.autoscaler.PolicySpec;
import dev.quintet.common.api.autoscaler.PolicySpec.Threshold;
import dev.quintet.common.api.autoscaler.Statistic;
import java.math.BigDecimal;
import java.util.List;

/**
 * A way to run the pool.
 *
 * @param evaluateEverySeconds between two decisions; at least the scenario's step
 */
public record Candidate(
    String name,
    int min,
    int max,
    List<NamedPolicy> policies,
    BehaviorSpec behavior,
    List<Window> schedules,
    int evaluateEverySeconds) {

  public record NamedPolicy(String name, PolicySpec spec) {}

  public Candidate {
    policies = List.copyOf(policies);
    schedules = List.copyOf(schedules);
  }

  /** The origin's rule: one more or one less every five minutes, threshold 80, no memory. */
  public static Candidate origin(int min, int max) {
    var threshold = new Threshold(BigDecimal.valueOf(80), null, Statistic.AVG, 60, 180);
    return new Candidate(
        "origin",
        min,
        max,
        List.of(new NamedPolicy("threshold80", threshold)),
        BehaviorSpec.IMMEDIATE,
        List.of(),
        300);
  }
}
