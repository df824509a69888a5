package dev.quintet.common.api.autoscaler;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.quintet.common.problem.Violations;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a policy turns measurements into a wish for a number of instances: the content of {@code
 * scaling_policies.spec}. What a body leaves out has the default named at the field; after
 * construction nothing is missing, and what is wrong was refused as {@code policy_invalid}.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = PolicySpec.TargetTracking.class, name = "target_tracking"),
  @JsonSubTypes.Type(value = PolicySpec.Step.class, name = "step"),
  @JsonSubTypes.Type(value = PolicySpec.Threshold.class, name = "threshold"),
  @JsonSubTypes.Type(value = PolicySpec.Seasonal.class, name = "seasonal")
})
public sealed interface PolicySpec {
  /** How old the newest sample may be; older, the policy knows nothing. */
  Integer maxAgeSeconds();

  /** How long a stretch of samples makes one value. */
  Integer windowSeconds();

  Statistic statistic();

  /** The metric types that it needs, in order. */
  List<String> metrics();

  PolicyType policyType();

  /**
   * Keeps a metric at its target.
   *
   * @param kind default {@code utilization}
   * @param statistic default {@code avg}
   * @param windowSeconds default 60, 10 to 3600
   * @param target above 0
   * @param tolerance share of the target, to both sides, in which nothing is done; default 0.1,
   *     below 1. Only for a utilisation
   * @param scaleInEnabled default true; false: this policy only raises
   * @param maxAgeSeconds default 180
   */
  record TargetTracking(
      String metric,
      MetricKind kind,
      Statistic statistic,
      Integer windowSeconds,
      BigDecimal target,
      BigDecimal tolerance,
      Boolean scaleInEnabled,
      Integer maxAgeSeconds)
      implements PolicySpec {
    private static final BigDecimal TOLERANCE = new BigDecimal("0.1");

    public TargetTracking {
      kind = Objects.requireNonNullElse(kind, MetricKind.UTILIZATION);
      statistic = Objects.requireNonNullElse(statistic, Statistic.AVG);
      windowSeconds = Objects.requireNonNullElse(windowSeconds, Rules.WINDOW_SECONDS);
      tolerance = Objects.requireNonNullElse(tolerance, TOLERANCE);
      scaleInEnabled = Objects.requireNonNullElse(scaleInEnabled, true);
      maxAgeSeconds = Objects.requireNonNullElse(maxAgeSeconds, Rules.MAX_AGE_SECONDS);
      var violations = new Violations();
      Rules.metric(violations, metric);
      Rules.positive(violations, target, "/target");
      Rules.share(violations, tolerance);
      Rules.times(violations, windowSeconds, maxAgeSeconds);
      violations.orThrow();
      target = Decimals.tidy(target);
      tolerance = Decimals.tidy(tolerance);
    }

    /** All but the target by default. */
    public static TargetTracking of(String metric, BigDecimal target) {
      return new TargetTracking(
          metric,
          MetricKind.UTILIZATION,
          Statistic.AVG,
          Rules.WINDOW_SECONDS,
          target,
          TOLERANCE,
          true,
          Rules.MAX_AGE_SECONDS);
    }

    @Override
    public List<String> metrics() {
      return List.of(metric);
    }

    @Override
    public PolicyType policyType() {
      return PolicyType.TARGET_TRACKING;
    }
  }

