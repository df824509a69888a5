package dev.quintet.common.api.autoscaler;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What to assume instead of what is so; what is left out stays as it is.
 *
 * @param metrics values by metric type, as if measured at that instant
 * @param policies instead of the pool's enabled ones; a dry run counts only if all are
 * @param at an instant, past or to come, at most 92 days away; left out: now
 */
public record WhatIfRequest(
    @Nullable @InvalidAs("value_not_finite") Map<String, BigDecimal> metrics,
    @Nullable @InvalidAs("policy_invalid") List<PolicyRequest> policies,
    @Nullable @InvalidAs("limits_invalid") Limits limits,
    @Nullable @InvalidAs("timestamp_out_of_range") Instant at) {
  private static final int MOST = 50;
  private static final int MOST_INSTANCES = 1_000;

  public WhatIfRequest {
    var violations = new Violations();
    violations.check(
        metrics == null
            || (metrics.size() <= MOST && metrics.values().stream().noneMatch(Objects::isNull)),
        CommonProblem.INVALID_VALUE,
        "/metrics",
        "must be at most " + MOST + " numbers");
    violations.check(
        policies == null
            || (policies.size() <= MOST && policies.stream().noneMatch(Objects::isNull)),
        AutoscalerProblem.POLICY_INVALID,
        "/policies",
        "must be at most " + MOST + " policies");
    violations.orThrow();
  }

  /** Limits of the pool, 0 to 1000. */
  public record Limits(
      @Nullable @InvalidAs("limits_invalid") Integer min,
      @Nullable @InvalidAs("limits_invalid") Integer max) {
    public Limits {
      var violations = new Violations();
      violations.required(min, "/min");
      violations.required(max, "/max");
      violations.check(
          min == null || min >= 0, AutoscalerProblem.LIMITS_INVALID, "/min", "must be 0 or more");
      violations.check(
          max == null || max <= MOST_INSTANCES,
          AutoscalerProblem.LIMITS_INVALID,
          "/max",
          "must be at most " + MOST_INSTANCES);
      violations.check(
          min == null || max == null || min <= max,
          AutoscalerProblem.LIMITS_INVALID,
          "/min",
          "must not be above max");
      violations.orThrow();
    }
  }
}
