package dev.quintet.common.api.coordination;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the values of a metric are spread.
 *
 * @param from begin of the time that was looked at; to whole minutes where rollups were
 * @param to its end, exclusive
 * @param stepSeconds width of the points; null: one point for all
 * @param method {@code exact}, from the rows; {@code rollup}, from histograms by the minute, whose
 *     percentiles are off by 1 % at most and which are a minute or two behind
 */
public record MetricPercentiles(
    String type,
    String name,
    Instant from,
    Instant to,
    @Nullable Long stepSeconds,
    String method,
    List<Series> series) {

  /**
   * The points of one group, by time; points without values are absent.
   *
   * @param group value of the dimension that was grouped by; null: without it, or no grouping
   */
  public record Series(@Nullable String group, List<Point> points) {}

  /**
   * The values between {@code at} and the next point.
   *
   * @param percentiles by name, such as {@code p95}
   */
  public record Point(
      Instant at,
      long count,
      double min,
      double max,
      double avg,
      Map<String, Double> percentiles) {}
}
