package dev.quintet.autoscaler.decision;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.autoscaler.schedule.Window;
import dev.quintet.common.api.autoscaler.AdjustmentType;
import dev.quintet.common.api.autoscaler.BehaviorSpec;
import dev.quintet.common.api.autoscaler.BehaviorSpec.Rate;
import dev.quintet.common.api.autoscaler.BehaviorSpec.Rates;
import dev.quintet.common.api.autoscaler.ControlMode;
import dev.quintet.common.api.autoscaler.DecisionCode;
import dev.quintet.common.api.autoscaler.Explanation;
import dev.quintet.common.api.autoscaler.Explanation.PolicyLine;
import dev.quintet.common.api.autoscaler.Explanation.StageLine;
import dev.quintet.common.api.autoscaler.ForecastMode;
import dev.quintet.common.api.autoscaler.MetricKind;
import dev.quintet.common.api.autoscaler.PolicySpec;
import dev.quintet.common.api.autoscaler.PolicySpec.StepBound;
import dev.quintet.common.api.autoscaler.RateSelect;
import dev.quintet.common.api.autoscaler.RateType;
import dev.quintet.common.api.autoscaler.ScalingEvent;
import dev.quintet.common.api.autoscaler.ScheduleMode;
import dev.quintet.common.api.autoscaler.Statistic;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** I20 to I28 on situations of every kind. */
class ScalingProperties {
  private static final int SITUATIONS = 400;
  private static final BigDecimal LITTLE = new BigDecimal("0.000001");
  private static final Pattern STATED =
      Pattern.compile("(\\S+) (>=|<=|>|<) (\\S+) \\(target (\\d+)\\)");

  static LongStream seeds() {
    return LongStream.concat(LongStream.range(0, 40), new Random().longs(10));
  }

  // --- situations
  // ----------------------------------------------------------------------------------

  private static BigDecimal decimal(Random random, int bound) {
    return switch (random.nextInt(3)) {
      case 0 -> BigDecimal.valueOf(random.nextInt(bound));
      case 1 -> BigDecimal.valueOf(random.nextInt(bound * 10), 1);
      default -> BigDecimal.valueOf(random.nextDouble() * bound);
    };
  }

  private static Reading reading(Random random, String metric) {
    var points = new ArrayList<BigDecimal>();
    for (int i = 0; i < 4; i++) {
      points.add(decimal(random, 120));
    }
    return new Reading(
        metric,
        points.getLast(),
        1,
        Situation.TEN.minusSeconds(random.nextInt(5) == 0 ? 200 : random.nextInt(180)),
        points);
  }

  private static PolicySpec spec(Random random) {
    BigDecimal target = BigDecimal.valueOf(10 + random.nextInt(80));
    BigDecimal tolerance = random.nextBoolean() ? new BigDecimal("0.1") : new BigDecimal("0.05");
    return switch (random.nextInt(6)) {
      case 0 ->
          new PolicySpec.TargetTracking(
              "queue",
              MetricKind.TOTAL,
              Statistic.AVG,
              60,
              target,
              tolerance,
              random.nextInt(4) > 0,
              180);
      case 1 ->
          new PolicySpec.Step(
              "cpu",
              Statistic.AVG,
              60,
              target,
              1 + random.nextInt(2),
              3,
              random.nextBoolean() ? AdjustmentType.PERCENT : AdjustmentType.CHANGE,
              List.of(
                  new StepBound(null, BigDecimal.valueOf(-15), -30),
                  new StepBound(BigDecimal.valueOf(-15), BigDecimal.ZERO, -random.nextInt(3)),
                  new StepBound(BigDecimal.ZERO, BigDecimal.TEN, random.nextInt(3)),
                  new StepBound(BigDecimal.TEN, null, 5)),
              null,
              180);
      case 2 ->
          new PolicySpec.Threshold(
              target, random.nextBoolean() ? target : null, Statistic.AVG, 60, 180);
      case 3 ->
          new PolicySpec.Seasonal(
              "cpu",
              Statistic.AVG,
              60,
              target,
              2,
              BigDecimal.ONE,
              600,
              random.nextBoolean() ? ForecastMode.FORECAST_ONLY : ForecastMode.FORECAST_AND_SCALE,
              180);
      default ->
          new PolicySpec.TargetTracking(
              "cpu",
              MetricKind.UTILIZATION,
              Statistic.AVG,
              60,
              target,
              tolerance,
              random.nextInt(4) > 0,
              180);
    };
  }

