package dev.quintet.autoscaler.decision;

import dev.quintet.common.api.autoscaler.AdjustmentType;
import dev.quintet.common.api.autoscaler.Decimals;
import dev.quintet.common.api.autoscaler.DecisionCode;
import dev.quintet.common.api.autoscaler.Explanation.PolicyLine;
import dev.quintet.common.api.autoscaler.ForecastMode;
import dev.quintet.common.api.autoscaler.MetricKind;
import dev.quintet.common.api.autoscaler.PolicySpec;
import dev.quintet.common.api.autoscaler.PolicySpec.StepBound;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one policy wishes, and from what. Numbers are decimals, and a product is formed before it is
 * divided: in doubles, 25 instances at 14 of 50 would need 8 instead of 7.
 *
 * @param state whether it has a wish
 * @param raw its wish, where it has one
 * @param code why it is no other
 * @param raiseOnly it takes part in raising; that it would do with less lowers nothing
 * @param metric that decides
 */
record PolicyWish(
    ActivePolicy policy,
    State state,
    int raw,
    DecisionCode code,
    boolean raiseOnly,
    @Nullable String metric,
    @Nullable BigDecimal value,
    @Nullable BigDecimal target,
    int samples,
    long ageSeconds,
    String rule) {

  /** No pool is larger, so a wish beyond it is as good as it. */
  private static final int MOST = 1_000_000;

  private static final BigDecimal MOST_DECIMAL = BigDecimal.valueOf(MOST);
  private static final BigDecimal HALF = new BigDecimal("0.5");
  private static final int STATED_DIGITS = 6;
  private static final BigDecimal JUST_BELOW = new BigDecimal("0.0000000001");
  static final long NO_AGE = -1;

  enum State {
    /** It has a wish. */
    KNOWN,
    /** It should have one and cannot: nothing may be taken away until it can. */
    UNKNOWN,
    /** It has none and needs none. */
    SILENT
  }

  boolean known() {
    return state == State.KNOWN;
  }

  PolicyLine line(boolean counted) {
    return new PolicyLine(
        policy.name(),
        policy.spec().policyType(),
        metric,
        value == null ? null : Decimals.measured(value),
        target == null ? null : Decimals.measured(target),
        samples,
        ageSeconds == NO_AGE ? null : ageSeconds,
        rule,
        known() ? raw : null,
        counted && state != State.SILENT ? null : false);
  }

  static PolicyWish of(ActivePolicy policy, ScalingInput input) {
    return switch (policy.spec()) {
      case PolicySpec.TargetTracking tracking -> tracking(policy, tracking, input);
      case PolicySpec.Step step -> step(policy, step, input);
      case PolicySpec.Threshold threshold -> threshold(policy, threshold, input);
      case PolicySpec.Seasonal seasonal -> seasonal(policy, seasonal, input);
    };
  }

  // --- target tracking ---------------------------------------------------------------------------

  private static PolicyWish tracking(
      ActivePolicy policy, PolicySpec.TargetTracking spec, ScalingInput input) {
    Reading reading = reading(policy, spec.metric());
    if (reading == null || stale(reading, spec, input.at())) {
      return unknown(policy, reading, spec.metric(), spec.target(), input.at());
    }
    boolean raiseOnly = !spec.scaleInEnabled();
    BigDecimal m = reading.value();
    int standing = input.standingTarget();
    if (spec.kind() == MetricKind.TOTAL) {
      int needed = ceiling(m, 1, spec.target());
      String rule = "ceil(" + plain(m) + "/" + plain(spec.target()) + ")";
      return wished(
          policy, input, reading, spec.target(), raiseOnly, needed, rule, needed - standing);
    }
    BigDecimal distance = m.subtract(spec.target());
    if (distance.abs().compareTo(spec.tolerance().multiply(spec.target())) <= 0) {
      return known(
          policy,
          input,
          reading,
          spec.target(),
          raiseOnly,
          standing,
          DecisionCode.WITHIN_TOLERANCE,
          "within tolerance");
    }
    int sampled = input.ready() - input.unknown();
    int needed = ceiling(m, sampled, spec.target());
    String rule = "ceil(" + sampled + "*" + plain(m) + "/" + plain(spec.target()) + ")";
    if (distance.signum() > 0) {
      // Instances without a sample count as idle, and warming ones add nothing.
      needed = Math.max(standing, needed);
    } else {
      // Instances without a sample count as exactly at target.
      needed = Math.min(standing, needed + input.unknown());
      rule = input.unknown() == 0 ? rule : rule + "+" + input.unknown();
    }
    return wished(
        policy, input, reading, spec.target(), raiseOnly, needed, rule, distance.signum());
  }

  /** Nothing is taken away while instances that were asked for are not ready. */
  private static PolicyWish wished(
      ActivePolicy policy,
      ScalingInput input,
      Reading reading,
      BigDecimal target,
      boolean raiseOnly,
      int needed,
      String rule,
      int direction) {
    int standing = input.standingTarget();
    boolean waiting = scaleOutInProgress(input);
    int raw = needed < standing && waiting ? standing : needed;
    DecisionCode code;
    if (raw == standing && direction != 0 && waiting) {
      code = DecisionCode.SCALE_OUT_IN_PROGRESS;
    } else if (direction == 0) {
      code = DecisionCode.WITHIN_TOLERANCE;
    } else {
      code = direction > 0 ? DecisionCode.METRIC_ABOVE_TARGET : DecisionCode.METRIC_BELOW_TARGET;
    }
    return known(policy, input, reading, target, raiseOnly, raw, code, rule);
  }

  /** Fewer are ready than were asked for, and the time to wait for them is not over. */
  static boolean scaleOutInProgress(ScalingInput input) {
    if (input.ready() >= input.standingTarget()) {
      return false;
    }
    LastScale last = input.lastScale();
    return last == null
        || input.at().isBefore(last.at().plusSeconds(input.behavior().convergeTimeoutSeconds()));
  }

  // --- step --------------------------------------------------------------------------------------

  private static PolicyWish step(ActivePolicy policy, PolicySpec.Step spec, ScalingInput input) {
    Reading reading = reading(policy, spec.metric());
    if (reading == null || reading.points().isEmpty() || stale(reading, spec, input.at())) {
      return unknown(policy, reading, spec.metric(), spec.threshold(), input.at());
    }
    List<BigDecimal> points = lastOf(reading.points(), spec.ofPoints());
    StepBound step = step(spec, points);
    if (step == null) {
      return known(
          policy,
          input,
          reading,
          spec.threshold(),
          false,
          input.standingTarget(),
          DecisionCode.WITHIN_TOLERANCE,
          "fewer than " + spec.breachPoints() + " of " + spec.ofPoints() + " points beyond");
    }
    int change = change(spec, step, input.ready());
    int raw = steppedTo(input, step, change);
    String rule = input.ready() + (change < 0 ? "-" + -change : "+" + change);
    return wished(
        policy,
        input,
        reading,
        spec.threshold(),
        false,
        raw,
        rule,
        change == 0 ? 0 : step.above() ? 1 : -1);
  }

  /** From the ready instances, so that a standing wish is not doubled. */
  private static int steppedTo(ScalingInput input, StepBound step, int change) {
    if (change == 0) {
      return input.standingTarget();
    }
    int stepped = Math.max(0, input.ready() + change);
    return step.above()
        ? Math.max(input.standingTarget(), stepped)
        : Math.min(input.standingTarget(), stepped);
  }

  private static @Nullable StepBound step(PolicySpec.Step spec, List<BigDecimal> points) {
    int above = 0;
    int below = 0;
    StepBound up = null;
    StepBound down = null;
    for (BigDecimal point : points) {
      BigDecimal distance = point.subtract(spec.threshold());
      StepBound higher = distance.signum() >= 0 ? find(spec.steps(), distance, true) : null;
      StepBound lower = distance.signum() <= 0 ? find(spec.steps(), distance, false) : null;
      if (higher != null) {
        above++;
        up = higher;
      }
      if (lower != null) {
        below++;
        down = lower;
      }
    }
    if (above >= spec.breachPoints()) {
      return up;
    }
    return below >= spec.breachPoints() ? down : null;
  }

  private static @Nullable StepBound find(
      List<StepBound> steps, BigDecimal distance, boolean above) {
    for (StepBound step : steps) {
      if (step.above() == above && within(step, distance, above)) {
        return step;
      }
    }
    return null;
  }

  private static boolean within(StepBound step, BigDecimal distance, boolean above) {
    int low = step.lower() == null ? 1 : distance.compareTo(step.lower());
    int high = step.upper() == null ? -1 : distance.compareTo(step.upper());
    return above ? low >= 0 && high < 0 : low > 0 && high <= 0;
  }

  /** Percent: above 1 rounded down, 0 to 1 is 1, -1 to 0 is -1, below -1 toward zero. */
  static int change(PolicySpec.Step spec, StepBound step, int instances) {
    int adjustment = step.adjustment();
    if (spec.adjustmentType() == AdjustmentType.CHANGE || adjustment == 0 || instances == 0) {
      return spec.adjustmentType() == AdjustmentType.CHANGE ? adjustment : 0;
    }
    int whole = (int) ((long) instances * adjustment / 100);
    int least = spec.minAdjustment() == null ? 1 : spec.minAdjustment();
    return adjustment > 0 ? Math.max(whole, least) : Math.min(whole, -least);
  }

  // --- threshold ---------------------------------------------------------------------------------

  private static PolicyWish threshold(
      ActivePolicy policy, PolicySpec.Threshold spec, ScalingInput input) {
    Reading decider = null;
    BigDecimal limit = null;
    boolean idle = true;
    boolean missing = false;
    Reading old = null;
    for (String metric : spec.metrics()) {
      Reading reading = reading(policy, metric);
      BigDecimal threshold = threshold(spec, metric);
      if (reading == null || stale(reading, spec, input.at())) {
        missing = true;
        old = reading == null ? old : reading;
        continue;
      }
      if (reading.value().compareTo(threshold) > 0) {
        return wished(
            policy,
            input,
            reading,
            threshold,
            false,
            Math.max(input.standingTarget(), input.ready() + 1),
            input.ready() + "+1",
            1);
      }
      idle &= reading.value().compareTo(threshold.multiply(HALF)) < 0;
      decider = decider == null ? reading : decider;
      limit = limit == null ? threshold : limit;
    }
    if (missing || decider == null || limit == null) {
      return unknown(
          policy,
          old,
          spec.metrics().getFirst(),
          threshold(spec, spec.metrics().getFirst()),
          input.at());
    }
    if (!idle) {
      return known(
          policy,
          input,
          decider,
          limit,
          false,
          input.standingTarget(),
          DecisionCode.WITHIN_TOLERANCE,
          "neither above a threshold nor all below half");
    }
    return wished(
        policy,
        input,
        decider,
        limit,
        false,
        Math.min(input.standingTarget(), Math.max(0, input.ready() - 1)),
        input.ready() + "-1",
        -1);
  }

  private static BigDecimal threshold(PolicySpec.Threshold spec, String metric) {
    BigDecimal threshold =
        metric.equals(PolicySpec.Threshold.CPU) ? spec.cpuThreshold() : spec.ramThreshold();
    if (threshold == null) {
      throw new IllegalArgumentException(metric);
    }
    return threshold;
  }

  // --- seasonal ----------------------------------------------------------------------------------

  private static PolicyWish seasonal(
      ActivePolicy policy, PolicySpec.Seasonal spec, ScalingInput input) {
    Forecast forecast = policy.forecast();
    if (forecast == null) {
      return new PolicyWish(
          policy,
          State.SILENT,
          0,
          DecisionCode.NO_METRICS,
          true,
          spec.metric(),
          null,
          spec.target(),
          0,
          NO_AGE,
          "no forecast: less than 24 h of history");
    }
    BigDecimal demand = forecast.peakDemand().multiply(forecast.correction());
    int raw = ceiling(demand, 1, spec.target());
    return new PolicyWish(
        policy,
        State.KNOWN,
        raw,
        DecisionCode.FORECAST,
        true,
        spec.metric(),
        demand,
        spec.target(),
        forecast.slots(),
        NO_AGE,
        "ceil("
            + plain(forecast.peakDemand())
            + "*"
            + plain(forecast.correction())
            + "/"
            + plain(spec.target())
            + ")");
  }

  /** It may take part in a decision at all. */
  boolean takesPart() {
    return !(policy.spec() instanceof PolicySpec.Seasonal seasonal
        && seasonal.mode() == ForecastMode.FORECAST_ONLY);
  }

  // --- which value would give another wish -------------------------------------------------------

  /**
   * Where the metric's value gives another wish.
   *
   * @param operator between metric and value: {@code >}, {@code >=}, {@code <}, {@code <=}
   * @param raw the wish just beyond it
   */
  record Crossing(String operator, BigDecimal value, int raw) {}

  /** The smallest value from which the wish is at least so many; null: none, or none is known. */
  @Nullable Crossing upTo(int wish, ScalingInput input) {
    if (!known()) {
      return null;
    }
    return switch (policy.spec()) {
      case PolicySpec.TargetTracking spec -> {
        boolean total = spec.kind() == MetricKind.TOTAL;
        int sampled = total ? 1 : input.ready() - input.unknown();
        if (sampled == 0) {
          yield null;
        }
        BigDecimal exact = quotient(wish - 1, spec.target(), sampled, RoundingMode.CEILING);
        BigDecimal value =
            total ? exact : exact.max(spec.target().add(spec.tolerance().multiply(spec.target())));
        int beyond = floor(value, sampled, spec.target()) + 1;
        yield new Crossing(">", value, total ? beyond : Math.max(input.standingTarget(), beyond));
      }
      case PolicySpec.Step spec -> stepUp(spec, wish, input);
      case PolicySpec.Threshold spec -> {
        int up = Math.max(input.standingTarget(), input.ready() + 1);
        yield up < wish || metric == null ? null : new Crossing(">", threshold(spec, metric), up);
      }
      case PolicySpec.Seasonal spec -> null;
    };
  }

  /** The largest value from which the wish is at most so many; null: none, or none is known. */
  @Nullable Crossing downTo(int wish, ScalingInput input) {
    if (!known() || scaleOutInProgress(input)) {
      return null;
    }
    return switch (policy.spec()) {
      case PolicySpec.TargetTracking spec -> {
        boolean total = spec.kind() == MetricKind.TOTAL;
        int sampled = total ? 1 : input.ready() - input.unknown();
        int unknown = total ? 0 : input.unknown();
        if (sampled == 0 || wish < unknown) {
          yield null;
        }
        BigDecimal exact = quotient(wish - unknown, spec.target(), sampled, RoundingMode.FLOOR);
        BigDecimal edge = spec.target().subtract(spec.tolerance().multiply(spec.target()));
        boolean byBand = !total && exact.compareTo(edge) >= 0;
        BigDecimal value = byBand ? edge : exact;
        int beyond =
            Math.min(input.standingTarget(), ceiling(value, sampled, spec.target()) + unknown);
        yield new Crossing(byBand ? "<" : "<=", value, beyond);
      }
      case PolicySpec.Step spec -> stepDown(spec, wish, input);
      case PolicySpec.Threshold spec -> {
        int down = Math.min(input.standingTarget(), Math.max(0, input.ready() - 1));
        yield down > wish || metric == null || !othersIdle(spec, input)
            ? null
            : new Crossing("<", threshold(spec, metric).multiply(HALF), down);
      }
      case PolicySpec.Seasonal spec -> null;
    };
  }

  /** Values that keep the standing target; null: they have no such range. */
  @Nullable String holdRange() {
    if (!known()
        || !(policy.spec() instanceof PolicySpec.TargetTracking spec)
        || spec.kind() == MetricKind.TOTAL) {
      return null;
    }
    BigDecimal band = spec.tolerance().multiply(spec.target());
    return Decimals.measured(spec.target().subtract(band)).toPlainString()
        + " <= "
        + spec.metric()
        + " <= "
        + Decimals.measured(spec.target().add(band)).toPlainString();
  }

  private boolean othersIdle(PolicySpec.Threshold spec, ScalingInput input) {
    for (String other : spec.metrics()) {
      Reading reading = reading(policy, other);
      if (!other.equals(metric)
          && (reading == null
              || stale(reading, spec, input.at())
              || reading.value().compareTo(threshold(spec, other).multiply(HALF)) >= 0)) {
        return false;
      }
    }
    return true;
  }

  /** With the newest point at the edge of a step, and the others as they are. */
  private @Nullable Crossing stepUp(PolicySpec.Step spec, int wish, ScalingInput input) {
    for (StepBound step : spec.steps()) {
      if (step.above() && step.lower() != null) {
        BigDecimal value = spec.threshold().add(step.lower());
        int raw = steppedWith(spec, value, input);
        if (raw >= wish) {
          return new Crossing(">=", value, raw);
        }
      }
    }
    return null;
  }

  private @Nullable Crossing stepDown(PolicySpec.Step spec, int wish, ScalingInput input) {
    for (StepBound step : spec.steps().reversed()) {
      if (!step.above() && step.upper() != null) {
        BigDecimal value = spec.threshold().add(step.upper());
        int raw = steppedWith(spec, value, input);
        if (raw <= wish) {
          return new Crossing("<=", value, raw);
        }
        // A point at the threshold itself is on both sides, and the upper goes first.
        int below = steppedWith(spec, value.subtract(JUST_BELOW), input);
        if (below <= wish) {
          return new Crossing("<", value, below);
        }
      }
    }
    return null;
  }

  private int steppedWith(PolicySpec.Step spec, BigDecimal newest, ScalingInput input) {
    Reading reading = policy.readings().getFirst();
    var points = new ArrayList<>(lastOf(reading.points(), spec.ofPoints()));
    points.set(points.size() - 1, newest);
    StepBound step = step(spec, points);
    if (step == null) {
      return input.standingTarget();
    }
    int raw = steppedTo(input, step, change(spec, step, input.ready()));
    return raw < input.standingTarget() && scaleOutInProgress(input) ? input.standingTarget() : raw;
  }

  // --- arithmetic --------------------------------------------------------------------------------

  /** ⌈n·m/T⌉, at least 0. */
  static int ceiling(BigDecimal m, int n, BigDecimal target) {
    return whole(m, n, target, RoundingMode.CEILING);
  }

  private static int floor(BigDecimal m, int n, BigDecimal target) {
    return whole(m, n, target, RoundingMode.FLOOR);
  }

  private static int whole(BigDecimal m, int n, BigDecimal target, RoundingMode rounding) {
    if (m.signum() <= 0 || n == 0) {
      return 0;
    }
    BigDecimal product = n == 1 ? m : m.multiply(BigDecimal.valueOf(n));
    if (product.compareTo(MOST_DECIMAL.multiply(target)) >= 0) {
      return MOST;
    }
    return product.divide(target, 0, rounding).intValue();
  }

  /** wish·T/n, in so many digits that it can be written down. */
  private static BigDecimal quotient(int wish, BigDecimal target, int n, RoundingMode rounding) {
    BigDecimal product = target.multiply(BigDecimal.valueOf(wish));
    return n == 1
        ? product
        : product.divide(BigDecimal.valueOf(n), Math.max(STATED_DIGITS, product.scale()), rounding);
  }

  static String plain(BigDecimal number) {
    return Decimals.tidy(number).toPlainString();
  }

  private static List<BigDecimal> lastOf(List<BigDecimal> points, int count) {
    return points.subList(Math.max(0, points.size() - count), points.size());
  }

  private static @Nullable Reading reading(ActivePolicy policy, String metric) {
    for (Reading reading : policy.readings()) {
      if (reading.metric().equals(metric)) {
        return reading;
      }
    }
    return null;
  }

  private static boolean stale(Reading reading, PolicySpec spec, Instant at) {
    return age(reading, at) > spec.maxAgeSeconds();
  }

  private static long age(Reading reading, Instant at) {
    return Math.max(0, at.getEpochSecond() - reading.at().getEpochSecond());
  }

  private static PolicyWish known(
      ActivePolicy policy,
      ScalingInput input,
      Reading reading,
      BigDecimal target,
      boolean raiseOnly,
      int raw,
      DecisionCode code,
      String rule) {
    return new PolicyWish(
        policy,
        State.KNOWN,
        raw,
        code,
        raiseOnly,
        reading.metric(),
        reading.value(),
        target,
        reading.samples(),
        age(reading, input.at()),
        rule);
  }

  private static PolicyWish unknown(
      ActivePolicy policy, @Nullable Reading old, String metric, BigDecimal target, Instant at) {
    return new PolicyWish(
        policy,
        State.UNKNOWN,
        0,
        old == null ? DecisionCode.NO_METRICS : DecisionCode.METRICS_STALE,
        false,
        metric,
        null,
        target,
        old == null ? 0 : old.samples(),
        old == null ? NO_AGE : age(old, at),
        old == null ? "no sample" : "the newest sample is too old");
  }
}