  /**
   * Changes by a step that depends on how far a metric is beyond a threshold.
   *
   * @param windowSeconds length of one point; default 60
   * @param breachPoints so many of the last {@code ofPoints} must be beyond; default 3
   * @param ofPoints default 3, at most 60
   * @param adjustmentType default {@code change}
   * @param steps without gaps or overlaps, relative to the threshold
   * @param minAdjustment at least so many instances, if any; only for percent
   */
  record Step(
      String metric,
      Statistic statistic,
      Integer windowSeconds,
      BigDecimal threshold,
      Integer breachPoints,
      Integer ofPoints,
      AdjustmentType adjustmentType,
      List<StepBound> steps,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Integer minAdjustment,
      Integer maxAgeSeconds)
      implements PolicySpec {
    public Step {
      statistic = Objects.requireNonNullElse(statistic, Statistic.AVG);
      windowSeconds = Objects.requireNonNullElse(windowSeconds, Rules.WINDOW_SECONDS);
      ofPoints = Objects.requireNonNullElse(ofPoints, 3);
      breachPoints = Objects.requireNonNullElse(breachPoints, Math.min(3, ofPoints));
      adjustmentType = Objects.requireNonNullElse(adjustmentType, AdjustmentType.CHANGE);
      maxAgeSeconds = Objects.requireNonNullElse(maxAgeSeconds, Rules.MAX_AGE_SECONDS);
      var violations = new Violations();
      Rules.metric(violations, metric);
      Rules.number(violations, threshold, "/threshold");
      Rules.times(violations, windowSeconds, maxAgeSeconds);
      Rules.between(violations, ofPoints, 1, 60, "/of_points");
      Rules.between(violations, breachPoints, 1, ofPoints, "/breach_points");
      violations.check(
          minAdjustment == null || adjustmentType == AdjustmentType.PERCENT,
          AutoscalerProblem.POLICY_INVALID,
          "/min_adjustment",
          "is only for adjustment_type percent");
      if (minAdjustment != null) {
        Rules.between(violations, minAdjustment, 1, 1000, "/min_adjustment");
      }
      Rules.steps(violations, steps);
      violations.orThrow();
      threshold = Decimals.tidy(threshold);
      steps = List.copyOf(steps);
    }

    @Override
    public List<String> metrics() {
      return List.of(metric);
    }

    @Override
    public PolicyType policyType() {
      return PolicyType.STEP;
    }
  }

  /**
   * One step. Above the threshold its lower bound belongs to it and the adjustment is 0 or more;
   * below, the upper bound belongs to it and the adjustment is 0 or less.
   *
   * @param lower relative to the threshold; null: everything below
   * @param upper relative to the threshold; null: everything above
   */
  record StepBound(@Nullable BigDecimal lower, @Nullable BigDecimal upper, Integer adjustment) {
    public StepBound {
      var violations = new Violations();
      violations.check(
          lower != null || upper != null,
          AutoscalerProblem.POLICY_INVALID,
          "",
          "needs a lower or an upper bound");
      Rules.optionalNumber(violations, lower, "/lower");
      Rules.optionalNumber(violations, upper, "/upper");
      violations.check(
          lower == null || upper == null || lower.compareTo(upper) < 0,
          AutoscalerProblem.POLICY_INVALID,
          "/upper",
          "must be above lower");
      violations.required(adjustment, "/adjustment");
      if (adjustment != null) {
        Rules.between(violations, adjustment, -1000, 1000, "/adjustment");
      }
      violations.orThrow();
      lower = lower == null ? null : Decimals.tidy(lower);
      upper = upper == null ? null : Decimals.tidy(upper);
    }

    public boolean above() {
      return lower != null && lower.signum() >= 0;
    }
  }

  /**
   * One instance more if either is above its threshold; one less if all are below half of theirs.
   *
   * @param cpuThreshold of the metric {@code cpu}; null: not looked at
   * @param ramThreshold of the metric {@code memory}; null: not looked at
   */
  record Threshold(
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable BigDecimal cpuThreshold,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable BigDecimal ramThreshold,
      Statistic statistic,
      Integer windowSeconds,
      Integer maxAgeSeconds)
      implements PolicySpec {
    public static final String CPU = "cpu";
    public static final String MEMORY = "memory";

    public Threshold {
      statistic = Objects.requireNonNullElse(statistic, Statistic.AVG);
      windowSeconds = Objects.requireNonNullElse(windowSeconds, Rules.WINDOW_SECONDS);
      maxAgeSeconds = Objects.requireNonNullElse(maxAgeSeconds, Rules.MAX_AGE_SECONDS);
      var violations = new Violations();
      violations.check(
          cpuThreshold != null || ramThreshold != null,
          AutoscalerProblem.POLICY_INVALID,
          "/cpu_threshold",
          "or ram_threshold is required");
      if (cpuThreshold != null) {
        Rules.positive(violations, cpuThreshold, "/cpu_threshold");
      }
      if (ramThreshold != null) {
        Rules.positive(violations, ramThreshold, "/ram_threshold");
      }
      Rules.times(violations, windowSeconds, maxAgeSeconds);
      violations.orThrow();
      cpuThreshold = cpuThreshold == null ? null : Decimals.tidy(cpuThreshold);
      ramThreshold = ramThreshold == null ? null : Decimals.tidy(ramThreshold);
    }

    @Override
    public List<String> metrics() {
      var metrics = new ArrayList<String>(2);
      if (cpuThreshold != null) {
        metrics.add(CPU);
      }
      if (ramThreshold != null) {
        metrics.add(MEMORY);
      }
      return metrics;
    }

    @Override
    public PolicyType policyType() {
      return PolicyType.THRESHOLD;
    }
  }

