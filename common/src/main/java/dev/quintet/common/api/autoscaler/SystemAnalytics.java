package dev.quintet.common.api.autoscaler;

import java.time.Instant;

/**
 * The fleet at one minute. An observation of a pool counts until the pool's next one, 10 minutes at
 * most.
 *
 * @param totalActivePools pools that say they are active
 * @param avgSystemCpu the pools' averages, each pool counting once; in percent, as the three below
 * @param maxSystemCpu of the pool with the highest
 * @param peakInstances24h the most instances that stood at one instant of the last 24 hours
 * @param intervalPeakInstances the same since the row before
 * @param activeNodes nodes that are ACTIVE and heard of lately
 * @param stale the row is older than it should be: nobody has computed a newer one
 */
public record SystemAnalytics(
    long id,
    Instant timestamp,
    int totalActivePools,
    int totalCurrentInstances,
    int totalActiveInstances,
    double avgSystemCpu,
    double avgSystemMemory,
    double maxSystemCpu,
    double maxSystemMemory,
    @com.fasterxml.jackson.annotation.JsonProperty("peak_instances_24h") int peakInstances24h,
    @com.fasterxml.jackson.annotation.JsonProperty("max_active_pools_24h") int maxActivePools24h,
    int activeNodes,
    int intervalPeakInstances,
    boolean stale) {}
