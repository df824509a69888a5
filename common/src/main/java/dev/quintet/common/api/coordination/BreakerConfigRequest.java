package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a circuit breaker as a whole: what is absent gets its default, as {@link
 * BreakerConfig} describes them.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record BreakerConfigRequest(
    @InvalidAs("invalid_breaker_config") @Nullable Integer failureThreshold,
    @InvalidAs("invalid_breaker_config") @Nullable Double failureRateThreshold,
    @InvalidAs("invalid_breaker_config") @Nullable Long slowCallMs,
    @InvalidAs("invalid_breaker_config") @Nullable Double slowRateThreshold,
    @InvalidAs("invalid_breaker_config") @Nullable Long monitoringWindowMs,
    @InvalidAs("invalid_breaker_config") @Nullable Integer volumeThreshold,
    @InvalidAs("invalid_breaker_config") @Nullable Long resetTimeoutMs,
    @InvalidAs("invalid_breaker_config") @Nullable Long maxResetTimeoutMs,
    @InvalidAs("invalid_breaker_config") @Nullable Integer halfOpenRequests,
    @InvalidAs("invalid_breaker_config") @Nullable Long probeTimeoutMs,
    @InvalidAs("invalid_breaker_config") @Nullable ProbeTimeout probeTimeoutAs,
    @InvalidAs("invalid_breaker_config") @Nullable Integer minReporters,
    @InvalidAs("invalid_breaker_config") @Nullable List<@Nullable String> fallback) {
  private static final long DAY_MS = 86_400_000;
  private static final int MOST_FALLBACKS = 10;

  /** All defaults. */
  public static final BreakerConfigRequest NOTHING =
      new BreakerConfigRequest(
          null, null, null, null, null, null, null, null, null, null, null, null, null);

  public BreakerConfigRequest {
    var violations = new Violations();
    within(violations, failureThreshold, 1, 1_000_000, "/failure_threshold");
    share(violations, failureRateThreshold, "/failure_rate_threshold");
    within(violations, slowCallMs, 1, DAY_MS, "/slow_call_ms");
    share(violations, slowRateThreshold, "/slow_rate_threshold");
    violations.check(
        (slowCallMs == null) == (slowRateThreshold == null),
        CoordinationProblem.INVALID_BREAKER_CONFIG,
        slowCallMs == null ? "/slow_call_ms" : "/slow_rate_threshold",
        "slow_call_ms and slow_rate_threshold go together");
    within(violations, monitoringWindowMs, 1_000, DAY_MS, "/monitoring_window_ms");
    within(violations, volumeThreshold, 1, 1_000_000, "/volume_threshold");
    within(violations, resetTimeoutMs, 100, DAY_MS, "/reset_timeout_ms");
    within(violations, maxResetTimeoutMs, 100, DAY_MS, "/max_reset_timeout_ms");
    violations.check(
        maxResetTimeoutMs == null || resetTimeoutMs == null || maxResetTimeoutMs >= resetTimeoutMs,
        CoordinationProblem.INVALID_BREAKER_CONFIG,
        "/max_reset_timeout_ms",
        "must not be less than reset_timeout_ms");
    within(violations, halfOpenRequests, 1, 100, "/half_open_requests");
    within(violations, probeTimeoutMs, 100, DAY_MS, "/probe_timeout_ms");
    within(violations, minReporters, 1, 100, "/min_reporters");
    if (fallback != null) {
      violations.check(
          fallback.size() <= MOST_FALLBACKS
              && new HashSet<>(fallback).size() == fallback.size()
              && fallback.stream().allMatch(BreakerNames::isService),
          CoordinationProblem.INVALID_BREAKER_CONFIG,
          "/fallback",
          "must be up to "
              + MOST_FALLBACKS
              + " different names of services; a name "
              + BreakerNames.SERVICE_RULE);
      fallback = fallback.stream().filter(Objects::nonNull).toList();
    }
    violations.orThrow();
  }

  private static void within(
      Violations violations, @Nullable Number value, long least, long most, String pointer) {
    violations.check(
        value == null || (value.longValue() >= least && value.longValue() <= most),
        CoordinationProblem.INVALID_BREAKER_CONFIG,
        pointer,
        "must be " + least + " to " + most);
  }

  private static void share(Violations violations, @Nullable Double value, String pointer) {
    violations.check(
        value == null || (value > 0 && value <= 1),
        CoordinationProblem.INVALID_BREAKER_CONFIG,
        pointer,
        "must be above 0 and at most 1");
  }
}
