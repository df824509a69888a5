package dev.quintet.autoscaler.metric;

import dev.quintet.autoscaler.metric.MetricQueries.Subject;
import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.page.Cursor;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads query parameters as they came, so that one answer tells all that is wrong with them. */
final class Parameters {
  /** Before and after all that is stored. */
  static final Instant EARLIEST = Instant.parse("1970-01-01T00:00:00Z");

  static final Instant LATEST = Instant.parse("9999-12-31T00:00:00Z");

  private static final Pattern STEP = Pattern.compile("([0-9]{1,8})([smhd]?)");
  private static final long LONGEST_STEP = 366L * 86_400;

  private Parameters() {}

  static Subject subject(
      Violations violations, @Nullable String pool, @Nullable String node, boolean needed) {
    violations.checkParameter(
        !needed || pool != null || node != null,
        CommonProblem.REQUIRED,
        "pool_id",
        "or node_id is required");
    return new Subject(id(violations, "pool_id", pool), id(violations, "node_id", node));
  }

  private static @Nullable Long id(Violations violations, String name, @Nullable String text) {
    if (text == null) {
      return null;
    }
    try {
      long id = Long.parseLong(text);
      if (id > 0) {
        // No pool or node has a number beyond the column's range, and that is all there is to say.
        return Math.min(id, Integer.MAX_VALUE);
      }
    } catch (NumberFormatException e) {
      // told below
    }
    violations.addParameter(CommonProblem.INVALID_PARAMETER, name, "must be a number from 1");
    return null;
  }

  static void required(Violations violations, String name, @Nullable String text) {
    violations.checkParameter(
        text != null && !text.isEmpty(), CommonProblem.REQUIRED, name, "is required");
  }

  static Optional<Instant> instant(Violations violations, String name, @Nullable String text) {
    if (text == null) {
      return Optional.empty();
    }
    try {
      Instant at = OffsetDateTime.parse(text).toInstant();
      if (!at.isBefore(EARLIEST) && !at.isAfter(LATEST)) {
        return Optional.of(at);
      }
    } catch (DateTimeException e) {
      // told below
    }
    violations.addParameter(
        CommonProblem.INVALID_PARAMETER,
        name,
        "must be an instant in ISO 8601 from 1970 to 9999, such as 2026-05-04T10:00:00Z");
    return Optional.empty();
  }

  static void checkWindow(Violations violations, Instant from, Instant to) {
    violations.checkParameter(
        from.isBefore(to), AutoscalerProblem.INVALID_WINDOW, "from", "must be before to");
  }

  static long seconds(Violations violations, String name, String text) {
    var step = STEP.matcher(text);
    long seconds = 0;
    if (step.matches()) {
      seconds =
          Long.parseLong(step.group(1))
              * switch (step.group(2)) {
                case "m" -> 60;
                case "h" -> 3600;
                case "d" -> 86_400;
                default -> 1;
              };
    }
    violations.checkParameter(
        seconds >= 1 && seconds <= LONGEST_STEP,
        CommonProblem.INVALID_PARAMETER,
        name,
        "must be seconds from 1, or such as 30s, 5m, 1h, 1d; a year at most");
    return Math.max(1, seconds);
  }

  static Instant instant(Cursor cursor, int column) {
    try {
      Instant at = Instant.parse(cursor.text(column));
      if (!at.isBefore(EARLIEST) && !at.isAfter(LATEST)) {
        return at;
      }
    } catch (DateTimeException e) {
      // falls through to the one answer for every broken cursor
    }
    throw Cursor.invalid();
  }
}
