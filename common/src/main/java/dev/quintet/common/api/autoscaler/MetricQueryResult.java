package dev.quintet.common.api.autoscaler;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A metric over time.
 *
 * @param from with {@code to} (exclusive) the time that is covered: as asked, or widened to whole
 *     minutes or hours where finer rows are no longer kept
 * @param source {@code raw}, {@code minutes} or {@code hours}: what the values were computed from;
 *     they are the same, but for the order in which doubles are summed
 * @param series one per unit
 */
public record MetricQueryResult(
    @Nullable Long nodeId,
    @Nullable Long poolId,
    String metricType,
    String agg,
    Instant from,
    Instant to,
    long stepSeconds,
    String source,
    List<Series> series) {

  /** Every bucket in order, the empty ones too. */
  public record Series(String unit, List<Point> points) {}

  /**
   * @param timestamp the beginning of the bucket, a multiple of the step since 1970; the first may
   *     begin before {@code from} and holds only what is not before it
   * @param value null: there is no sample in the bucket
   */
  public record Point(Instant timestamp, @Nullable Double value) {}
}