  private static ActivePolicy policy(Random random, int number, boolean dry) {
    var spec = spec(random);
    var readings =
        random.nextInt(8) == 0
            ? List.<Reading>of()
            : spec.metrics().stream().map(metric -> reading(random, metric)).toList();
    @Nullable Forecast forecast =
        spec instanceof PolicySpec.Seasonal && random.nextInt(3) > 0
            ? new Forecast(decimal(random, 900), new BigDecimal("1.25"), 3, false)
            : null;
    return new ActivePolicy("p" + number, spec, dry, readings, forecast);
  }

  private static Rates rates(Random random) {
    return switch (random.nextInt(6)) {
      case 0 ->
          new Rates(
              random.nextBoolean() ? RateSelect.MAX : RateSelect.MIN,
              List.of(
                  new Rate(RateType.PERCENT, 1 + random.nextInt(60), 60),
                  new Rate(RateType.INSTANCES, 1 + random.nextInt(4), 120)));
      case 1 -> new Rates(random.nextInt(4) == 0 ? RateSelect.DISABLED : RateSelect.MAX, List.of());
      default -> Rates.UNLIMITED;
    };
  }

  private static Situation situation(Random random) {
    var s = new Situation();
    s.min = random.nextInt(4);
    s.max = s.min + random.nextInt(20);
    s.standing = s.min + random.nextInt(s.max - s.min + 1);
    s.current =
        switch (random.nextInt(5)) {
          case 0 -> random.nextInt(26);
          case 1 -> Math.max(0, s.standing - random.nextInt(4));
          default -> s.standing;
        };
    s.ready = random.nextInt(4) == 0 ? random.nextInt(s.current + 1) : s.current;
    s.unknown = random.nextInt(4) == 0 ? random.nextInt(s.ready + 1) : 0;
    s.offline = random.nextInt(12) == 0;
    s.mode = random.nextInt(6) == 0 ? ControlMode.values()[random.nextInt(3)] : ControlMode.MANAGED;
    if (random.nextInt(3) > 0) {
      s.behavior =
          new BehaviorSpec(
              random.nextInt(400),
              random.nextInt(120),
              random.nextInt(400),
              random.nextInt(100),
              random.nextInt(700),
              rates(random),
              rates(random));
    }
    int policies = random.nextInt(4);
    for (int i = 0; i < policies; i++) {
      s.with(policy(random, i, random.nextInt(4) == 0));
    }
    int wishes = random.nextInt(6);
    for (int i = wishes; i > 0; i--) {
      s.wishes.add(new Wish(Situation.TEN.minusSeconds(40L * i), random.nextInt(25)));
      s.shadowWishes.add(new Wish(Situation.TEN.minusSeconds(40L * i), random.nextInt(25)));
    }
    if (random.nextInt(3) == 0) {
      var changed = Situation.TEN.minusSeconds(random.nextInt(800));
      s.changes.add(new TargetChange(changed, random.nextInt(20), s.standing));
      s.lastScale =
          new LastScale(
              changed, random.nextBoolean() ? null : changed.plusSeconds(random.nextInt(60)));
    }
    int schedules = random.nextInt(3) == 0 ? 1 + random.nextInt(3) : 0;
    for (int i = 0; i < schedules; i++) {
      s.schedules.add(
          Window.of(
              i + 1,
              "s" + i,
              random.nextBoolean(),
              "09:00",
              "17:00",
              "UTC",
              127,
              null,
              null,
              ScheduleMode.values()[random.nextInt(3)],
              random.nextInt(2),
              random.nextInt(25)));
    }
    if (random.nextInt(8) == 0) {
      s.pin =
          new Pin(random.nextInt(25), "why", Situation.TEN.plusSeconds(random.nextInt(40) - 10));
    }
    return s;
  }

