package dev.quintet.common.api.coordination;

import java.util.List;

/** The months that metrics are kept of, or can be taken for, oldest first. */
public record MetricPartitions(List<MetricPartition> items) {
  public MetricPartitions {
    items = List.copyOf(items);
  }
}
