package dev.quintet.common.api.coordination;

import java.time.Instant;

/**
 * A month of metrics.
 *
 * @param to exclusive
 * @param rows as the server's statistics have them, a moment behind
 * @param bytes with indexes
 */
public record MetricPartition(String name, Instant from, Instant to, long rows, long bytes) {}
