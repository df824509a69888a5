package dev.quintet.autoscaler.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.api.autoscaler.ScheduleMode;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Windows against the brief's definition, minute by minute: I36, I37 and I38. Zones with half-hour
 * changes, changes at midnight, a day that never was (Apia 2011) and none at all.
 */
class WindowProperties {
  private static final List<String> ZONES =
      List.of(
          "UTC",
          "Europe/Berlin",
          "America/New_York",
          "America/St_Johns",
          "Australia/Lord_Howe",
          "Asia/Kolkata",
          "Asia/Kathmandu",
          "Pacific/Apia",
          "Africa/Casablanca",
          "America/Havana",
          "Asia/Beirut",
          "Africa/Cairo",
          "America/Asuncion",
          "Pacific/Chatham",
          "Europe/Dublin",
          "America/Scoresbysund",
          "Antarctica/Troll",
          "Asia/Tehran",
          "Pacific/Kiritimati");

  static LongStream seeds() {
    return LongStream.concat(LongStream.range(0, 60), new Random().longs(20));
  }

  /** 2.7, word by word. */
  static boolean defined(Window window, Instant at) {
    LocalDateTime wall = at.atZone(window.zone()).toLocalDateTime();
    int w = wall.getHour() * 60 + wall.getMinute();
    LocalDate d = wall.toLocalDate();
    return window.startMinute() < window.endMinute()
        ? on(window, d) && window.startMinute() <= w && w < window.endMinute()
        : (on(window, d) && w >= window.startMinute())
            || (on(window, d.minusDays(1)) && w < window.endMinute());
  }

  private static boolean on(Window window, LocalDate day) {
    return (window.daysOfWeek() & (1 << (day.getDayOfWeek().getValue() - 1))) != 0
        && (window.validFrom() == null || !day.isBefore(window.validFrom()))
        && (window.validUntil() == null || !day.isAfter(window.validUntil()));
  }

  /** Often near a change of the zone's offset, as there is where it goes wrong. */
  private static Instant instant(Random random, ZoneId zone) {
    var at = Instant.ofEpochSecond(random.nextLong(1_262_304_000L, 2_000_000_000L) / 60 * 60);
    var change = zone.getRules().nextTransition(at);
    return change == null || random.nextInt(4) == 0
        ? at
        : change
            .getInstant()
            .minusSeconds(60L * random.nextInt(3 * 1440))
            .truncatedTo(java.time.temporal.ChronoUnit.MINUTES);
  }

