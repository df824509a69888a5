package dev.quintet.common.api.autoscaler;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A stored sample.
 *
 * @param poolId null: of the node itself
 */
public record MetricRow(
    long id,
    int nodeId,
    @Nullable Integer poolId,
    String metricType,
    double value,
    String unit,
    Instant timestamp) {}
