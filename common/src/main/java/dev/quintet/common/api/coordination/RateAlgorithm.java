package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How a window counts. */
public enum RateAlgorithm {
  /** A log up to a limit of 1,000, a bucket above. */
  AUTO,
  /** Every unit by its instant: exact, and memory grows with the limit. */
  LOG,
  /** Counts by parts of the window: never over, at times one part too strict. */
  BUCKET,
  /** One instant: smooth; the burst and the rate bound what passes. */
  GCRA,
  /** Two windows and an estimate. */
  COUNTER,
  /** One count that starts again with each window. */
  FIXED;

  @JsonCreator
  public static RateAlgorithm of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  @JsonValue
  public String json() {
    return name().toLowerCase(Locale.ROOT);
  }
}