  /**
   * Raises ahead of a demand that comes back daily or weekly; never lowers.
   *
   * @param target utilisation at which the forecast demand is to be carried; above 0
   * @param weeks how many it looks back; default 2, 1 to 8
   * @param quantile of the demands seen in a slot; default 1, the highest
   * @param leadSeconds how far it looks ahead; default 600, at most 3600
   * @param mode default {@code forecast_only}
   */
  record Seasonal(
      String metric,
      Statistic statistic,
      Integer windowSeconds,
      BigDecimal target,
      Integer weeks,
      BigDecimal quantile,
      Integer leadSeconds,
      ForecastMode mode,
      Integer maxAgeSeconds)
      implements PolicySpec {
    public Seasonal {
      statistic = Objects.requireNonNullElse(statistic, Statistic.AVG);
      windowSeconds = Objects.requireNonNullElse(windowSeconds, Rules.WINDOW_SECONDS);
      weeks = Objects.requireNonNullElse(weeks, 2);
      quantile = Objects.requireNonNullElse(quantile, BigDecimal.ONE);
      leadSeconds = Objects.requireNonNullElse(leadSeconds, 600);
      mode = Objects.requireNonNullElse(mode, ForecastMode.FORECAST_ONLY);
      maxAgeSeconds = Objects.requireNonNullElse(maxAgeSeconds, Rules.MAX_AGE_SECONDS);
      var violations = new Violations();
      Rules.metric(violations, metric);
      Rules.positive(violations, target, "/target");
      Rules.times(violations, windowSeconds, maxAgeSeconds);
      Rules.between(violations, weeks, 1, 8, "/weeks");
      Rules.between(violations, leadSeconds, 0, 3600, "/lead_seconds");
      violations.check(
          quantile.signum() > 0 && quantile.compareTo(BigDecimal.ONE) <= 0,
          AutoscalerProblem.POLICY_INVALID,
          "/quantile",
          "must be above 0 and at most 1");
      violations.orThrow();
      target = Decimals.tidy(target);
      quantile = Decimals.tidy(quantile);
    }

    @Override
    public List<String> metrics() {
      return List.of(metric);
    }

    @Override
    public PolicyType policyType() {
      return PolicyType.SEASONAL;
    }
  }

  /** What the kinds of policy share. */
  final class Rules {
    static final int WINDOW_SECONDS = 60;
    static final int MAX_AGE_SECONDS = 180;
    private static final Pattern METRIC = Pattern.compile("[A-Za-z][A-Za-z0-9_.:-]{0,99}");
    private static final BigDecimal LARGEST = new BigDecimal("1000000000000");

    private Rules() {}

    static void metric(Violations violations, @Nullable String metric) {
      violations.check(
          metric != null && METRIC.matcher(metric).matches(),
          AutoscalerProblem.POLICY_INVALID,
          "/metric",
          "must be the name of a metric type");
    }

    static void between(Violations violations, int value, int least, int most, String pointer) {
      violations.check(
          value >= least && value <= most,
          AutoscalerProblem.POLICY_INVALID,
          pointer,
          "must be " + least + " to " + most);
    }

