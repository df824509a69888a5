package dev.quintet.autoscaler.backtest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.autoscaler.backtest.Candidate.NamedPolicy;
import dev.quintet.common.api.autoscaler.BehaviorSpec;
import dev.quintet.common.api.autoscaler.BehaviorSpec.Rates;
import dev.quintet.common.api.autoscaler.DecisionCode;
import dev.quintet.common.api.autoscaler.MetricKind;
import dev.quintet.common.api.autoscaler.PolicySpec;
import dev.quintet.common.api.autoscaler.ScalingEvent;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The brief's traces A and S, to the instance minute (A6, A7). */
class SimulationTest {
  private static final Instant START = Instant.parse("2026-05-04T00:00:00Z");
  private static final NamedPolicy CPU60 =
      new NamedPolicy("cpu60", PolicySpec.TargetTracking.of("cpu", BigDecimal.valueOf(60)));

  private static Scenario scenario(int startInstances, boolean capped, int... demandPerMinute) {
    List<DemandPoint> points =
        IntStream.range(0, demandPerMinute.length)
            .mapToObj(i ->
                DemandPoint.of(START.plusSeconds(60L * i), BigDecimal.valueOf(demandPerMinute[i])))
            .toList();
    return scenario(startInstances, capped, 0, demandPerMinute.length, points);
  }

  private static Scenario scenario(
      int startInstances, boolean capped, int delay, int minutes, List<DemandPoint> points) {
    return new Scenario(
        7,
        START,
        START.plusSeconds(60L * minutes),
        Duration.ofMinutes(1),
        startInstances,
        delay,
        new BigDecimal("0.12"),
        capped,
        Scenario.MAX_AGE_SECONDS,
        null,
        List.of(new DemandSeries("cpu", MetricKind.UTILIZATION, points)));
  }

  private static Scenario traceA(boolean capped) {
    return scenario(
        2,
        capped,
        IntStream.range(0, 40).map(minute -> minute < 10 ? 120 : minute < 20 ? 420 : 90).toArray());
  }

  private static Scenario traceS() {
    return scenario(
        5, true, IntStream.range(0, 60).map(minute -> minute / 2 % 2 == 0 ? 300 : 150).toArray());
  }

  private static Candidate candidate(int min, int max, int window, int cooldown) {
    return new Candidate(
        "cpu60",
        min,
        max,
        List.of(CPU60),
        new BehaviorSpec(window, 0, cooldown, 0, 600, Rates.UNLIMITED, Rates.UNLIMITED),
        List.of(),
        60);
  }

  private static CandidateResult run(Scenario scenario, Candidate candidate) {
    return Simulation.run(scenario, List.of(candidate)).candidates().getFirst();
  }

  /** As {@code minute: before->after}. */
  private static List<String> changes(CandidateResult result) {
    return result.decisions().stream()
        .filter(decision -> decision.event() != ScalingEvent.NO_ACTION)
        .map(decision ->
            Duration.between(START, decision.at()).toMinutes()
                + ": "
                + decision.previousTarget()
                + "->"
                + decision.target())
        .toList();
  }

  private static void assertMinutes(@Nullable BigDecimal minutes, int expected) {
    assertThat(minutes).isEqualByComparingTo(BigDecimal.valueOf(expected));
  }

  @Test
  void traceA() {
    var result = run(traceA(true), candidate(2, 10, 300, 300));
    assertThat(changes(result)).containsExactly("10: 2->4", "11: 4->7", "24: 7->2");
    assertMinutes(result.figures().instanceMinutes(), 147);
    assertMinutes(result.figures().saturatedMinutes(), 2);
    assertMinutes(result.figures().minutesOverTarget(), 2);
    assertThat(result.figures().cost()).isEqualByComparingTo("0.294");
    assertThat(result.figures().scaleUps()).isEqualTo(2);
    assertThat(result.figures().scaleDowns()).isEqualTo(1);
    assertThat(result.figures().baselineInstanceMinutes()).isNull();
  }

