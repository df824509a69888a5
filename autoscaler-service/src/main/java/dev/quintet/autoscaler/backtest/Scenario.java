package dev.quintet.autoscaler.backtest;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What all candidates of a back-test are put through.
 *
 * @param to the first instant that is not simulated any more
 * @param step between two looks at the pool
 * @param startInstances ready at {@code from}
 * @param startupDelaySeconds from when an instance exists, one step after it was asked for, until
 *     it serves
 * @param pricePerInstanceHour null: no cost is computed
 * @param capped a utilisation ends at 100, as a real one does
 * @param maxAgeSeconds a point older than this is no data
 * @param target utilisation that counts as too much; null: the first candidate's
 * @param series the first is the one whose utilisation is counted
 */
public record Scenario(
    long poolId,
    Instant from,
    Instant to,
    Duration step,
    int startInstances,
    int startupDelaySeconds,
    @Nullable BigDecimal pricePerInstanceHour,
    boolean capped,
    int maxAgeSeconds,
    @Nullable BigDecimal target,
    List<DemandSeries> series) {
  public static final int MAX_AGE_SECONDS = 180;

  public Scenario {
    if (!from.isBefore(to) || step.toSeconds() < 1 || startInstances < 0 || series.isEmpty()) {
      throw new IllegalArgumentException("nothing to simulate");
    }
    series = List.copyOf(series);
  }
}