    static void times(Violations violations, int windowSeconds, int maxAgeSeconds) {
      between(violations, windowSeconds, 10, 3600, "/window_seconds");
      between(violations, maxAgeSeconds, 10, 86_400, "/max_age_seconds");
    }

    static void positive(Violations violations, @Nullable BigDecimal value, String pointer) {
      violations.check(
          value != null && value.signum() > 0 && reasonable(value),
          AutoscalerProblem.POLICY_INVALID,
          pointer,
          "must be above 0 and at most 1e12, with at most 9 decimals");
    }

    static void number(Violations violations, @Nullable BigDecimal value, String pointer) {
      violations.check(
          value != null && reasonable(value),
          AutoscalerProblem.POLICY_INVALID,
          pointer,
          "must be between -1e12 and 1e12, with at most 9 decimals");
    }

    static void optionalNumber(Violations violations, @Nullable BigDecimal value, String pointer) {
      if (value != null) {
        number(violations, value, pointer);
      }
    }

    /** Checked by its digits first: a number such as 1e999999999 must not be unfolded. */
    private static boolean reasonable(BigDecimal value) {
      return Math.abs((long) value.scale()) <= 400
          && value.abs().compareTo(LARGEST) <= 0
          && value.stripTrailingZeros().scale() <= 9;
    }

    static void share(Violations violations, BigDecimal tolerance) {
      violations.check(
          tolerance.signum() >= 0
              && reasonable(tolerance)
              && tolerance.compareTo(BigDecimal.ONE) < 0,
          AutoscalerProblem.POLICY_INVALID,
          "/tolerance",
          "must be 0 or more and below 1");
    }

    /**
     * Above: from 0 up without end. Below: from 0 down without end. On either side the larger
     * distance never asks for less.
     */
    static void steps(Violations violations, @Nullable List<StepBound> steps) {
      if (steps == null
          || steps.isEmpty()
          || steps.size() > 40
          || steps.stream().anyMatch(Objects::isNull)) {
        violations.add(AutoscalerProblem.POLICY_INVALID, "/steps", "must be 1 to 40 steps");
        return;
      }
      BigDecimal edge = null;
      boolean open = false;
      int last = Integer.MIN_VALUE;
      for (int i = 0; i < steps.size(); i++) {
        StepBound step = steps.get(i);
        String at = "/steps/" + i;
        boolean above = step.above();
        BigDecimal lower = step.lower();
        BigDecimal upper = step.upper();
        if (!above && (upper == null || upper.signum() > 0)) {
          violations.add(
              AutoscalerProblem.POLICY_INVALID,
              at,
              "step " + i + " must not reach over the threshold");
          return;
        }
        boolean first = i == 0;
        boolean crossing = !first && above && !steps.get(i - 1).above();
        if (above && (first || crossing)) {
          check(violations, lower != null && lower.signum() == 0, at, i, "must begin at 0");
        }
        if (!above && first) {
          check(violations, lower == null, at, i, "must have no lower bound");
        }
        if (crossing) {
          check(
              violations,
              edge != null && edge.signum() == 0,
              "/steps/" + (i - 1),
              i - 1,
              "must end at 0");
        } else if (!first) {
          check(
              violations,
              lower != null && edge != null && !open && lower.compareTo(edge) == 0,
              at,
              i,
              "must begin where the step before it ends");
        }
        if (!above && i == steps.size() - 1) {
          check(violations, upper != null && upper.signum() == 0, at, i, "must end at 0");
        }
        if (above && i == steps.size() - 1) {
          check(violations, upper == null, at, i, "must have no upper bound");
        }
        int adjustment = step.adjustment();
        check(
            violations,
            above ? adjustment >= 0 : adjustment <= 0,
            at + "/adjustment",
            i,
            above ? "must not take away" : "must not add");
        check(
            violations,
            adjustment >= last,
            at + "/adjustment",
            i,
            "must not ask for less than a step before it");
        last = adjustment;
        edge = upper;
        open = upper == null;
      }
    }

    private static void check(
        Violations violations, boolean holds, String pointer, int step, String detail) {
      violations.check(
          holds, AutoscalerProblem.POLICY_INVALID, pointer, "step " + step + " " + detail);
    }
  }
}
