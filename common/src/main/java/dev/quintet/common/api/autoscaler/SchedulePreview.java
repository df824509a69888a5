package dev.quintet.common.api.autoscaler;

import java.time.Instant;
import java.time.LocalDate;
import java.util.List;

/**
 * The coming openings of a schedule's window, as instants.
 *
 * @param from when the preview begins
 * @param openings those that meet the span, whole, and those in it that a clock change removes
 */
public record SchedulePreview(
    int scheduleId, String timezone, Instant from, Instant to, List<Opening> openings) {

  /**
   * @param day the local date on which it starts
   * @param spans when it is open; two where the clock is set back behind its end, none where the
   *     clock jumps over it
   * @param nominalMinutes from start to end by the wall
   * @param minutes that it is really open
   * @param dst {@code none}, {@code skipped}, {@code shortened} or {@code lengthened} by a clock
   *     change
   */
  public record Opening(
      LocalDate day, List<Span> spans, long nominalMinutes, long minutes, String dst) {}

  /** Half-open: {@code from} belongs to it, {@code to} does not. */
  public record Span(Instant from, Instant to) {}
}
