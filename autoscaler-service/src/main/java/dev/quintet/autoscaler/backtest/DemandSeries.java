package dev.quintet.autoscaler.backtest;

import dev.quintet.common.api.autoscaler.MetricKind;
import java.util.List;

/**
 * Demand for one metric.
 *
 * @param points by time, each instant once; those before the simulated window are history for
 *     forecasts
 */
public record DemandSeries(String metric, MetricKind kind, List<DemandPoint> points) {
  public DemandSeries {
    points = List.copyOf(points);
    for (int i = 1; i < points.size(); i++) {
      if (!points.get(i - 1).at().isBefore(points.get(i).at())) {
        throw new IllegalArgumentException("points are not in order of time");
      }
    }
  }
}