  private static Window window(Random random, long id, ZoneId zone, Instant near) {
    int start = random.nextInt(3) == 0 ? 60 + random.nextInt(180) : random.nextInt(1440);
    int end =
        random.nextInt(3) == 0
            ? Math.min(1440, start + 1 + random.nextInt(90))
            : random.nextInt(1441);
    if (end == start) {
      start = 0;
      end = 1440;
    }
    LocalDate day = near.atZone(zone).toLocalDate();
    @Nullable LocalDate from = random.nextInt(4) == 0 ? day.plusDays(random.nextInt(9) - 3) : null;
    @Nullable LocalDate until =
        random.nextInt(4) == 0
            ? Objects.requireNonNullElse(from, day).plusDays(random.nextInt(6))
            : null;
    int days = random.nextInt(3) == 0 ? 127 : 1 + random.nextInt(127);
    return new Window(
        id,
        "w" + id,
        random.nextBoolean(),
        start,
        end,
        zone,
        days,
        from,
        until,
        ScheduleMode.values()[random.nextInt(3)],
        random.nextInt(3),
        random.nextInt(4));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void activityOpeningsAndTransitionsAreTheDefinitionsMinuteByMinute(long seed) {
    var random = new Random(seed);
    var zone = ZoneId.of(ZONES.get(random.nextInt(ZONES.size())));
    Instant from = instant(random, zone);
    var window = window(random, 1, zone, from);
    int minutes = 18 * 1440;
    Instant to = from.plusSeconds(60L * minutes);
    var spans = window.openings(from, to).stream().flatMap(o -> o.spans().stream()).toList();
    Optional<Instant> announced = window.nextTransition(from);
    boolean before = window.activeAt(from);
    for (int i = 0; i < minutes; i++) {
      Instant at = from.plusSeconds(60L * i);
      boolean expected = defined(window, at);
      assertThat(window.activeAt(at)).as("%s at %s", window, at).isEqualTo(expected);
      assertThat(spans.stream().anyMatch(s -> !at.isBefore(s.from()) && at.isBefore(s.to())))
          .as("%s: a span at %s", window, at)
          .isEqualTo(expected);
      if (expected != before) {
        assertThat(announced).as("%s: next change", window).contains(at);
        announced = window.nextTransition(at);
        before = expected;
      }
    }
    assertThat(announced)
        .satisfiesAnyOf(
            none -> assertThat(none).isEmpty(),
            later -> assertThat(later.orElseThrow()).isAfterOrEqualTo(to));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void oneWinnerWhateverTheOrderOfRows(long seed) {
    var random = new Random(seed);
    var zone = ZoneId.of(ZONES.get(random.nextInt(ZONES.size())));
    Instant at = instant(random, zone);
    var windows = new ArrayList<Window>();
    for (int id = 1; id <= 12; id++) {
      windows.add(window(random, id, zone, at));
    }
    for (int i = 0; i < 60; i++) {
      Instant when = at.plusSeconds(3600L * i);
      var once = SchedulesInForce.at(windows, when);
      Collections.shuffle(windows, random);
      assertThat(SchedulesInForce.at(windows, when)).isEqualTo(once);
      Window exact = once.exact();
      if (exact != null) {
        assertThat(exact.activeAt(when)).isTrue();
        assertThat(windows)
            .filteredOn(w -> w.mode() == ScheduleMode.EXACT && w.activeAt(when) && !w.equals(exact))
            .allMatch(w -> beats(exact, w));
      }
      for (int wish = 0; wish < 5; wish++) {
        Window decider = once.decider(wish);
        assertThat(once.apply(wish)).isEqualTo(decider == null ? wish : decider.target());
      }
    }
  }

  private static boolean beats(Window a, Window b) {
    if (a.ofPool() != b.ofPool()) {
      return a.ofPool();
    }
    if (a.priority() != b.priority()) {
      return a.priority() > b.priority();
    }
    return a.target() != b.target() ? a.target() > b.target() : a.id() < b.id();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void aPlanSaysForEachMinuteWhatIsInForce(long seed) {
    var random = new Random(seed);
    var zone = ZoneId.of(ZONES.get(random.nextInt(ZONES.size())));
    Instant from = instant(random, zone);
    var windows =
        List.of(
            window(random, 1, zone, from),
            window(random, 2, ZoneId.of("UTC"), from),
            window(random, 3, zone, from));
    Instant to = from.plusSeconds(3 * 86_400);
    var plan = SchedulesInForce.plan(windows, from, to);
    assertThat(plan.getFirst().from()).isEqualTo(from);
    assertThat(plan.getLast().to()).isEqualTo(to);
    int i = 0;
    for (Instant at = from; at.isBefore(to); at = at.plusSeconds(60)) {
      if (!at.isBefore(plan.get(i).to())) {
        i++;
        assertThat(plan.get(i).from()).isEqualTo(at);
      }
      assertThat(plan.get(i).inForce()).isEqualTo(SchedulesInForce.at(windows, at));
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void theFirstOverlapIsTheFirstMinuteInWhichBothAreOpen(long seed) {
    var random = new Random(seed);
    var zone = ZoneId.of(ZONES.get(random.nextInt(ZONES.size())));
    Instant from = instant(random, zone);
    var a = window(random, 1, zone, from);
    var b = window(random, 2, ZoneId.of(ZONES.get(random.nextInt(ZONES.size()))), from);
    Optional<Instant> found = a.firstOverlap(b, from);
    for (Instant at = from; at.isBefore(from.plusSeconds(12 * 86_400)); at = at.plusSeconds(60)) {
      if (a.activeAt(at) && b.activeAt(at)) {
        assertThat(found).contains(at);
        return;
      }
    }
    assertThat(found)
        .satisfiesAnyOf(
            none -> assertThat(none).isEmpty(),
            later ->
                assertThat(later.orElseThrow()).isAfterOrEqualTo(from.plusSeconds(12 * 86_400)));
  }
}