  private static boolean pinned(Situation s) {
    return s.pin != null && s.pin.expiresAt().isAfter(s.at);
  }

  private static boolean outside(Situation s) {
    return s.current < s.min || s.current > s.max;
  }

  // --- what holds for all of them
  // --------------------------------------------------------------------

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void changesStayWithinTheLimitsAndGatesHold(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < SITUATIONS; i++) {
      Situation s = situation(random);
      Decision decision = s.decide();
      boolean gate = s.offline || s.mode == ControlMode.OFF || (s.ready == 0 && s.current > 0);
      if (gate) {
        assertThat(decision.target()).isEqualTo(s.standing);
        assertThat(decision.changesTarget()).isFalse();
      } else {
        assertThat(decision.target()).isBetween(s.min, s.max);
      }
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void aDryRunNeverChangesTheTargetOnAnyPath(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < SITUATIONS; i++) {
      Situation s = situation(random);
      if (random.nextBoolean() || s.policies.isEmpty()) {
        s.mode = ControlMode.ADVISORY;
      } else {
        s.policies.replaceAll(
            p -> new ActivePolicy(p.name(), p.spec(), true, p.readings(), p.forecast()));
      }
      Decision decision = s.decide();
      assertThat(decision.standingTarget()).isEqualTo(s.standing);
      assertThat(decision.generation()).isEqualTo(s.generation);
      assertThat(decision.dryRun()).isTrue();
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void policiesInDryRunDoNotMoveALiveDecision(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < SITUATIONS; i++) {
      Situation s = situation(random);
      s.policies.removeIf(ActivePolicy::dryRun);
      if (s.policies.isEmpty()) {
        continue;
      }
      Decision alone = s.decide();
      s.with(policy(random, 9, true));
      Decision beside = s.decide();
      assertThat(beside.standingTarget()).isEqualTo(alone.standingTarget());
      assertThat(beside.target()).isEqualTo(alone.target());
      assertThat(beside.code()).isEqualTo(alone.code());
      assertThat(beside.wish()).isEqualTo(alone.wish());
      assertThat(beside.explanation().shadow()).isNotNull();
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void theSameInputHasTheSameDecision(long seed) {
    for (int i = 0; i < SITUATIONS; i++) {
      var first = situation(new Random(seed * 31 + i)).input();
      var second = situation(new Random(seed * 31 + i)).input();
      assertThat(Scaling.decide(first)).isEqualTo(Scaling.decide(second));
      assertThat(first).isEqualTo(second);
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void aHigherMeasurementNeverWishesForLess(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < SITUATIONS; i++) {
      Situation s = situation(random);
      var policy = policy(random, 0, false);
      if (policy.readings().isEmpty()) {
        continue;
      }
      BigDecimal low = decimal(random, 130);
      BigDecimal high = low.add(decimal(random, 30));
      assertThat(wish(s, policy, high)).isGreaterThanOrEqualTo(wish(s, policy, low));
    }
  }

  private static int wish(Situation s, ActivePolicy policy, BigDecimal value) {
    s.policies.clear();
    s.with(measuring(policy, policy.readings().getFirst().metric(), value, true));
    return s.decide().wish();
  }

  private static ActivePolicy measuring(
      ActivePolicy policy, String metric, BigDecimal value, boolean allPoints) {
    var readings =
        policy.readings().stream()
            .map(reading -> {
              if (!reading.metric().equals(metric)) {
                return reading;
              }
              var points = new ArrayList<>(reading.points());
              points.replaceAll(point -> allPoints ? value : point);
              if (!points.isEmpty()) {
                points.set(points.size() - 1, value);
              }
              return new Reading(metric, value, reading.samples(), reading.at(), points);
            })
            .toList();
    return new ActivePolicy(
        policy.name(), policy.spec(), policy.dryRun(), readings, policy.forecast());
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void metricsTakeNothingAwayWhileAnyIsUnknownOrAScaleOutIsInProgress(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < SITUATIONS; i++) {
      Situation s = situation(random);
      s.schedules.clear();
      s.pin = null;
      s.max = Math.max(s.max, Math.max(s.current, s.standing));
      s.min = Math.min(s.min, Math.min(s.current, s.standing));
      s.behavior = BehaviorSpec.IMMEDIATE;
      s.lastScale = null;
      Decision decision = s.decide();
      boolean anyUnknown =
          s.policies.stream()
              .filter(p -> !p.dryRun() || s.policies.stream().allMatch(ActivePolicy::dryRun))
              .filter(p -> !(p.spec() instanceof PolicySpec.Seasonal))
              .filter(p -> !(p.spec() instanceof PolicySpec.Threshold))
              .anyMatch(p ->
                  p.readings().stream().noneMatch(r -> !r.at().plusSeconds(180).isBefore(s.at)));
      if (anyUnknown || s.ready < s.standing || s.offline) {
        assertThat(decision.event()).as(decision.reason()).isNotEqualTo(ScalingEvent.SCALE_DOWN);
      }
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void aCooldownHoldsAllThatNobodyAskedForByHand(long seed) {
    var random = new Random(seed);
    var handMade =
        EnumSet.of(
            DecisionCode.SCHEDULE_EXACT,
            DecisionCode.SCHEDULE_FLOOR,
            DecisionCode.SCHEDULE_CEILING,
            DecisionCode.OVERRIDE,
            DecisionCode.LIMIT_CORRECTION,
            DecisionCode.AT_MAX,
            DecisionCode.AT_MIN);
    for (int i = 0; i < SITUATIONS; i++) {
      Situation s = situation(random);
      var reached = s.at.minusSeconds(random.nextInt(Math.max(1, s.behavior.cooldownInSeconds())));
      s.lastScale = new LastScale(reached.minusSeconds(random.nextInt(30)), reached);
      s.behavior =
          new BehaviorSpec(
              s.behavior.scaleInWindowSeconds(),
              s.behavior.scaleOutWindowSeconds(),
              Math.max(1, s.behavior.cooldownInSeconds()),
              0,
              600,
              s.behavior.scaleInRates(),
              s.behavior.scaleOutRates());
      Decision decision = s.decide();
      if (decision.event() == ScalingEvent.SCALE_DOWN) {
        assertThat(handMade).as(decision.reason()).contains(decision.code());
        assertThat(!s.schedules.isEmpty() || pinned(s) || outside(s) || s.standing > s.max)
            .isTrue();
      }
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void stagesReplayToTheTarget(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < SITUATIONS; i++) {
      Decision decision = situation(random).decide();
      Explanation told = decision.explanation();
      assertThat(replay(told)).as("%s", told).isEqualTo(decision.target());
    }
  }

  /** From the explanation alone. */
  private static int replay(Explanation told) {
    int value = Integer.MIN_VALUE;
    for (PolicyLine policy : told.policies()) {
      if (policy.raw() != null && policy.counted() == null) {
        value = Math.max(value, policy.raw());
      }
    }
    for (StageLine stage : told.stages()) {
      if (stage.in() != null) {
        assertThat(stage.in()).as(stage.stage()).isEqualTo(value);
      }
      value = stage.low() == null ? value : Math.max(value, stage.low());
      value = stage.high() == null ? value : Math.min(value, stage.high());
      assertThat(stage.out()).as(stage.stage()).isEqualTo(value);
    }
    return value;
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void justBeyondTheStatedValueTheDecisionChangesAndJustBeforeItDoesNot(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < SITUATIONS; i++) {
      Situation s = situation(random);
      Decision decision = s.decide();
      var wouldChange = decision.explanation().wouldChange();
      check(s, decision, wouldChange.scaleOutIf());
      check(s, decision, wouldChange.scaleInIf());
      String hold = wouldChange.holdIf();
      if (hold != null) {
        String[] parts = hold.split(" <= ");
        for (String edge : new String[] {parts[0], parts[2]}) {
          var held = with(s, decision, parts[1], new BigDecimal(edge));
          assertThat(held).as("%s: %s", decision.reason(), hold).isEqualTo(s.standing);
        }
      }
    }
  }

  private static void check(Situation s, Decision decision, @Nullable String stated) {
    if (stated == null) {
      return;
    }
    Matcher matcher = STATED.matcher(stated);
    assertThat(matcher.matches()).as(stated).isTrue();
    String metric = matcher.group(1);
    String operator = matcher.group(2);
    var value = new BigDecimal(matcher.group(3));
    int target = Integer.parseInt(matcher.group(4));
    boolean up = operator.startsWith(">");
    // Stated with six decimals or more, so a ten-thousandth is far enough to be on the other side.
    BigDecimal side = up ? LITTLE : LITTLE.negate();
    BigDecimal far = side.multiply(BigDecimal.valueOf(100));
    String as = decision.reason() + " | " + stated;
    assertThat(with(s, decision, metric, value.add(side))).as(as).isEqualTo(target);
    if (operator.endsWith("=")) {
      assertThat(with(s, decision, metric, value)).as(as).isEqualTo(target);
    }
    int before = with(s, decision, metric, value.subtract(far));
    if (up) {
      assertThat(target).as(as).isGreaterThan(Math.max(decision.target(), s.standing));
      assertThat(before).as(as).isLessThanOrEqualTo(Math.max(decision.target(), s.standing));
    } else {
      assertThat(target).as(as).isLessThan(Math.min(decision.target(), s.standing));
      assertThat(before).as(as).isGreaterThanOrEqualTo(Math.min(decision.target(), s.standing));
    }
  }

  /** The target if the deciding policy's metric alone had this value. */
  private static int with(Situation s, Decision decision, String metric, BigDecimal value) {
    String decider = "";
    int highest = -1;
    for (PolicyLine line : decision.explanation().policies()) {
      Integer raw = line.raw();
      if (raw != null && line.counted() == null && raw > highest) {
        highest = raw;
        decider = line.name();
      }
    }
    String name = decider;
    var before = List.copyOf(s.policies);
    s.policies.replaceAll(
        policy -> policy.name().equals(name) ? measuring(policy, metric, value, false) : policy);
    int target = s.decide().target();
    s.policies.clear();
    s.policies.addAll(before);
    return target;
  }

  // --- over time
  // ---------------------------------------------------------------------------------------

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void constantDemandSettlesInOneChangeAndNeverTurnsBack(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      int demand = random.nextInt(6000);
      int target = 20 + random.nextInt(70);
      int start = 1 + random.nextInt(60);
      assertThat(changes(demand, target, start, false).size())
          .as("demand %d, target %d, start %d", demand, target, start)
          .isLessThanOrEqualTo(1);
      var capped = changes(demand, target, start, true);
      assertThat(capped.stream().map(change -> change > 0).distinct().count())
          .as("demand %d, target %d, start %d: %s", demand, target, start, capped)
          .isLessThanOrEqualTo(1);
    }
  }

  private static List<Integer> changes(int demand, int target, int start, boolean capped) {
    var changes = new ArrayList<Integer>();
    var spec = PolicySpec.TargetTracking.of("cpu", BigDecimal.valueOf(target));
    int size = start;
    for (int round = 0; round < 30; round++) {
      BigDecimal m =
          BigDecimal.valueOf(demand).divide(BigDecimal.valueOf(size), 9, RoundingMode.DOWN);
      m = capped ? m.min(BigDecimal.valueOf(100)) : m;
      int next =
          new Situation()
              .limits(1, 1000)
              .pool(size)
              .behavior(BehaviorSpec.IMMEDIATE)
              .with(ActivePolicy.of("cpu", spec, Reading.of("cpu", m, 1, Situation.TEN)))
              .decide()
              .standingTarget();
      if (next != size) {
        changes.add(next - size);
      }
      size = next;
    }
    return changes;
  }
}
