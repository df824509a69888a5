package dev.quintet.coordination.job;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * When a job is due. The text is as an operator writes it.
 *
 * <p>Every fire of a cron expression, and of a duration of a minute or longer, is claimed by a row,
 * so that it runs once in the fleet. A shorter duration is only taken in turn: such a job does what
 * little has come up since, twice is as good as once, and a row for each would be work for nothing.
 */
sealed interface Schedule {
  Pattern SHORT = Pattern.compile("[0-9]+[smhd]");
  Duration RECORDED_FROM = Duration.ofMinutes(1);

  String text();

  /** Whether each fire has its row in scheduled_job_runs. */
  boolean recorded();

  /** Again and again, {@code period} after it was due before. */
  record Every(String text, Duration period) implements Schedule {
    @Override
    public boolean recorded() {
      return period.compareTo(RECORDED_FROM) >= 0;
    }
  }

  /**
   * At the instants that the expression names, in UTC.
   *
   * @param expression of six fields, seconds first
   */
  record Cron(String text, String expression) implements Schedule {
    @Override
    public boolean recorded() {
      return true;
    }
  }

  /** Only when an operator says so. */
  record Off(String text) implements Schedule {
    @Override
    public boolean recorded() {
      return true;
    }
  }

  /** Throws IllegalArgumentException for what is none of the three. */
  static Schedule of(String text) {
    if (text.equals("off")) {
      return new Off(text);
    }
    String[] fields = text.strip().split("\\s+", -1);
    return switch (fields.length) {
      case 1 -> new Every(text, period(text));
      case 5 -> new Cron(text, "0 " + text.strip());
      case 6 -> new Cron(text, text.strip());
      default -> throw invalid(text);
    };
  }

  private static Duration period(String text) {
    try {
      var period =
          Duration.parse(
              SHORT.matcher(text).matches()
                  ? (text.endsWith("d") ? "P" : "PT") + text.toUpperCase(Locale.ROOT)
                  : text);
      if (period.compareTo(Duration.ofSeconds(1)) >= 0) {
        return period;
      }
    } catch (DateTimeParseException e) {
      // told below
    }
    throw invalid(text);
  }

  private static IllegalArgumentException invalid(String text) {
    return new IllegalArgumentException(
        "no schedule: \"" + text + "\"; give a duration from 1s, a cron expression, or off");
  }
}
