package dev.quintet.autoscaler.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.api.autoscaler.ScheduleMode;
import dev.quintet.common.api.autoscaler.ScheduleRules;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WindowTest {
  private static final Instant MONDAY = Instant.parse("2026-05-04T00:00:00Z");

  private static Window window(String start, String end, String zone, int days) {
    return window(1, ScheduleMode.EXACT, start, end, zone, days);
  }

  private static Window window(
      long id, ScheduleMode mode, String start, String end, String zone, int days) {
    return Window.of(id, "w", true, start, end, zone, days, null, null, mode, 0, 5);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "9:00",
        "25:00",
        "12:60",
        "12:0",
        "",
        "12:00:00",
        "١٢:٠٠",
        "12:00\n",
        "24:00",
        "-1:00",
        "12.00"
      })
  void onlyStrictTimesStart(String time) {
    assertThat(ScheduleRules.isStart(time)).isFalse();
  }

  @Test
  void aDayMayEndAtTwentyFour() {
    assertThat(ScheduleRules.isEnd("24:00")).isTrue();
    assertThat(ScheduleRules.isEnd("24:01")).isFalse();
    assertThat(ScheduleRules.minuteOfDay("24:00")).isEqualTo(1440);
  }

  @ParameterizedTest
  @CsvSource({
    "CET+1,false",
    "Mars/Base,false",
    "UTC+1,false",
    "+01:00,false",
    "Z,false",
    "'',false",
    "Europe/Berlin,true",
    "UTC,true",
    "Asia/Kolkata,true"
  })
  void onlyIanaNamesAreZones(String name, boolean known) {
    assertThat(ScheduleRules.isZone(name)).isEqualTo(known);
  }

  @Test
  void equalTimesAreRefusedWithTheWayToSayAWholeDay() {
    var violations = new Violations();
    ScheduleRules.checkTimes(violations, "09:00", "09:00");
    ProblemException refused =
        Assertions.catchThrowableOfType(ProblemException.class, violations::orThrow);
    assertThat(refused.type().code()).isEqualTo("schedule_invalid");
    assertThat(refused.errors())
        .singleElement()
        .satisfies(error -> {
          assertThat(error.pointer()).isEqualTo("/end_time");
          assertThat(error.detail()).contains("00:00 to 24:00");
        });
  }

  @Test
  void windowsThatMeetTileTheDay() {
    var day = window("09:00", "17:00", "UTC", ScheduleRules.EVERY_DAY);
    var night = window("17:00", "09:00", "UTC", ScheduleRules.EVERY_DAY);
    for (int minute = 0; minute < 3 * 1440; minute++) {
      Instant at = MONDAY.plusSeconds(60L * minute);
      assertThat(day.activeAt(at)).isNotEqualTo(night.activeAt(at));
    }
  }

  @Test
  void anOvernightWindowBelongsToTheDayItStarts() {
    var monday = window("22:00", "06:00", "UTC", 1);
    assertThat(monday.activeAt(Instant.parse("2026-05-04T21:59:59Z"))).isFalse();
    assertThat(monday.activeAt(Instant.parse("2026-05-04T22:00:00Z"))).isTrue();
    assertThat(monday.activeAt(Instant.parse("2026-05-05T05:59:59Z"))).isTrue();
    assertThat(monday.activeAt(Instant.parse("2026-05-05T06:00:00Z"))).isFalse();
    assertThat(monday.activeAt(Instant.parse("2026-05-05T22:00:00Z"))).isFalse();
    assertThat(monday.activeAt(Instant.parse("2026-05-04T05:00:00Z"))).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "01:30,02:30,2026-03-29,30,SHORTENED",
    "01:30,02:30,2026-10-25,90,LENGTHENED",
    "02:10,02:50,2026-03-29,0,SKIPPED",
    "02:10,02:50,2026-10-25,80,LENGTHENED",
    "22:00,06:00,2026-03-28,420,SHORTENED",
    "22:00,06:00,2026-10-24,540,LENGTHENED",
    "22:00,06:00,2026-06-01,480,NONE"
  })
  void berlinsNightsOfChange(String start, String end, LocalDate day, int minutes, DstMark mark) {
    var window = window(start, end, "Europe/Berlin", ScheduleRules.EVERY_DAY);
    Instant from = day.atStartOfDay(window.zone()).toInstant();
    var openings =
        window.openings(from, from.plusSeconds(86_400)).stream()
            .filter(opening -> opening.day().equals(day))
            .toList();
    assertThat(openings)
        .singleElement()
        .satisfies(opening -> {
          assertThat(opening.minutes()).isEqualTo(minutes);
          assertThat(opening.dst()).isEqualTo(mark);
        });
    long counted =
        Stream.iterate(from, at -> at.plusSeconds(60))
            .limit(35 * 60)
            .filter(
                at -> at.isBefore(day.plusDays(1).atTime(12, 0).atZone(window.zone()).toInstant()))
            .filter(at ->
                at.atZone(window.zone()).toLocalDate().equals(day)
                    || window.startMinute() > window.endMinute())
            .filter(at ->
                !at.isBefore(
                    day.atStartOfDay(window.zone())
                        .plusMinutes(window.startMinute() > window.endMinute() ? 12 * 60 : 0)
                        .toInstant()))
            .filter(window::activeAt)
            .count();
    assertThat(counted).isEqualTo(minutes);
  }

  @Test
  void whatTheClockRepeatsBehindTheEndOpensTwice() {
    var window = window("01:30", "02:30", "Europe/Berlin", ScheduleRules.EVERY_DAY);
    var opening =
        window
            .openings(Instant.parse("2026-10-24T22:00:00Z"), Instant.parse("2026-10-25T12:00:00Z"))
            .getFirst();
    assertThat(opening.spans())
        .containsExactly(
            new Opening.Span(
                Instant.parse("2026-10-24T23:30:00Z"), Instant.parse("2026-10-25T00:30:00Z")),
            new Opening.Span(
                Instant.parse("2026-10-25T01:00:00Z"), Instant.parse("2026-10-25T01:30:00Z")));
  }

  @Test
  void aWindowThatIsAlwaysOpenNeverChanges() {
    var always = window("00:00", "24:00", "Europe/Berlin", ScheduleRules.EVERY_DAY);
    assertThat(always.nextTransition(MONDAY)).isEmpty();
  }

  @Test
  void validityIsFoundHoweverFarItIs() {
    var once =
        Window.of(
            1,
            "w",
            true,
            "22:00",
            "06:00",
            "UTC",
            ScheduleRules.EVERY_DAY,
            LocalDate.of(2031, 1, 1),
            LocalDate.of(2031, 1, 1),
            ScheduleMode.EXACT,
            0,
            5);
    Instant opens = once.nextTransition(MONDAY).orElseThrow();
    assertThat(opens).isEqualTo("2031-01-01T22:00:00Z");
    Instant closes = once.nextTransition(opens).orElseThrow();
    assertThat(closes).isEqualTo("2031-01-02T06:00:00Z");
    assertThat(once.nextTransition(closes)).isEmpty();
  }

  @Test
  void overlapsAreFoundAcrossZonesAndNotWhereWindowsOnlyMeet() {
    var berlin = window("09:00", "17:00", "Europe/Berlin", 31);
    assertThat(berlin.firstOverlap(window("17:00", "09:00", "Europe/Berlin", 127), MONDAY))
        .isEmpty();
    // In summer Berlin ends at 15:00Z, in winter at 16:00Z.
    assertThat(berlin.firstOverlap(window("15:00", "16:00", "UTC", 127), MONDAY))
        .contains(Instant.parse("2026-10-26T15:00:00Z"));
    assertThat(berlin.firstOverlap(window("10:00", "11:00", "Europe/Berlin", 96), MONDAY))
        .isEmpty();
  }

  @Test
  void theCeilingHoldsAgainstAHigherFloor() {
    var floor =
        new Window(
            1,
            "f",
            true,
            0,
            1440,
            MONDAY.atZone(java.time.ZoneOffset.UTC).getZone(),
            127,
            null,
            null,
            ScheduleMode.FLOOR,
            0,
            8);
    var ceiling =
        new Window(
            2, "c", false, 0, 1440, floor.zone(), 127, null, null, ScheduleMode.CEILING, 0, 6);
    var inForce = SchedulesInForce.at(List.of(floor, ceiling), MONDAY);
    assertThat(inForce.contradictory()).isTrue();
    assertThat(inForce.apply(3)).isEqualTo(6);
    assertThat(inForce.decider(3)).isEqualTo(ceiling);
  }
}
