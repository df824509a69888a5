package dev.quintet.common.api.autoscaler;

import dev.quintet.common.problem.Violations;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a schedule's fields may hold, for its requests, its rows and a back-test's candidates. */
public final class ScheduleRules {
  /** The last minute of a day is a start too, so a whole day ends at this one. */
  public static final int MINUTES_PER_DAY = 24 * 60;

  public static final int EVERY_DAY = 127;

  // [0-9] and matches(): \d would depend on a flag, and find() lets a trailing newline through.
  private static final Pattern TIME = Pattern.compile("([01][0-9]|2[0-3]):[0-5][0-9]");
  private static final String END_OF_DAY = "24:00";
  private static final LocalDate EARLIEST = LocalDate.of(1970, 1, 1);
  private static final LocalDate LATEST = LocalDate.of(9999, 12, 31);

  private ScheduleRules() {}

  public static boolean isStart(String time) {
    return TIME.matcher(time).matches();
  }

  public static boolean isEnd(String time) {
    return isStart(time) || time.equals(END_OF_DAY);
  }

  /** An IANA name that this service knows; an offset such as {@code CET+1} is none. */
  public static boolean isZone(String name) {
    return ZoneId.getAvailableZoneIds().contains(name) && !name.startsWith("SystemV/");
  }

  /** Minutes since local midnight, 0 to 1440, of a time that {@link #isEnd} accepts. */
  public static int minuteOfDay(String time) {
    if (!isEnd(time)) {
      throw new IllegalArgumentException("not a time of day");
    }
    return Integer.parseInt(time, 0, 2, 10) * 60 + Integer.parseInt(time, 3, 5, 10);
  }

  public static void checkTimes(
      Violations violations, @Nullable String startTime, @Nullable String endTime) {
    boolean start = startTime != null && isStart(startTime);
    boolean end = endTime != null && isEnd(endTime);
    violations.check(
        start, AutoscalerProblem.SCHEDULE_INVALID, "/start_time", "must be HH:MM, 00:00 to 23:59");
    violations.check(
        end,
        AutoscalerProblem.SCHEDULE_INVALID,
        "/end_time",
        "must be HH:MM, 00:00 to 23:59, or 24:00");
    violations.check(
        !start || !end || !Objects.equals(startTime, endTime),
        AutoscalerProblem.SCHEDULE_INVALID,
        "/end_time",
        "must differ from start_time; a whole day is 00:00 to 24:00");
  }

  public static void checkZone(Violations violations, @Nullable String timezone) {
    violations.check(
        timezone == null || isZone(timezone),
        AutoscalerProblem.TIMEZONE_UNKNOWN,
        "/timezone",
        "must be an IANA name such as Europe/Berlin");
  }

  /** A set of days: bit 0 is Monday, bit 6 Sunday; the days on which a window starts. */
  public static void checkDays(Violations violations, @Nullable Integer daysOfWeek) {
    violations.check(
        daysOfWeek == null || (daysOfWeek >= 1 && daysOfWeek <= EVERY_DAY),
        AutoscalerProblem.SCHEDULE_INVALID,
        "/days_of_week",
        "must be 1 to 127: bit 0 is Monday");
  }

  public static void checkValidity(
      Violations violations, @Nullable LocalDate validFrom, @Nullable LocalDate validUntil) {
    checkDate(violations, validFrom, "/valid_from");
    checkDate(violations, validUntil, "/valid_until");
    violations.check(
        validFrom == null || validUntil == null || !validUntil.isBefore(validFrom),
        AutoscalerProblem.SCHEDULE_INVALID,
        "/valid_until",
        "must not be before valid_from");
  }

  public static void checkTarget(Violations violations, @Nullable Integer targetInstances) {
    violations.check(
        targetInstances != null && targetInstances >= 0 && targetInstances <= 1000,
        AutoscalerProblem.SCHEDULE_INVALID,
        "/target_instances",
        "must be 0 to 1000");
  }

  private static void checkDate(Violations violations, @Nullable LocalDate date, String pointer) {
    violations.check(
        date == null || (!date.isBefore(EARLIEST) && !date.isAfter(LATEST)),
        AutoscalerProblem.SCHEDULE_INVALID,
        pointer,
        "must be between 1970-01-01 and 9999-12-31");
  }
}
