package dev.quintet.common.api.autoscaler;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One value of one metric. With neither pool it is of the node itself; with both, they must be the
 * same pool.
 *
 * @param oraclePoolId of a pool of the node that sends it
 * @param poolId the same by the number that the service gave it
 * @param metricType 1 to 100 characters, such as {@code cpu}
 * @param value any finite number
 * @param unit 1 to 50 characters, such as {@code percent}
 * @param timestamp as far back as raw metrics are kept, and 5 minutes ahead at most; the moment of
 *     arrival if absent
 */
public record MetricSample(
    @Nullable String oraclePoolId,
    @Nullable Integer poolId,
    String metricType,
    double value,
    String unit,
    @Nullable Instant timestamp) {}
