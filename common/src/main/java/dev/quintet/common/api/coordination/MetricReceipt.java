package dev.quintet.common.api.coordination;

import java.util.List;

/**
 * What became of the metrics that were sent; the three add up to their number.
 *
 * @param accepted stored now
 * @param duplicates stored before, or twice in this batch
 * @param rejected not stored
 */
public record MetricReceipt(int accepted, int duplicates, List<Rejected> rejected) {
  /**
   * A metric that cannot be stored.
   *
   * @param index of the metric in the batch, from 0
   * @param code {@code metric_value_out_of_range}, {@code timestamp_out_of_range} or {@code
   *     invalid_metric}
   */
  public record Rejected(int index, String code) {}
}
