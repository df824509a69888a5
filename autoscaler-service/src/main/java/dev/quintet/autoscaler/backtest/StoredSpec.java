package dev.quintet.autoscaler.backtest;

import dev.quintet.autoscaler.backtest.Candidate.NamedPolicy;
import dev.quintet.autoscaler.schedule.Window;
import dev.quintet.common.api.autoscaler.BacktestRequest.Trace;
import dev.quintet.common.api.autoscaler.BehaviorSpec;
import dev.quintet.common.api.autoscaler.PolicySpec;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The content of {@code backtests.spec}: all that a run depends on but the record, as it was when
 * it was asked for. A policy that is changed between the asking and the run is run as it was.
 *
 * @param tested the pool's own policies among those tried, as {@code 7@3}: id and version
 */
record StoredSpec(
    Instant from,
    Instant to,
    @Nullable Trace trace,
    int stepSeconds,
    int startInstances,
    int startupDelaySeconds,
    @Nullable BigDecimal pricePerInstanceHour,
    boolean capped,
    int maxAgeSeconds,
    @Nullable BigDecimal target,
    List<Way> candidates,
    List<String> tested) {

  /** A {@link Candidate}, in a form that JSON keeps. */
  record Way(
      String name,
      int min,
      int max,
      List<Tried> policies,
      BehaviorSpec behavior,
      List<Window> schedules,
      int evaluateEverySeconds) {

    static Way of(Candidate candidate) {
      return new Way(
          candidate.name(),
          candidate.min(),
          candidate.max(),
          candidate.policies().stream()
              .map(policy -> new Tried(policy.name(), policy.spec()))
              .toList(),
          candidate.behavior(),
          candidate.schedules(),
          candidate.evaluateEverySeconds());
    }

    Candidate candidate() {
      return new Candidate(
          name,
          min,
          max,
          policies.stream().map(policy -> new NamedPolicy(policy.name(), policy.spec())).toList(),
          behavior,
          schedules,
          evaluateEverySeconds);
    }
  }

  record Tried(String name, PolicySpec spec) {}
}
