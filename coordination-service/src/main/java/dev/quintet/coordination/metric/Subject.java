package dev.quintet.coordination.metric;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * Which values a question is about, and how they are put together.
 *
 * @param to exclusive
 * @param stepSeconds null: all in one point
 * @param dimension to group by; null: not
 */
record Subject(
    String type,
    String name,
    Instant from,
    Instant to,
    @Nullable Long stepSeconds,
    @Nullable String dimension) {

  OffsetDateTime fromUtc() {
    return from.atOffset(ZoneOffset.UTC);
  }

  OffsetDateTime toUtc() {
    return to.atOffset(ZoneOffset.UTC);
  }

  /** All minutes that it touches, as rollups know whole ones only. */
  Subject toWholeMinutes() {
    Instant end = to.truncatedTo(ChronoUnit.MINUTES);
    return new Subject(
        type,
        name,
        from.truncatedTo(ChronoUnit.MINUTES),
        end.equals(to) ? to : end.plus(1, ChronoUnit.MINUTES),
        stepSeconds,
        dimension);
  }
}
