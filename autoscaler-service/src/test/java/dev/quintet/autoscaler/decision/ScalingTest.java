package dev.quintet.autoscaler.decision;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.quintet.autoscaler.schedule.Window;
import dev.quintet.common.api.autoscaler.AdjustmentType;
import dev.quintet.common.api.autoscaler.BehaviorSpec;
import dev.quintet.common.api.autoscaler.BehaviorSpec.Rate;
import dev.quintet.common.api.autoscaler.BehaviorSpec.Rates;
import dev.quintet.common.api.autoscaler.ControlMode;
import dev.quintet.common.api.autoscaler.DecisionCode;
import dev.quintet.common.api.autoscaler.ForecastMode;
import dev.quintet.common.api.autoscaler.MetricKind;
import dev.quintet.common.api.autoscaler.PolicySpec;
import dev.quintet.common.api.autoscaler.PolicySpec.StepBound;
import dev.quintet.common.api.autoscaler.RateSelect;
import dev.quintet.common.api.autoscaler.RateType;
import dev.quintet.common.api.autoscaler.ScalingEvent;
import dev.quintet.common.api.autoscaler.ScheduleMode;
import dev.quintet.common.api.autoscaler.Statistic;
import dev.quintet.common.json.JsonSettings;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScalingTest {
  private static final Instant TEN = Situation.TEN;

  private static void assertDecided(
      Decision decision, ScalingEvent event, DecisionCode code, int target) {
    assertThat(decision.event() + " " + decision.code() + " " + decision.target())
        .as(decision.reason())
        .isEqualTo(event + " " + code + " " + target);
  }

  private static ActivePolicy tracking(
      String metric, MetricKind kind, String target, boolean scaleIn, String value) {
    var spec =
        new PolicySpec.TargetTracking(
            metric,
            kind,
            Statistic.AVG,
            60,
            new BigDecimal(target),
            new BigDecimal("0.1"),
            scaleIn,
            180);
    return ActivePolicy.of(metric, spec, Reading.of(metric, new BigDecimal(value), 1, TEN));
  }

  // --- target tracking (A8)
  // ------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource({"25,14,50,7", "50,7,50,7", "10,66.1,60,12", "4,90,60,6", "3,100,50,6"})
  void productsAreFormedBeforeTheyAreDivided(int n, String m, String target, int wish) {
    var decision =
        new Situation()
            .limits(1, 100)
            .pool(n)
            .behavior(BehaviorSpec.IMMEDIATE)
            .with(tracking("cpu", MetricKind.UTILIZATION, target, true, m))
            .decide();
    assertThat(decision.target()).isEqualTo(wish);
  }

  @Test
  void theSentenceShowsThreeDecimalsAndThePolicysLineAll() {
    var decision =
        new Situation()
            .limits(2, 10)
            .pool(5)
            .behavior(BehaviorSpec.IMMEDIATE)
            .with(tracking("cpu", MetricKind.UTILIZATION, "60", true, "97.33333333"))
            .decide();
    assertThat(decision.reason())
        .isEqualTo(
            "METRIC_ABOVE_TARGET: cpu 97.333… % is above 60 % ± 10 %: ceil(5×97.333…/60)=9, within 2..10, no schedule active");
    assertThat(decision.explanation().policies().getFirst().value()).isEqualTo("97.33333333");
  }

  @Test
  void noSmallCaseIsOffFromWholeNumberArithmetic() {
    for (int n = 1; n <= 100; n++) {
      for (int m = 1; m <= 200; m++) {
        for (int t = 1; t <= 100; t++) {
          int exact = Math.ceilDiv(n * m, t);
          assertThat(PolicyWish.ceiling(BigDecimal.valueOf(m), n, BigDecimal.valueOf(t)))
              .isEqualTo(exact);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "66,WITHIN_TOLERANCE,10",
    "54,WITHIN_TOLERANCE,10",
    "60,WITHIN_TOLERANCE,10",
    "66.1,METRIC_ABOVE_TARGET,12",
    "53.9,METRIC_BELOW_TARGET,9"
  })
  void theEdgesOfTheBandAreInside(String m, DecisionCode code, int target) {
    var decision =
        new Situation().limits(1, 100).pool(10).behavior(BehaviorSpec.IMMEDIATE).cpu(m).decide();
    assertThat(decision.code()).isEqualTo(code);
    assertThat(decision.target()).isEqualTo(target);
  }

  @Test
  void warmingInstancesDoNotDoubleAStandingWish() {
    var situation = new Situation().cpu("90");
    situation.current = 6;
    situation.ready = 4;
    situation.standing = 6;
    assertDecided(
        situation.decide(), ScalingEvent.NO_ACTION, DecisionCode.SCALE_OUT_IN_PROGRESS, 6);
  }

  @Test
  void nothingIsTakenAwayWhileAScaleOutIsInProgress() {
    var situation = new Situation().behavior(BehaviorSpec.IMMEDIATE).cpu("10");
    situation.standing = 6;
    assertDecided(
        situation.decide(), ScalingEvent.NO_ACTION, DecisionCode.SCALE_OUT_IN_PROGRESS, 6);
  }

  @Test
  void aScaleOutThatNeverArrivesIsNotWaitedForForEver() {
    var situation = new Situation().limits(1, 10).cpu("10");
    situation.standing = 9;
    situation.lastScale = new LastScale(TEN.minusSeconds(3600), null);
    var decision = situation.decide();
    assertDecided(decision, ScalingEvent.SCALE_DOWN, DecisionCode.METRIC_BELOW_TARGET, 1);
    assertThat(decision.explanation().warnings()).contains("NOT_CONVERGED");
  }

  @Test
  void unknownInstancesCountAsIdleUpwardsAndAsBusyDownwards() {
    var up = new Situation().cpu("90");
    up.unknown = 1;
    // 3 × 90 / 60 = 4.5: no more than the five that three busy ones need.
    assertThat(up.decide().target()).isEqualTo(5);
    var down = new Situation().limits(1, 10).behavior(BehaviorSpec.IMMEDIATE).cpu("15");
    down.unknown = 2;
    // 2 × 15 / 60 = 0.5, and two that may be busy.
    assertThat(down.decide().target()).isEqualTo(3);
    var turned = new Situation().cpu("70");
    turned.unknown = 2;
    assertDecided(turned.decide(), ScalingEvent.NO_ACTION, DecisionCode.METRIC_ABOVE_TARGET, 4);
  }

  @Test
  void onlyATotalLeavesZero() {
    var queue = tracking("queue", MetricKind.TOTAL, "50", true, "101");
    assertThat(new Situation().limits(0, 10).pool(0).with(queue).decide().target()).isEqualTo(3);
    assertThat(new Situation().limits(0, 10).pool(0).cpu("100").decide().target()).isZero();
    var empty = tracking("queue", MetricKind.TOTAL, "50", true, "0");
    var immediate = new Situation().limits(0, 10).behavior(BehaviorSpec.IMMEDIATE);
    assertThat(immediate.with(empty).decide().target()).isZero();
  }

  // --- step, threshold, seasonal
  // -------------------------------------------------------------------

  private static StepBound bound(@Nullable Integer lower, @Nullable Integer upper, int adjustment) {
    return new StepBound(
        lower == null ? null : BigDecimal.valueOf(lower),
        upper == null ? null : BigDecimal.valueOf(upper),
        adjustment);
  }

  private static PolicySpec.Step steps(
      AdjustmentType type, @Nullable Integer least, int m, int n, StepBound... bounds) {
    return new PolicySpec.Step(
        "cpu", Statistic.AVG, 60, BigDecimal.valueOf(50), m, n, type, List.of(bounds), least, 180);
  }

  private static PolicySpec.Step amazonsExample() {
    return steps(
        AdjustmentType.PERCENT,
        null,
        3,
        3,
        bound(null, -20, -30),
        bound(-20, -10, -10),
        bound(-10, 0, 0),
        bound(0, 10, 0),
        bound(10, 20, 10),
        bound(20, null, 30));
  }

  private static ActivePolicy stepping(PolicySpec.Step spec, double... points) {
    List<BigDecimal> values = Arrays.stream(points).mapToObj(BigDecimal::valueOf).toList();
    return ActivePolicy.of("step", spec, new Reading("cpu", values.getLast(), 1, TEN, values));
  }

  @Test
  void stepsAreThoseOfAmazonsExample() {
    var sizes = new ArrayList<Integer>();
    int size = 10;
    for (double metric : new double[] {60, 70, 40, 30}) {
      size =
          new Situation()
              .limits(1, 100)
              .pool(size)
              .behavior(BehaviorSpec.IMMEDIATE)
              .with(stepping(amazonsExample(), metric, metric, metric))
              .decide()
              .target();
      sizes.add(size);
    }
    assertThat(sizes).containsExactly(11, 14, 13, 10);
  }

  @Test
  void theSecondStepReplacesTheFirstWhileThatIsWarming() {
    var situation = new Situation().limits(1, 100).with(stepping(amazonsExample(), 70, 70, 70));
    situation.current = 11;
    situation.ready = 10;
    situation.standing = 11;
    assertThat(situation.decide().target()).isEqualTo(13);
  }

  @ParameterizedTest
  @CsvSource({"60,1", "59.99,0", "70,2", "40,-1", "40.01,0", "30,-2", "50,0"})
  void boundsAreInclusiveOnTheSideOfTheThreshold(double metric, int change) {
    var spec =
        steps(
            AdjustmentType.CHANGE,
            null,
            1,
            1,
            bound(null, -20, -2),
            bound(-20, -10, -1),
            bound(-10, 0, 0),
            bound(0, 10, 0),
            bound(10, 20, 1),
            bound(20, null, 2));
    var decision =
        new Situation()
            .limits(0, 100)
            .pool(10)
            .behavior(BehaviorSpec.IMMEDIATE)
            .with(stepping(spec, metric))
            .decide();
    assertThat(decision.target()).isEqualTo(10 + change);
  }

  @ParameterizedTest
  @CsvSource({"10,15,1", "10,10,1", "3,10,1", "25,15,3", "10,-15,-1", "3,-10,-1", "26,-15,-3"})
  void percentsRoundTowardTheSizeButNeverToNothing(int instances, int percent, int change) {
    var spec =
        steps(
            AdjustmentType.PERCENT,
            null,
            1,
            1,
            percent > 0 ? bound(0, null, percent) : bound(null, 0, percent));
    assertThat(PolicyWish.change(spec, spec.steps().getFirst(), instances)).isEqualTo(change);
  }

  @Test
  void aLeastAdjustmentIsKept() {
    var spec = steps(AdjustmentType.PERCENT, 2, 1, 1, bound(0, null, 10));
    assertThat(PolicyWish.change(spec, spec.steps().getFirst(), 5)).isEqualTo(2);
    assertThat(PolicyWish.change(spec, spec.steps().getFirst(), 50)).isEqualTo(5);
  }

  @Test
  void mOfTheLastNPointsMustBeBeyond() {
    var spec = steps(AdjustmentType.CHANGE, null, 2, 3, bound(0, null, 1));
    assertThat(new Situation().with(stepping(spec, 90, 20, 90)).decide().target()).isEqualTo(5);
    assertThat(new Situation().with(stepping(spec, 90, 90, 20, 20)).decide().target()).isEqualTo(4);
    assertThat(new Situation().with(stepping(spec, 90)).decide().code())
        .isEqualTo(DecisionCode.WITHIN_TOLERANCE);
  }

  private static ActivePolicy threshold(@Nullable String cpu, @Nullable String memory) {
    var spec =
        new PolicySpec.Threshold(
            BigDecimal.valueOf(80), BigDecimal.valueOf(60), Statistic.AVG, 60, 180);
    var readings =
        Stream.of("cpu", "memory")
            .flatMap(metric ->
                Stream.ofNullable(metric.equals("cpu") ? cpu : memory)
                    .map(value -> Reading.of(metric, new BigDecimal(value), 1, TEN)))
            .toList();
    return new ActivePolicy("threshold", spec, false, readings, null);
  }

  @ParameterizedTest
  @CsvSource({"81,10,5", "10,61,5", "80,60,4", "39,29,3", "39,30,4", "40,29,4", "81,,5", "39,,4"})
  void eitherAboveAddsAndOnlyBothIdleTakesAway(
      @Nullable String cpu, @Nullable String memory, int target) {
    var decision =
        new Situation().behavior(BehaviorSpec.IMMEDIATE).with(threshold(cpu, memory)).decide();
    assertThat(decision.target()).isEqualTo(target);
  }

  private static ActivePolicy seasonal(ForecastMode mode, @Nullable Forecast forecast) {
    var spec =
        new PolicySpec.Seasonal(
            "cpu", Statistic.AVG, 60, BigDecimal.valueOf(60), 2, BigDecimal.ONE, 600, mode, 180);
    return new ActivePolicy("season", spec, false, List.of(), forecast);
  }

  @Test
  void aForecastRaisesHoldsAndNeverLowers() {
    var high = new Forecast(BigDecimal.valueOf(420), BigDecimal.ONE, 3, false);
    var low = new Forecast(BigDecimal.valueOf(180), BigDecimal.ONE, 3, false);
    var scale = ForecastMode.FORECAST_AND_SCALE;
    assertDecided(
        new Situation().with(seasonal(scale, high)).decide(),
        ScalingEvent.SCALE_UP,
        DecisionCode.FORECAST,
        7);
    assertThat(new Situation().with(seasonal(scale, low)).decide().target()).isEqualTo(4);
    // CPU would do with 2, but 3 are foreseen.
    var both =
        new Situation().behavior(BehaviorSpec.IMMEDIATE).cpu("20").with(seasonal(scale, low));
    assertDecided(both.decide(), ScalingEvent.SCALE_DOWN, DecisionCode.FORECAST, 3);
    assertThat(new Situation().with(seasonal(ForecastMode.FORECAST_ONLY, high)).decide().target())
        .isEqualTo(4);
    var young =
        new Situation().behavior(BehaviorSpec.IMMEDIATE).cpu("30").with(seasonal(scale, null));
    assertThat(young.decide().target()).isEqualTo(2);
    assertThat(young.decide().explanation().warnings())
        .containsExactly("FORECAST_NOT_READY: season");
  }

  @Test
  void aWeekThatRepeatsIsForeseenExactlyAndWithTheLevelOfTheLastHour() {
    var spec = (PolicySpec.Seasonal) seasonal(ForecastMode.FORECAST_AND_SCALE, null).spec();
    var history = new DemandHistory();
    Instant start = TEN.minusSeconds(14 * 86_400);
    for (Instant at = start; at.isBefore(TEN); at = at.plusSeconds(60)) {
      long minuteOfHour = at.getEpochSecond() / 60 % 60;
      boolean busy = at.getEpochSecond() / 3600 % 24 == 10 && minuteOfHour < 10;
      history.add(at, BigDecimal.valueOf(busy ? 500 : 100));
    }
    var forecast = history.forecast(spec, TEN).orElseThrow();
    assertThat(forecast.peakDemand()).isEqualByComparingTo("500");
    assertThat(forecast.correction()).isEqualByComparingTo("1");
    assertThat(forecast.daily()).isFalse();
    assertThat(history.forecast(spec, start.plusSeconds(86_399))).isEmpty();
    assertThat(history.forecast(spec, start.plusSeconds(2 * 86_400)).orElseThrow().daily())
        .isTrue();
  }

  @Test
  void theCorrectionIsBounded() {
    var spec = (PolicySpec.Seasonal) seasonal(ForecastMode.FORECAST_AND_SCALE, null).spec();
    var history = new DemandHistory();
    for (Instant at = TEN.minusSeconds(2 * 86_400); at.isBefore(TEN); at = at.plusSeconds(60)) {
      history.add(at, BigDecimal.valueOf(at.isBefore(TEN.minusSeconds(3600)) ? 100 : 900));
    }
    assertThat(history.forecast(spec, TEN).orElseThrow().correction()).isEqualByComparingTo("2");
  }

  // --- combine
  // -------------------------------------------------------------------------------------

  @Test
  void theHighestWishWins() {
    var situation =
        new Situation()
            .cpu("75")
            .with(tracking("memory", MetricKind.UTILIZATION, "50", true, "80"));
    assertThat(situation.decide().target()).isEqualTo(7);
  }

  @Test
  void whoDoesNotKnowHoldsBackALoweringAndNoRaising() {
    var stale =
        new ActivePolicy(
            "mem",
            tracking("memory", MetricKind.UTILIZATION, "50", true, "1").spec(),
            false,
            List.of(Reading.of("memory", BigDecimal.ONE, 1, TEN.minusSeconds(181))),
            null);
    var down = new Situation().behavior(BehaviorSpec.IMMEDIATE).cpu("20").with(stale).decide();
    assertDecided(down, ScalingEvent.NO_ACTION, DecisionCode.METRICS_STALE, 4);
    assertThat(down.explanation().warnings()).containsExactly("METRICS_STALE: mem");
    assertThat(new Situation().cpu("90").with(stale).decide().target()).isEqualTo(6);
  }

  @Test
  void ageEndsAtItsBoundAndNoSampleIsAnotherCode() {
    var spec = PolicySpec.TargetTracking.of("cpu", BigDecimal.valueOf(60));
    assertThat(
            new Situation()
                .with(ActivePolicy.of("p", spec, Situation.cpuReading("90", 180)))
                .decide()
                .target())
        .isEqualTo(6);
    assertDecided(
        new Situation().with(ActivePolicy.of("p", spec, Situation.cpuReading("90", 181))).decide(),
        ScalingEvent.NO_ACTION,
        DecisionCode.METRICS_STALE,
        4);
    assertDecided(
        new Situation().with(ActivePolicy.of("p", spec)).decide(),
        ScalingEvent.NO_ACTION,
        DecisionCode.NO_METRICS,
        4);
    assertDecided(new Situation().decide(), ScalingEvent.NO_ACTION, DecisionCode.NO_METRICS, 4);
  }

  @Test
  void aPolicyThatMayNotScaleInLowersNothingAndHoldsBackNobody() {
    var raiseOnly = tracking("cpu", MetricKind.UTILIZATION, "60", false, "20");
    assertThat(new Situation().behavior(BehaviorSpec.IMMEDIATE).with(raiseOnly).decide().target())
        .isEqualTo(4);
    assertThat(
            new Situation()
                .behavior(BehaviorSpec.IMMEDIATE)
                .with(raiseOnly)
                .with(tracking("memory", MetricKind.UTILIZATION, "50", true, "35"))
                .decide()
                .target())
        .isEqualTo(3);
  }

  // --- stabilise, cooldown, rate
  // -------------------------------------------------------------------

  @Test
  void aWishOfTheWindowHoldsAScaleInUntilItIsAsOldAsTheWindow() {
    var held = new Situation().cpu("20");
    held.wishes.add(new Wish(TEN.minusSeconds(299), 4));
    assertDecided(held.decide(), ScalingEvent.NO_ACTION, DecisionCode.STABILIZING, 4);
    var forgotten = new Situation().cpu("20");
    forgotten.wishes.add(new Wish(TEN.minusSeconds(300), 4));
    assertDecided(forgotten.decide(), ScalingEvent.SCALE_DOWN, DecisionCode.METRIC_BELOW_TARGET, 2);
  }

  @Test
  void aLowWishOfTheOutWindowHoldsAScaleOut() {
    var situation =
        new Situation()
            .cpu("90")
            .behavior(new BehaviorSpec(300, 60, 300, 0, 600, Rates.UNLIMITED, Rates.UNLIMITED));
    situation.wishes.add(new Wish(TEN.minusSeconds(30), 5));
    assertDecided(situation.decide(), ScalingEvent.SCALE_UP, DecisionCode.STABILIZING, 5);
  }

  @ParameterizedTest
  @CsvSource({
    "299,0,COOLDOWN",
    "300,0,METRIC_BELOW_TARGET",
    "400,101,COOLDOWN",
    "400,100,METRIC_BELOW_TARGET",
    "899,,COOLDOWN",
    "900,,METRIC_BELOW_TARGET"
  })
  void cooldownCountsFromWhenTheTargetWasReachedOrGivenUp(
      int sinceScale, @Nullable Integer reachedAfter, DecisionCode code) {
    var situation = new Situation().cpu("20");
    Instant scaled = TEN.minusSeconds(sinceScale);
    situation.lastScale =
        new LastScale(scaled, reachedAfter == null ? null : scaled.plusSeconds(reachedAfter));
    assertThat(situation.decide().code()).isEqualTo(code);
  }

  @Test
  void theRatesGoDownAsKubernetesHasIt() {
    var rates =
        new Rates(
            RateSelect.MAX,
            List.of(new Rate(RateType.PERCENT, 10, 60), new Rate(RateType.INSTANCES, 4, 60)));
    var behavior = new BehaviorSpec(0, 0, 0, 0, 0, rates, Rates.UNLIMITED);
    var sizes = new ArrayList<Integer>();
    int size = 80;
    var changes = new ArrayList<TargetChange>();
    for (int minute = 0; minute < 14; minute++) {
      var situation = new Situation().limits(1, 100).pool(size).behavior(behavior);
      situation.at = TEN.plusSeconds(60L * minute);
      situation.changes = changes;
      var decision =
          situation
              .with(
                  ActivePolicy.of(
                      "cpu",
                      PolicySpec.TargetTracking.of("cpu", BigDecimal.valueOf(60)),
                      Reading.of("cpu", BigDecimal.ONE, 1, situation.at)))
              .decide();
      assertThat(decision.code()).isEqualTo(DecisionCode.RATE_LIMITED);
      changes.add(new TargetChange(situation.at, size, decision.target()));
      size = decision.target();
      sizes.add(size);
    }
    assertThat(sizes).startsWith(72, 64, 57, 51, 45, 40, 36, 32, 28);
  }

  @Test
  void changesOfThePeriodCountAgainstItsRate() {
    var rates =
        new Rates(
            RateSelect.MIN,
            List.of(new Rate(RateType.PERCENT, 100, 60), new Rate(RateType.INSTANCES, 3, 60)));
    var situation =
        new Situation()
            .cpu("100")
            .limits(1, 100)
            .behavior(new BehaviorSpec(0, 0, 0, 0, 0, Rates.UNLIMITED, rates));
    situation.changes.add(new TargetChange(TEN.minusSeconds(30), 2, 4));
    // min(2 × 2, 2 + 3) = 4: the period's allowance is used up.
    assertDecided(situation.decide(), ScalingEvent.NO_ACTION, DecisionCode.RATE_LIMITED, 4);
    var disabled =
        new Situation()
            .cpu("100")
            .behavior(
                new BehaviorSpec(
                    0, 0, 0, 0, 0, Rates.UNLIMITED, new Rates(RateSelect.DISABLED, List.of())));
    assertDecided(disabled.decide(), ScalingEvent.NO_ACTION, DecisionCode.RATE_LIMITED, 4);
  }

  // --- schedule (A9), override, limits, gate
  // -------------------------------------------------------

  private static Window nineToFive(ScheduleMode mode, int target) {
    return Window.of(3, "day", true, "09:00", "17:00", "UTC", 127, null, null, mode, 0, target);
  }

  @Test
  void anExactScheduleSetsTheNumberAndSaysWhatItHoldsBack() {
    var situation = new Situation().pool(5).cpu("90");
    situation.schedules.add(nineToFive(ScheduleMode.EXACT, 5));
    var decision = situation.decide();
    assertDecided(decision, ScalingEvent.NO_ACTION, DecisionCode.SCHEDULE_EXACT, 5);
    assertThat(decision.explanation().warnings()).containsExactly("SCHEDULE_HOLDS_BACK_SCALE_OUT");
    assertThat(decision.explanation().schedule()).isNotNull();
  }

  @Test
  void aFloorLetsMetricsGoHigher() {
    var situation = new Situation().pool(5).cpu("90");
    situation.schedules.add(nineToFive(ScheduleMode.FLOOR, 5));
    assertDecided(situation.decide(), ScalingEvent.SCALE_UP, DecisionCode.METRIC_ABOVE_TARGET, 8);
  }

  @Test
  void atItsEndAScheduleNoLongerApplies() {
    var situation = new Situation().pool(5);
    situation.at = Instant.parse("2026-05-04T16:59:50Z");
    situation.schedules.add(nineToFive(ScheduleMode.EXACT, 3));
    assertThat(situation.decide().target()).isEqualTo(3);
    assertThat(situation.decide().explanation().nextCheckAt()).isEqualTo("2026-05-04T17:00:00Z");
    situation.at = Instant.parse("2026-05-04T17:00:00Z");
    assertDecided(situation.decide(), ScalingEvent.NO_ACTION, DecisionCode.NO_METRICS, 5);
  }

  @Test
  void schedulesSkipWhatSlowsMetricsDown() {
    var situation = new Situation().cpu("60");
    situation.wishes.add(new Wish(TEN.minusSeconds(60), 9));
    situation.lastScale = new LastScale(TEN.minusSeconds(60), TEN);
    situation.schedules.add(nineToFive(ScheduleMode.CEILING, 3));
    assertDecided(situation.decide(), ScalingEvent.SCALE_DOWN, DecisionCode.SCHEDULE_CEILING, 3);
    situation.schedules.set(0, nineToFive(ScheduleMode.FLOOR, 8));
    assertDecided(situation.decide(), ScalingEvent.SCALE_UP, DecisionCode.SCHEDULE_FLOOR, 8);
  }

  @Test
  void aPinReplacesAllBeforeItUntilItExpires() {
    var situation = new Situation().cpu("90");
    situation.schedules.add(nineToFive(ScheduleMode.EXACT, 5));
    situation.pin = new Pin(3, "release", TEN.plusSeconds(5));
    var decision = situation.decide();
    assertDecided(decision, ScalingEvent.SCALE_DOWN, DecisionCode.OVERRIDE, 3);
    assertThat(decision.explanation().nextCheckAt()).isEqualTo(TEN.plusSeconds(5));
    situation.pin = new Pin(3, "release", TEN);
    assertThat(situation.decide().code()).isEqualTo(DecisionCode.SCHEDULE_EXACT);
    situation.pin = new Pin(30, "release", TEN.plusSeconds(5));
    assertDecided(situation.decide(), ScalingEvent.SCALE_UP, DecisionCode.AT_MAX, 10);
  }

  @Test
  void limitsAreLastAndAlways() {
    assertDecided(
        new Situation().pool(8).cpu("100").decide(),
        ScalingEvent.SCALE_UP,
        DecisionCode.AT_MAX,
        10);
    assertDecided(
        new Situation().pool(10).cpu("100").decide(),
        ScalingEvent.NO_ACTION,
        DecisionCode.AT_MAX,
        10);
    assertDecided(
        new Situation().pool(2).cpu("1").behavior(BehaviorSpec.IMMEDIATE).decide(),
        ScalingEvent.NO_ACTION,
        DecisionCode.AT_MIN,
        2);
  }

  @Test
  void aPoolOutsideItsLimitsIsBroughtBackWhateverSlowsDown() {
    var above = new Situation().pool(12).cpu("5");
    above.lastScale = new LastScale(TEN.minusSeconds(1), TEN);
    above.wishes.add(new Wish(TEN.minusSeconds(10), 12));
    above.schedules.add(nineToFive(ScheduleMode.EXACT, 5));
    assertDecided(above.decide(), ScalingEvent.SCALE_DOWN, DecisionCode.LIMIT_CORRECTION, 10);
    var below = new Situation().pool(1).cpu("60");
    assertDecided(below.decide(), ScalingEvent.SCALE_UP, DecisionCode.LIMIT_CORRECTION, 2);
  }

  @Test
  void gatesHold() {
    var offline = new Situation().cpu("90");
    offline.offline = true;
    assertDecided(offline.decide(), ScalingEvent.NO_ACTION, DecisionCode.NODE_OFFLINE, 4);
    var off = new Situation().cpu("90");
    off.mode = ControlMode.OFF;
    assertDecided(off.decide(), ScalingEvent.NO_ACTION, DecisionCode.CONTROL_OFF, 4);
    var none = new Situation().cpu("90");
    none.ready = 0;
    assertDecided(none.decide(), ScalingEvent.NO_ACTION, DecisionCode.NO_READY_INSTANCES, 4);
  }

  // --- dry run (A10)
  // -------------------------------------------------------------------------------

  @Test
  void aDryLimitCorrectionLeavesTheTarget() {
    var decision = new Situation().pool(12).dryCpu("60").decide();
    assertDecided(decision, ScalingEvent.SCALE_DOWN, DecisionCode.LIMIT_CORRECTION, 10);
    assertThat(decision.dryRun()).isTrue();
    assertThat(decision.standingTarget()).isEqualTo(12);
    assertThat(decision.changesTarget()).isFalse();
    assertThat(decision.generation()).isEqualTo(41);
  }

  @Test
  void adviceLeavesTheTarget() {
    var situation = new Situation().cpu("90");
    situation.mode = ControlMode.ADVISORY;
    var decision = situation.decide();
    assertDecided(decision, ScalingEvent.SCALE_UP, DecisionCode.METRIC_ABOVE_TARGET, 6);
    assertThat(decision.dryRun()).isTrue();
    assertThat(decision.standingTarget()).isEqualTo(4);
  }

  @Test
  void whereSomeAreDryTheLiveOnesDecideAndTheShadowCountsAll() {
    var decision = new Situation().cpu("70").dryCpu("100").decide();
    assertThat(decision.target()).isEqualTo(5);
    assertThat(decision.standingTarget()).isEqualTo(5);
    assertThat(decision.generation()).isEqualTo(42);
    assertThat(decision.wish()).isEqualTo(5);
    assertThat(decision.shadowWish()).isEqualTo(7);
    var shadow = decision.explanation().shadow();
    assertThat(Objects.requireNonNull(shadow).target()).isEqualTo(7);
  }

  @Test
  void aDryPolicyAloneHoldsWhatAScheduleAsksForAndSaysSo() {
    var situation = new Situation().dryCpu("60");
    situation.schedules.add(nineToFive(ScheduleMode.EXACT, 8));
    var decision = situation.decide();
    assertThat(decision.standingTarget()).isEqualTo(4);
    assertThat(decision.explanation().warnings()).contains("DRY_RUN_HOLDS_SCHEDULE");
  }

  // --- explanation
  // ---------------------------------------------------------------------------------

  static ObjectMapper mapper() {
    var mapper = new ObjectMapper().registerModule(new JavaTimeModule());
    mapper.setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);
    mapper.disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS);
    new JsonSettings().customize(mapper);
    return mapper;
  }

  @Test
  void theExplanationIsTheBriefsDocument() throws Exception {
    var situation = new Situation().cpu("90");
    situation.wishes.add(new Wish(TEN.minusSeconds(60), 4));
    var written =
        mapper()
            .readTree(mapper().writeValueAsString(situation.decide().explanation().withId(9123)));
    var expected =
        mapper()
            .readTree(
                """
                {"decision_id":9123,"pool_id":7,"at":"2026-05-04T10:00:00Z","event":"SCALE_UP","code":"METRIC_ABOVE_TARGET","dry_run":false,
                 "current":4,"ready":4,"previous_target":4,"target":6,"limits":{"min":2,"max":10},"generation":42,
                 "policies":[{"name":"cpu60","type":"target_tracking","metric":"cpu","value":90.0,"target":60.0,"samples":4,"age_s":12,"rule":"ceil(4*90/60)","raw":6}],
                 "stages":[{"stage":"combine","out":6},{"stage":"stabilise","in":6,"out":6},{"stage":"cooldown","in":6,"out":6},{"stage":"rate","in":6,"out":6},{"stage":"clamp","in":6,"out":6}],
                 "schedule":null,"override":null,"warnings":[],
                 "would_change":{"scale_out_if":"cpu > 90.0 (target 7)","hold_if":"54.0 <= cpu <= 66.0"},"next_check_at":"2026-05-04T10:00:15Z",
                 "text":"cpu 90.0 % is above 60 % ± 10 %: ceil(4×90/60)=6, within 2..10, no schedule active"}
                """);
    assertThat(mapper().writerWithDefaultPrettyPrinter().writeValueAsString(written))
        .isEqualTo(mapper().writerWithDefaultPrettyPrinter().writeValueAsString(expected));
  }

  @Test
  void whatWouldChangeIsSolvedThroughTheStages() {
    var atRest = new Situation().behavior(BehaviorSpec.IMMEDIATE).cpu("60").decide().explanation();
    assertThat(atRest.wouldChange().scaleOutIf()).isEqualTo("cpu > 66.0 (target 5)");
    assertThat(atRest.wouldChange().scaleInIf()).isEqualTo("cpu <= 45.0 (target 3)");
    var atMax = new Situation().pool(10).cpu("100").decide().explanation();
    assertThat(atMax.wouldChange().scaleOutIf()).isNull();
    var pinned = new Situation().cpu("60");
    pinned.schedules.add(nineToFive(ScheduleMode.EXACT, 4));
    assertThat(pinned.decide().explanation().wouldChange().scaleOutIf()).isNull();
  }
}
