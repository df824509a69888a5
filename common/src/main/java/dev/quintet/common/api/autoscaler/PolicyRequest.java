package dev.quintet.common.api.autoscaler;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.quintet.common.api.autoscaler.PolicySpec.StepBound;
import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import java.math.BigDecimal;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes or replaces a policy. {@code type} says which of the settings it has; one of another type
 * is refused. Defaults are those of {@link PolicySpec}.
 *
 * @param name one of its kind in its pool; spaces around it do not count
 * @param dryRun default true: it is computed and shown, and nothing follows it
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PolicyRequest(
    @InvalidAs("invalid_name") @Nullable String name,
    @InvalidAs("policy_invalid") @Nullable PolicyType type,
    @InvalidAs("policy_invalid") @Nullable Boolean dryRun,
    @InvalidAs("policy_invalid") @Nullable String metric,
    @InvalidAs("policy_invalid") @Nullable MetricKind kind,
    @InvalidAs("policy_invalid") @Nullable Statistic statistic,
    @InvalidAs("policy_invalid") @Nullable Integer windowSeconds,
    @InvalidAs("policy_invalid") @Nullable Integer maxAgeSeconds,
    @InvalidAs("policy_invalid") @Nullable BigDecimal target,
    @InvalidAs("policy_invalid") @Nullable BigDecimal tolerance,
    @InvalidAs("policy_invalid") @Nullable Boolean scaleInEnabled,
    @InvalidAs("policy_invalid") @Nullable BigDecimal threshold,
    @InvalidAs("policy_invalid") @Nullable Integer breachPoints,
    @InvalidAs("policy_invalid") @Nullable Integer ofPoints,
    @InvalidAs("policy_invalid") @Nullable AdjustmentType adjustmentType,
    @InvalidAs("policy_invalid") @Nullable List<StepBound> steps,
    @InvalidAs("policy_invalid") @Nullable Integer minAdjustment,
    @InvalidAs("policy_invalid") @Nullable BigDecimal cpuThreshold,
    @InvalidAs("policy_invalid") @Nullable BigDecimal ramThreshold,
    @InvalidAs("policy_invalid") @Nullable Integer weeks,
    @InvalidAs("policy_invalid") @Nullable BigDecimal quantile,
    @InvalidAs("policy_invalid") @Nullable Integer leadSeconds,
    @InvalidAs("policy_invalid") @Nullable ForecastMode mode) {
  private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

  public PolicyRequest {
    name = name == null ? null : name.strip();
    var violations = new Violations();
    violations.check(
        name != null && !name.isEmpty() && name.length() <= 255 && !CONTROL.matcher(name).find(),
        AutoscalerProblem.INVALID_NAME,
        "/name",
        "must be 1 to 255 characters without control characters");
    violations.required(type, "/type");
    if (type != null) {
      boolean tracking = type == PolicyType.TARGET_TRACKING;
      boolean step = type == PolicyType.STEP;
      boolean threshold1 = type == PolicyType.THRESHOLD;
      boolean seasonal = type == PolicyType.SEASONAL;
      only(violations, !threshold1, metric, type, "metric");
      only(violations, tracking, kind, type, "kind");
      only(violations, tracking || seasonal, target, type, "target");
      only(violations, tracking, tolerance, type, "tolerance");
      only(violations, tracking, scaleInEnabled, type, "scale_in_enabled");
      only(violations, step, threshold, type, "threshold");
      only(violations, step, breachPoints, type, "breach_points");
      only(violations, step, ofPoints, type, "of_points");
      only(violations, step, adjustmentType, type, "adjustment_type");
      only(violations, step, steps, type, "steps");
      only(violations, step, minAdjustment, type, "min_adjustment");
      only(violations, threshold1, cpuThreshold, type, "cpu_threshold");
      only(violations, threshold1, ramThreshold, type, "ram_threshold");
      only(violations, seasonal, weeks, type, "weeks");
      only(violations, seasonal, quantile, type, "quantile");
      only(violations, seasonal, leadSeconds, type, "lead_seconds");
      only(violations, seasonal, mode, type, "mode");
      try {
        PolicySpec unused =
            spec(
                type,
                metric,
                kind,
                statistic,
                windowSeconds,
                maxAgeSeconds,
                target,
                tolerance,
                scaleInEnabled,
                threshold,
                breachPoints,
                ofPoints,
                adjustmentType,
                steps,
                minAdjustment,
                cpuThreshold,
                ramThreshold,
                weeks,
                quantile,
                leadSeconds,
                mode);
      } catch (ProblemException refused) {
        violations.addAll(refused, "");
      }
    }
    violations.orThrow();
    dryRun = dryRun == null || dryRun;
  }

  /** The settings, with every default filled in. */
  public PolicySpec spec() {
    return spec(
        type,
        metric,
        kind,
        statistic,
        windowSeconds,
        maxAgeSeconds,
        target,
        tolerance,
        scaleInEnabled,
        threshold,
        breachPoints,
        ofPoints,
        adjustmentType,
        steps,
        minAdjustment,
        cpuThreshold,
        ramThreshold,
        weeks,
        quantile,
        leadSeconds,
        mode);
  }

  /** The records fill in what is missing and refuse what must not be. */
  @SuppressWarnings("NullAway")
  private static PolicySpec spec(
      @Nullable PolicyType type,
      @Nullable String metric,
      @Nullable MetricKind kind,
      @Nullable Statistic statistic,
      @Nullable Integer windowSeconds,
      @Nullable Integer maxAgeSeconds,
      @Nullable BigDecimal target,
      @Nullable BigDecimal tolerance,
      @Nullable Boolean scaleInEnabled,
      @Nullable BigDecimal threshold,
      @Nullable Integer breachPoints,
      @Nullable Integer ofPoints,
      @Nullable AdjustmentType adjustmentType,
      @Nullable List<StepBound> steps,
      @Nullable Integer minAdjustment,
      @Nullable BigDecimal cpuThreshold,
      @Nullable BigDecimal ramThreshold,
      @Nullable Integer weeks,
      @Nullable BigDecimal quantile,
      @Nullable Integer leadSeconds,
      @Nullable ForecastMode mode) {
    return switch (type) {
      case TARGET_TRACKING ->
          new PolicySpec.TargetTracking(
              metric,
              kind,
              statistic,
              windowSeconds,
              target,
              tolerance,
              scaleInEnabled,
              maxAgeSeconds);
      case STEP ->
          new PolicySpec.Step(
              metric,
              statistic,
              windowSeconds,
              threshold,
              breachPoints,
              ofPoints,
              adjustmentType,
              steps,
              minAdjustment,
              maxAgeSeconds);
      case THRESHOLD ->
          new PolicySpec.Threshold(
              cpuThreshold, ramThreshold, statistic, windowSeconds, maxAgeSeconds);
      case SEASONAL ->
          new PolicySpec.Seasonal(
              metric,
              statistic,
              windowSeconds,
              target,
              weeks,
              quantile,
              leadSeconds,
              mode,
              maxAgeSeconds);
    };
  }

  private static void only(
      Violations violations, boolean known, @Nullable Object value, PolicyType type, String name) {
    violations.check(
        known || value == null,
        AutoscalerProblem.POLICY_INVALID,
        "/" + name,
        "is not a setting of a " + type.json() + " policy");
  }
}
