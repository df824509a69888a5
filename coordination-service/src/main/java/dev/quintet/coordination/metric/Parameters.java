package dev.quintet.coordination.metric;

import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads query parameters as they came, so that one answer tells all that is wrong with them. */
final class Parameters {
  private static final Instant EARLIEST = Instant.EPOCH;
  private static final Instant LATEST = Instant.parse("9999-12-31T00:00:00Z");
  private static final Pattern STEP = Pattern.compile("([0-9]{1,8})([smhd]?)");
  private static final long LONGEST_STEP = 366L * 86_400;
  private static final Pattern GROUP = Pattern.compile("dimensions\\.([A-Za-z0-9_.-]{1,64})");
  private static final Pattern PERCENTILE = Pattern.compile("[0-9]{1,2}(\\.[0-9]{1,3})?");
  private static final int MOST_PERCENTILES = 20;

  private final Violations violations = new Violations();

  String required(String name, @Nullable String text) {
    violations.checkParameter(
        text != null && !text.isEmpty(), CommonProblem.REQUIRED, name, "is required");
    return text == null ? "" : text;
  }

  Instant instant(String name, @Nullable String text, Instant otherwise) {
    if (text == null) {
      return otherwise;
    }
    try {
      Instant at = OffsetDateTime.parse(text).toInstant();
      if (!at.isBefore(EARLIEST) && !at.isAfter(LATEST)) {
        return at;
      }
    } catch (DateTimeException e) {
      // told below
    }
    violations.addParameter(
        CommonProblem.INVALID_PARAMETER,
        name,
        "must be an instant in ISO 8601 from 1970 to 9999, such as 2026-05-04T10:00:00Z");
    return otherwise;
  }

  void window(Instant from, Instant to) {
    violations.checkParameter(
        from.isBefore(to), CoordinationProblem.INVALID_WINDOW, "from", "must be before to");
  }

  @Nullable Long seconds(String name, @Nullable String text) {
    if (text == null) {
      return null;
    }
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

  @Nullable String dimension(String name, @Nullable String text) {
    if (text == null) {
      return null;
    }
    var group = GROUP.matcher(text);
    if (group.matches()) {
      return group.group(1);
    }
    violations.addParameter(
        CommonProblem.INVALID_PARAMETER, name, "must be such as dimensions.model");
    return null;
  }

  /** Fractions by the percentiles' names, such as 0.95 by p95. */
  Map<String, Double> percentiles(String name, String text) {
    var fractions = new LinkedHashMap<String, Double>();
    for (String one : text.split(",", -1)) {
      if (PERCENTILE.matcher(one).matches()) {
        fractions.put("p" + one, new BigDecimal(one).movePointLeft(2).doubleValue());
      } else if (one.equals("100")) {
        fractions.put("p100", 1.0);
      } else {
        violations.addParameter(
            CommonProblem.INVALID_PARAMETER,
            name,
            "must be such as 50,95,99.9, each from 0 to 100");
      }
    }
    violations.checkParameter(
        fractions.size() <= MOST_PERCENTILES,
        CommonProblem.INVALID_PARAMETER,
        name,
        "must be " + MOST_PERCENTILES + " at most");
    return fractions;
  }

  void orThrow() {
    violations.orThrow();
  }
}
