package dev.quintet.autoscaler.schedule;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;

/**
 * One opening of a window.
 *
 * @param day the local date on which it starts
 * @param spans when it is open, in order. Two where the clock is set back behind its end, so that
 *     the wall shows its times again; none where the clock jumps over it
 * @param nominalMinutes from start to end by the wall
 * @param minutes that it is really open
 */
public record Opening(
    LocalDate day, List<Span> spans, long nominalMinutes, long minutes, DstMark dst) {
  /** Half-open: {@code from} belongs to it, {@code to} does not. */
  public record Span(Instant from, Instant to) {
    Duration length() {
      return Duration.between(from, to);
    }
  }

  public Opening {
    spans = List.copyOf(spans);
  }
}
