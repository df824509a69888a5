package dev.quintet.common.api.autoscaler;

import java.util.List;
import java.util.UUID;

/**
 * What a node measured.
 *
 * @param batchId made by the node; the same one again stores nothing twice, so a node may retry
 * @param samples 5,000 at most, and the whole body 1 MiB at most (8 MiB unpacked, if it is gzip)
 */
public record MetricBatch(UUID batchId, List<MetricSample> samples) {}
