package dev.quintet.autoscaler.schedule;

import dev.quintet.autoscaler.schedule.ScheduleQueries.Found;
import dev.quintet.common.api.autoscaler.Schedule;
import dev.quintet.common.api.autoscaler.Schedule.Overlap;
import dev.quintet.common.api.autoscaler.SchedulePlan;
import dev.quintet.common.api.autoscaler.SchedulePreview;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows and windows as the API shows them. */
final class ScheduleViews {
  static final String CLAMPED = "target_will_be_clamped";

  private ScheduleViews() {}

  static Schedule of(Found row) {
    return of(row, null, null);
  }

  static Schedule of(Found row, @Nullable List<Overlap> overlaps, @Nullable List<String> warnings) {
    Window window = row.window();
    return new Schedule(
        row.id(),
        row.nodeId(),
        row.poolId(),
        row.name(),
        row.startTime(),
        row.endTime(),
        row.targetInstances(),
        row.isActive(),
        row.timezone(),
        row.daysOfWeek(),
        row.mode(),
        row.priority(),
        row.validFrom(),
        row.validUntil(),
        row.createdAt(),
        row.updatedAt(),
        row.version(),
        row.isActive() && window.activeAt(row.askedAt()),
        row.isActive() ? window.nextTransition(row.askedAt()).orElse(null) : null,
        overlaps,
        warnings);
  }

  /** A schedule that is switched off overlaps nothing. */
  static List<Overlap> overlaps(Found row, List<Found> others) {
    var overlaps = new ArrayList<Overlap>();
    if (row.isActive()) {
      Window window = row.window();
      for (Found other : others) {
        window
            .firstOverlap(other.window(), row.askedAt())
            .ifPresent(at ->
                overlaps.add(
                    new Overlap(
                        other.id(), other.name(), other.mode(), at, prevails(row, other, at))));
      }
    }
    return overlaps;
  }

  /** Two of one mode compete; others combine. */
  private static @Nullable Integer prevails(Found row, Found other, Instant at) {
    if (row.mode() != other.mode()) {
      return null;
    }
    var both = SchedulesInForce.at(List.of(row.window(), other.window()), at);
    Window winner =
        switch (row.mode()) {
          case EXACT -> both.exact();
          case FLOOR -> both.floor();
          case CEILING -> both.ceiling();
        };
    return winner == null ? null : Math.toIntExact(winner.id());
  }

  static SchedulePreview preview(Found row, Instant to) {
    var openings =
        row.window().openings(row.askedAt(), to).stream()
            .map(opening ->
                new SchedulePreview.Opening(
                    opening.day(),
                    opening.spans().stream()
                        .map(span -> new SchedulePreview.Span(span.from(), span.to()))
                        .toList(),
                    opening.nominalMinutes(),
                    opening.minutes(),
                    opening.dst().json()))
            .toList();
    return new SchedulePreview(row.id(), row.timezone(), row.askedAt(), to, openings);
  }

  static SchedulePlan plan(int pool, List<Window> windows, Instant from, Instant to) {
    var stretches =
        SchedulesInForce.plan(windows, from, to).stream()
            .map(stretch ->
                new SchedulePlan.Stretch(
                    stretch.from(),
                    stretch.to(),
                    ruling(stretch.inForce().exact()),
                    ruling(stretch.inForce().floor()),
                    ruling(stretch.inForce().ceiling()),
                    stretch.inForce().contradictory()))
            .toList();
    return new SchedulePlan(pool, from, to, stretches);
  }

  private static SchedulePlan.@Nullable Ruling ruling(@Nullable Window window) {
    return window == null
        ? null
        : new SchedulePlan.Ruling(window.id(), window.name(), window.target());
  }
}