  @Test
  void traceAWithAtMostFive() {
    var result = run(traceA(true), candidate(2, 5, 300, 300));
    assertThat(changes(result)).containsExactly("10: 2->4", "11: 4->5", "24: 5->2");
    assertMinutes(result.figures().instanceMinutes(), 121);
    assertMinutes(result.figures().minutesOverTarget(), 10);
  }

  @Test
  void traceAWithAWindowOfAMinute() {
    var result = run(traceA(true), candidate(2, 10, 60, 300));
    assertThat(changes(result)).containsExactly("10: 2->4", "11: 4->7", "20: 7->2");
    assertMinutes(result.figures().instanceMinutes(), 127);
  }

  @Test
  void traceAUncapped() {
    var result = run(traceA(false), candidate(2, 10, 300, 300));
    assertThat(changes(result)).containsExactly("10: 2->7", "24: 7->2");
    assertMinutes(result.figures().instanceMinutes(), 150);
  }

  @Test
  void theOriginsRuleOnTraceA() {
    var result = run(traceA(true), Candidate.origin(2, 10));
    assertThat(changes(result)).containsExactly("10: 2->3", "15: 3->4", "20: 4->3", "25: 3->2");
    assertMinutes(result.figures().saturatedMinutes(), 10);
  }

  @Test
  void traceSFlapsOnlyWithoutWindowAndCooldown() {
    var compared =
        Simulation.run(traceS(), List.of(candidate(1, 10, 300, 0), candidate(1, 10, 0, 0)));
    assertThat(changes(compared.candidates().get(0))).isEmpty();
    assertThat(changes(compared.candidates().get(1))).hasSize(29);
    assertThat(compared.candidates().get(1).figures().directionReversals()).isEqualTo(28);
  }

  @Test
  void theSameRequestHasTheSameHashAndAnotherHasNot() {
    var candidates = List.of(candidate(2, 10, 300, 300), Candidate.origin(2, 10));
    var first = Simulation.run(traceA(true), candidates);
    assertThat(Simulation.run(traceA(true), candidates)).isEqualTo(first);
    assertThat(first.resultHash()).matches("[0-9a-f]{64}");
    assertThat(Simulation.run(traceA(false), candidates).resultHash())
        .isNotEqualTo(first.resultHash());
  }

  @Test
  void instancesServeOneStepAndTheDelayAfterTheyWereAskedFor() {
    var points =
        IntStream.range(0, 20)
            .mapToObj(i ->
                DemandPoint.of(START.plusSeconds(60L * i), BigDecimal.valueOf(i < 5 ? 120 : 180)))
            .toList();
    var result = run(scenario(2, true, 120, 20, points), candidate(2, 10, 300, 300));
    assertThat(changes(result)).containsExactly("5: 2->3");
    assertThat(result.timeline().get(6).current()).isEqualTo(3);
    assertThat(result.timeline().get(7).ready()).isEqualTo(2);
    assertThat(result.timeline().get(8).ready()).isEqualTo(3);
    assertThat(result.timeline().get(7).code()).isEqualTo(DecisionCode.SCALE_OUT_IN_PROGRESS);
  }

  @Test
  void aGapIsNoDataAndTakesNothingAway() {
    var points =
        List.of(
            DemandPoint.recorded(START, 4, new BigDecimal("60")),
            DemandPoint.recorded(START.plusSeconds(60), 4, new BigDecimal("100")),
            DemandPoint.recorded(START.plusSeconds(60 * 10), 4, new BigDecimal("30")));
    var result = run(scenario(4, true, 0, 11, points), candidate(2, 10, 0, 0));
    // The point of minute 1 serves until minute 4; from 5 to 9 nothing is known.
    assertMinutes(result.figures().noDataMinutes(), 5);
    assertMinutes(result.figures().censoredMinutes(), 4);
    assertMinutes(result.figures().baselineInstanceMinutes(), 24);
    assertThat(result.timeline().subList(5, 10))
        .allSatisfy(point -> {
          assertThat(point.code()).isEqualTo(DecisionCode.METRICS_STALE);
          assertThat(point.utilization()).isNull();
          assertThat(point.target()).isEqualTo(7);
        });
    assertThat(changes(result)).containsExactly("1: 4->7", "10: 7->2");
  }
}
