package dev.quintet.common.api.autoscaler;

import java.time.Instant;

/**
 * A metric that there is data of.
 *
 * @param series pools and nodes that have it
 * @param lastAt the hour of the newest sample
 */
public record MetricType(String metricType, String unit, long series, Instant lastAt) {}
