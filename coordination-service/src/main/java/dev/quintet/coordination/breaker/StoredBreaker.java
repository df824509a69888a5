package dev.quintet.coordination.breaker;

import dev.quintet.common.api.coordination.Breaker;
import dev.quintet.common.api.coordination.BreakerConfig;
import dev.quintet.common.api.coordination.BreakerConfigRequest;
import dev.quintet.common.api.coordination.BreakerOverride;
import dev.quintet.common.api.coordination.BreakerState;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A breaker as PostgreSQL has it, in the words of coordination.breaker_view.
 *
 * @param retryAfterMs as of the moment of reading
 * @param override only one that is in force
 * @param config what it was given, without defaults
 */
record StoredBreaker(
    String serviceName,
    BreakerState state,
    long version,
    long failureCount,
    @Nullable Instant lastFailureTime,
    @Nullable Instant lastSuccessTime,
    Instant lastStateChange,
    @Nullable Instant openUntil,
    long reopened,
    @Nullable BreakerOverride override,
    @Nullable Instant overrideUntil,
    @Nullable String overrideReason,
    Instant since,
    @Nullable Long retryAfterMs,
    BreakerConfigRequest config,
    long settingsVersion) {

  BreakerConfig effective() {
    return BreakerDefaults.with(serviceName, config);
  }

  /** For anybody. */
  Breaker open() {
    return new Breaker(
        serviceName,
        state,
        lastStateChange,
        since,
        retryAfterMs,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null);
  }

  /** For a caller with a role. {@code counts} null: they were not asked for, or not to be had. */
  Breaker full(@Nullable Counts counts, boolean degraded) {
    return new Breaker(
        serviceName,
        state,
        lastStateChange,
        since,
        retryAfterMs,
        version,
        counts == null ? failureCount : counts.failures(),
        counts == null ? null : counts.volume(),
        counts == null ? null : counts.slow(),
        counts == null ? null : counts.successes(),
        counts == null ? null : counts.probes(),
        counts == null ? null : counts.reporters(),
        counts == null || counts.lastFailure() == null ? lastFailureTime : counts.lastFailure(),
        counts == null || counts.lastSuccess() == null ? lastSuccessTime : counts.lastSuccess(),
        openUntil,
        override,
        overrideUntil,
        overrideReason,
        effective(),
        settingsVersion,
        degraded ? true : null);
  }
}
