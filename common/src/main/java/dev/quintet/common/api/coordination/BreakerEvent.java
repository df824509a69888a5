package dev.quintet.common.api.coordination;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One transition of a circuit breaker.
 *
 * @param version one more than that of the transition before
 * @param cause failures, failure_rate, slow_rate, reset_timeout, probe_failed, probe_lost,
 *     probes_succeeded or reset
 * @param reporter whose request it came with
 */
public record BreakerEvent(
    String serviceName,
    BreakerState fromState,
    BreakerState toState,
    long version,
    @Nullable String cause,
    @Nullable String reporter,
    Instant at) {}
