package dev.quintet.autoscaler.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.quintet.autoscaler.backtest.Candidate;
import dev.quintet.autoscaler.backtest.DemandPoint;
import dev.quintet.autoscaler.backtest.DemandSeries;
import dev.quintet.autoscaler.backtest.Scenario;
import dev.quintet.autoscaler.backtest.Simulation;
import dev.quintet.autoscaler.decision.Decision;
import dev.quintet.autoscaler.decision.Scaling;
import dev.quintet.common.api.autoscaler.AdjustmentType;
import dev.quintet.common.api.autoscaler.BehaviorSpec;
import dev.quintet.common.api.autoscaler.ControlMode;
import dev.quintet.common.api.autoscaler.Explanation;
import dev.quintet.common.api.autoscaler.Explanation.PolicyLine;
import dev.quintet.common.api.autoscaler.MetricKind;
import dev.quintet.common.api.autoscaler.PolicySpec;
import dev.quintet.common.api.autoscaler.PolicySpec.StepBound;
import dev.quintet.common.api.autoscaler.Statistic;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Invariant I29: what is decided minute by minute from observations is what a back-test decides
 * from their record. Both have the same brain; this is about what it gets to read.
 */
class ReplayTest {
  private static final Instant START = Instant.parse("2026-05-04T00:00:00Z");
  private static final int DAY = 1440;
  private static final int FIRST = 4;
  private static final int MIN = 1;
  private static final int MAX = 40;
  private static final BigDecimal FULL = BigDecimal.valueOf(100);
  private static final BigDecimal LITTLE = new BigDecimal("0.00000001");

  private final ObjectMapper json =
      new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);

  /** A minute of the pool as it lived it. */
  private record Minute(Instant at, int current, BigDecimal cpu, Decision decision) {}

  static Stream<Arguments> policies() {
    return Stream.of(
        Arguments.of("tracking", tracking(Statistic.AVG, 60)),
        Arguments.of("tracking a mean of five minutes", tracking(Statistic.AVG, 300)),
        Arguments.of("tracking a percentile", tracking(Statistic.P95, 600)),
        Arguments.of(
            "steps",
            new PolicySpec.Step(
                "cpu",
                Statistic.MAX,
                120,
                BigDecimal.valueOf(60),
                2,
                3,
                AdjustmentType.PERCENT,
                List.of(step(null, -20, -20), step(-20, 0, 0), step(0, 20, 10), step(20, null, 40)),
                1,
                180)));
  }

  private static PolicySpec tracking(Statistic statistic, int window) {
    return new PolicySpec.TargetTracking(
        "cpu",
        MetricKind.UTILIZATION,
        statistic,
        window,
        BigDecimal.valueOf(60),
        new BigDecimal("0.1"),
        true,
        180);
  }

  private static StepBound step(
      @org.jspecify.annotations.Nullable Integer lower,
      @org.jspecify.annotations.Nullable Integer upper,
      int adjustment) {
    return new StepBound(
        lower == null ? null : BigDecimal.valueOf(lower),
        upper == null ? null : BigDecimal.valueOf(upper),
        adjustment);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("policies")
  void aRecordedDayIsDecidedAgainAsItWas(String name, PolicySpec spec) {
    List<Minute> lived = live(spec);
    List<DemandPoint> record =
        lived.stream()
            .map(minute -> DemandPoint.recorded(minute.at(), minute.current(), minute.cpu()))
            .toList();

    var again =
        Simulation.run(
                new Scenario(
                    7,
                    START,
                    START.plus(Duration.ofMinutes(DAY)),
                    Duration.ofMinutes(1),
                    FIRST,
                    0,
                    null,
                    true,
                    Scenario.MAX_AGE_SECONDS,
                    null,
                    List.of(new DemandSeries("cpu", MetricKind.UTILIZATION, record))),
                List.of(
                    new Candidate(
                        "same",
                        MIN,
                        MAX,
                        List.of(new Candidate.NamedPolicy("p", spec)),
                        BehaviorSpec.IMMEDIATE,
                        List.of(),
                        60)))
            .candidates()
            .getFirst();

    assertThat(again.timeline())
        .extracting(point -> point.at() + " " + point.target() + " " + point.code())
        .containsExactlyElementsOf(
            lived.stream()
                .map(minute ->
                    minute.at() + " " + minute.decision().target() + " " + minute.decision().code())
                .toList());
    var told = new HashMap<Instant, Explanation>();
    lived.forEach(minute -> told.put(minute.at(), minute.decision().explanation()));
    assertThat(again.decisions())
        .hasSizeGreaterThan(20)
        .allSatisfy(decision ->
            assertThat(sees(decision))
                .satisfies(line -> {
                  PolicyLine live = sees(java.util.Objects.requireNonNull(told.get(decision.at())));
                  assertThat(line.raw()).isEqualTo(live.raw());
                  assertThat(line.ageS()).isEqualTo(live.ageS());
                  assertThat(java.util.Objects.requireNonNull(line.value()))
                      .isCloseTo(
                          java.util.Objects.requireNonNull(live.value()),
                          org.assertj.core.api.Assertions.within(LITTLE));
                }));
  }

  private static PolicyLine sees(Explanation decision) {
    return decision.policies().getFirst();
  }

  /** A day under a demand with a morning, an evening and noise, one decision a minute. */
  private List<Minute> live(PolicySpec spec) {
    var random = new Random(20261121);
    var inputs = new Inputs(json);
    ObjectNode stored = json.valueToTree(spec);
    var policy = new PoolInput.Policy(1, "p", spec.policyType().json(), false, stored);
    var points = new ArrayList<PoolInput.Point>();
    var minutes = new ArrayList<Minute>();
    int target = FIRST;
    long generation = 0;
    for (int i = 0; i < DAY; i++) {
      Instant at = START.plusSeconds(60L * i);
      int current = target;
      int demand = (int) (500 - 400 * Math.cos(2 * Math.PI * i / DAY)) + random.nextInt(120);
      BigDecimal cpu =
          BigDecimal.valueOf(demand)
              .divide(BigDecimal.valueOf(current), 9, RoundingMode.DOWN)
              .min(FULL);
      points.add(new PoolInput.Point(at, cpu, BigDecimal.TEN));
      if (points.size() > 60) {
        points.removeFirst();
      }
      var state =
          new PoolInput.State(
              target, generation, true, null, null, null, null, null, null, null, null, null, null);
      var input =
          new PoolInput(
              7,
              "ocid",
              1,
              at,
              "",
              ControlMode.MANAGED,
              false,
              MIN,
              MAX,
              current,
              current,
              at,
              null,
              state,
              null,
              List.of(),
              List.of(),
              List.of(policy),
              List.copyOf(points),
              List.of(),
              null,
              json.valueToTree(BehaviorSpec.IMMEDIATE),
              List.of(),
              null);
      Decision decision = Scaling.decide(inputs.of(input, WhatIf.NOTHING));
      minutes.add(new Minute(at, current, cpu, decision));
      target = decision.standingTarget();
      generation = decision.generation();
    }
    return minutes;
  }
}
