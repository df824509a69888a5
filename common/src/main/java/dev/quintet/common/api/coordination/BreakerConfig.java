package dev.quintet.common.api.coordination;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a circuit breaker as they are in force.
 *
 * @param failureThreshold so many failures in the window open it
 * @param failureRateThreshold or this share of the calls, above 0 up to 1; null: not looked at
 * @param slowCallMs a call that takes as long is slow; null: none is
 * @param slowRateThreshold this share of slow calls opens it too; null: not looked at
 * @param monitoringWindowMs how long an outcome counts; it is forgotten in steps of a 60th
 * @param volumeThreshold fewer outcomes in the window open nothing
 * @param resetTimeoutMs how long it stays open, give or take a tenth; doubles with each time that a
 *     probe fails
 * @param maxResetTimeoutMs the longest that it stays open
 * @param halfOpenRequests so many probes must succeed, and no more are on their way at once
 * @param probeTimeoutMs a probe that has not been reported by then is lost
 * @param minReporters so many different reporters must have seen failures; 2 or more keep one sick
 *     pod from opening it for all
 * @param fallback services to call instead, best first
 */
public record BreakerConfig(
    int failureThreshold,
    @Nullable Double failureRateThreshold,
    @Nullable Long slowCallMs,
    @Nullable Double slowRateThreshold,
    long monitoringWindowMs,
    int volumeThreshold,
    long resetTimeoutMs,
    long maxResetTimeoutMs,
    int halfOpenRequests,
    long probeTimeoutMs,
    ProbeTimeout probeTimeoutAs,
    int minReporters,
    List<String> fallback) {}
