package dev.quintet.autoscaler.schedule;

import dev.quintet.autoscaler.schedule.Opening.Span;
import dev.quintet.common.api.autoscaler.ScheduleMode;
import dev.quintet.common.api.autoscaler.ScheduleRules;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A schedule's window by the wall clock of its zone: half-open, from {@code startMinute} to {@code
 * endMinute}, over midnight when the start is the later one. It is open at an instant if the wall
 * there shows a time within it; what a clock change repeats is open twice, and what it jumps over
 * is not open at all.
 *
 * <p>Only schedules with {@code is_active} are windows.
 *
 * @param ofPool the schedule names the pool; false: it is for each pool of the node
 * @param startMinute since local midnight, 0 to 1439
 * @param endMinute since local midnight, 0 to 1440; differs from the start
 * @param daysOfWeek the days on which it starts; bit 0 is Monday
 * @param validFrom first and last local date on which it starts; null: no such bound
 * @param target number of instances
 */
public record Window(
    long id,
    String name,
    boolean ofPool,
    int startMinute,
    int endMinute,
    ZoneId zone,
    int daysOfWeek,
    @Nullable LocalDate validFrom,
    @Nullable LocalDate validUntil,
    ScheduleMode mode,
    int priority,
    int target) {

  private static final int DAY = 86_400;
  private static final int LARGEST_OFFSET = 18 * 3600;

  /** Within it a window that changes at all does so, though a clock change may skip one week. */
  private static final int DAYS_TO_A_CHANGE = 16;

  private static final Duration OVERLAP_HORIZON = Duration.ofDays(370);

  public Window {
    if (startMinute < 0
        || startMinute >= ScheduleRules.MINUTES_PER_DAY
        || endMinute < 0
        || endMinute > ScheduleRules.MINUTES_PER_DAY
        || startMinute == endMinute) {
      throw new IllegalArgumentException("not a window: " + startMinute + " to " + endMinute);
    }
  }

  /** From a row of {@code autoscaler.schedules}; times as {@link ScheduleRules} accepts them. */
  public static Window of(
      long id,
      String name,
      boolean ofPool,
      String startTime,
      String endTime,
      String timezone,
      int daysOfWeek,
      @Nullable LocalDate validFrom,
      @Nullable LocalDate validUntil,
      ScheduleMode mode,
      int priority,
      int target) {
    return new Window(
        id,
        name,
        ofPool,
        ScheduleRules.minuteOfDay(startTime),
        ScheduleRules.minuteOfDay(endTime),
        ZoneId.of(timezone),
        daysOfWeek,
        validFrom,
        validUntil,
        mode,
        priority,
        target);
  }

  public boolean activeAt(Instant at) {
    long local = at.getEpochSecond() + zone.getRules().getOffset(at).getTotalSeconds();
    long day = Math.floorDiv(local, DAY);
    int second = Math.floorMod(local, DAY);
    if (startMinute < endMinute) {
      return second >= startMinute * 60 && second < endMinute * 60 && startsOn(day);
    }
    return (second >= startMinute * 60 && startsOn(day))
        || (second < endMinute * 60 && startsOn(day - 1));
  }

  private boolean startsOn(long epochDay) {
    // The first day of the epoch was a Thursday.
    return (daysOfWeek >> Math.floorMod(epochDay + 3, 7) & 1) == 1
        && (validFrom == null || epochDay >= validFrom.toEpochDay())
        && (validUntil == null || epochDay <= validUntil.toEpochDay());
  }

  /** The first instant after {@code after} at which it opens or closes; none: it never does. */
  public Optional<Instant> nextTransition(Instant after) {
    boolean active = activeAt(after);
    long today = Math.floorDiv(after.getEpochSecond(), DAY);
    SortedSet<Instant> boundaries = new TreeSet<>();
    addBoundaries(boundaries, today - 2, today + DAYS_TO_A_CHANGE);
    if (validFrom != null) {
      addBoundaries(
          boundaries, validFrom.toEpochDay() - 2, validFrom.toEpochDay() + DAYS_TO_A_CHANGE);
    }
    if (validUntil != null) {
      addBoundaries(boundaries, validUntil.toEpochDay() - 2, validUntil.toEpochDay() + 3);
    }
    return boundaries.tailSet(after).stream()
        .filter(at -> at.isAfter(after) && activeAt(at) != active)
        .findFirst();
  }

  /** Between two of these instants, activity cannot change. */
  private void addBoundaries(SortedSet<Instant> boundaries, long firstDay, long lastDay) {
    var rules = zone.getRules();
    for (long day = firstDay; day <= lastDay; day++) {
      for (int minute : new int[] {startMinute, endMinute}) {
        var wall = LocalDateTime.ofEpochSecond(day * DAY + minute * 60L, 0, ZoneOffset.UTC);
        for (ZoneOffset offset : rules.getValidOffsets(wall)) {
          boundaries.add(wall.toInstant(offset));
        }
      }
    }
    var end = Instant.ofEpochSecond((lastDay + 1) * DAY);
    ZoneOffsetTransition change = rules.nextTransition(Instant.ofEpochSecond(firstDay * DAY));
    while (change != null && change.getInstant().isBefore(end)) {
      boundaries.add(change.getInstant());
      change = rules.nextTransition(change.getInstant());
    }
  }

  /**
   * The openings that meet {@code [from, to)}, whole, and those in it that a clock change removes.
   */
  public List<Opening> openings(Instant from, Instant to) {
    var openings = new ArrayList<Opening>();
    long last = Math.floorDiv(to.getEpochSecond(), DAY) + 1;
    for (long day = Math.floorDiv(from.getEpochSecond(), DAY) - 2; day <= last; day++) {
      if (startsOn(day)) {
        Opening opening = opening(day);
        if (meets(opening, from, to)) {
          openings.add(opening);
        }
      }
    }
    return openings;
  }

  private boolean meets(Opening opening, Instant from, Instant to) {
    if (opening.spans().isEmpty()) {
      // In the gap: atZone moves the start behind it.
      Instant at = opening.day().atStartOfDay().plusMinutes(startMinute).atZone(zone).toInstant();
      return !at.isBefore(from) && at.isBefore(to);
    }
    return opening.spans().getFirst().from().isBefore(to)
        && opening.spans().getLast().to().isAfter(from);
  }

  private Opening opening(long day) {
    var rules = zone.getRules();
    long start = day * DAY + startMinute * 60L;
    long end = (startMinute < endMinute ? day : day + 1) * DAY + endMinute * 60L;
    var spans = new ArrayList<Span>(1);
    long from = start - LARGEST_OFFSET;
    long last = end + LARGEST_OFFSET;
    ZoneOffset offset = rules.getOffset(Instant.ofEpochSecond(from));
    // One offset after the other: under each, the window is one piece of time.
    while (from < last) {
      ZoneOffsetTransition change = rules.nextTransition(Instant.ofEpochSecond(from));
      long to = change == null ? last : Math.min(last, change.toEpochSecond());
      long opens = Math.max(from, start - offset.getTotalSeconds());
      long closes = Math.min(to, end - offset.getTotalSeconds());
      if (opens < closes) {
        add(spans, Instant.ofEpochSecond(opens), Instant.ofEpochSecond(closes));
      }
      offset = change == null ? offset : change.getOffsetAfter();
      from = to;
    }
    long nominal = (end - start) / 60;
    long minutes = spans.stream().mapToLong(span -> span.length().toMinutes()).sum();
    return new Opening(LocalDate.ofEpochDay(day), spans, nominal, minutes, mark(nominal, minutes));
  }

  private static void add(List<Span> spans, Instant from, Instant to) {
    if (!spans.isEmpty() && spans.getLast().to().equals(from)) {
      spans.set(spans.size() - 1, new Span(spans.getLast().from(), to));
    } else {
      spans.add(new Span(from, to));
    }
  }

  private static DstMark mark(long nominal, long minutes) {
    if (minutes == 0) {
      return DstMark.SKIPPED;
    }
    if (minutes == nominal) {
      return DstMark.NONE;
    }
    return minutes < nominal ? DstMark.SHORTENED : DstMark.LENGTHENED;
  }

  /**
   * The first instant from {@code from} on at which both are open; looked for through 370 days from
   * when both are valid, which holds each weekday with each clock change.
   */
  public Optional<Instant> firstOverlap(Window other, Instant from) {
    Instant start = later(later(from, validStart()), other.validStart());
    Instant end = start.plus(OVERLAP_HORIZON);
    List<Span> ours = spans(start, end);
    List<Span> theirs = other.spans(start, end);
    int i = 0;
    int j = 0;
    while (i < ours.size() && j < theirs.size()) {
      Span a = ours.get(i);
      Span b = theirs.get(j);
      Instant both = later(start, later(a.from(), b.from()));
      if (both.isBefore(a.to()) && both.isBefore(b.to())) {
        return Optional.of(both);
      }
      if (a.to().isBefore(b.to())) {
        i++;
      } else {
        j++;
      }
    }
    return Optional.empty();
  }

  private List<Span> spans(Instant from, Instant to) {
    return openings(from, to).stream()
        .flatMap(opening -> opening.spans().stream())
        .sorted(Comparator.comparing(Span::from))
        .toList();
  }

  private Instant validStart() {
    return validFrom == null ? Instant.MIN : validFrom.atStartOfDay(zone).toInstant();
  }

  private static Instant later(Instant a, Instant b) {
    return a.isAfter(b) ? a : b;
  }
}
