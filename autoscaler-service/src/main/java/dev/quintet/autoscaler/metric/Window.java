package dev.quintet.autoscaler.metric;

import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.problem.ProblemException;
import java.time.Instant;

/**
 * The time that a query covers, and what it is answered from.
 *
 * @param to exclusive
 * @param source the coarsest rows that give the same values as raw ones
 */
record Window(Instant from, Instant to, long stepSeconds, Source source) {
  static final int MOST_POINTS = 11_000;

  /** Raw samples, or rollups of a minute or an hour. */
  enum Source {
    RAW(1),
    MINUTES(60),
    HOURS(3600);

    private final long seconds;

    Source(long seconds) {
      this.seconds = seconds;
    }

    long seconds() {
      return seconds;
    }

    /** From rollups of this width, buckets of the step can be put together, and the edges met. */
    boolean fits(Instant from, Instant to, long stepSeconds) {
      return stepSeconds % seconds == 0 && isEdge(from) && isEdge(to);
    }

    private boolean isEdge(Instant at) {
      return at.getNano() == 0 && Math.floorMod(at.getEpochSecond(), seconds) == 0;
    }
  }

  /**
   * Chooses the source. Rows finer than a rollup are kept for a limited time: what lies before it
   * is answered from rollups, and the window is widened to whole ones where its edges are none.
   *
   * @param raw the oldest raw samples kept, {@code minutes} the oldest minutes
   */
  static Window of(
      Instant from, Instant to, long stepSeconds, Aggregate agg, Instant raw, Instant minutes) {
    checkPoints(from, to, stepSeconds);
    if (agg.isPercentile()) {
      if (from.isBefore(raw)) {
        throw new ProblemException(
            AutoscalerProblem.INVALID_WINDOW,
            "percentiles come from raw samples, which are kept since " + raw);
      }
      return new Window(from, to, stepSeconds, Source.RAW);
    }
    if (Source.HOURS.fits(from, to, stepSeconds)) {
      return new Window(from, to, stepSeconds, Source.HOURS);
    }
    if (!from.isBefore(minutes) && Source.MINUTES.fits(from, to, stepSeconds)) {
      return new Window(from, to, stepSeconds, Source.MINUTES);
    }
    if (!from.isBefore(raw)) {
      return new Window(from, to, stepSeconds, Source.RAW);
    }
    Source kept = from.isBefore(minutes) ? Source.HOURS : Source.MINUTES;
    if (stepSeconds % kept.seconds() != 0) {
      throw new ProblemException(
          AutoscalerProblem.INVALID_WINDOW,
          "of the time before "
              + (kept == Source.HOURS ? minutes : raw)
              + " there are only rollups: step must be a multiple of "
              + kept.seconds());
    }
    var widened =
        new Window(floor(from, kept.seconds()), ceil(to, kept.seconds()), stepSeconds, kept);
    checkPoints(widened.from(), widened.to(), stepSeconds);
    return widened;
  }

  private static void checkPoints(Instant from, Instant to, long stepSeconds) {
    long points = points(from, to, stepSeconds);
    if (points > MOST_POINTS) {
      throw new ProblemException(
              AutoscalerProblem.TOO_MANY_POINTS,
              points + " points; at most " + MOST_POINTS + " are given: take a longer step")
          .with("limit_points", MOST_POINTS);
    }
  }

  /** The beginning of the first bucket. */
  long firstBucket() {
    return floor(from, stepSeconds).getEpochSecond();
  }

  int points() {
    return (int) points(from, to, stepSeconds);
  }

  private static long points(Instant from, Instant to, long stepSeconds) {
    return (ceil(to, stepSeconds).getEpochSecond() - floor(from, stepSeconds).getEpochSecond())
        / stepSeconds;
  }

  private static Instant floor(Instant at, long seconds) {
    return Instant.ofEpochSecond(Math.floorDiv(at.getEpochSecond(), seconds) * seconds);
  }

  private static Instant ceil(Instant at, long seconds) {
    Instant below = floor(at, seconds);
    return below.equals(at) ? at : below.plusSeconds(seconds);
  }
}
