package dev.quintet.autoscaler.backtest;

import java.math.BigDecimal;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Demand at an instant. Of a utilisation: instances times percent, so that 420 keeps seven
 * instances at 60 %; of a total: the total itself.
 *
 * @param censored the pool was as good as full: the true demand was at least this much
 * @param recordedInstances that the pool really had; null for an invented trace
 */
public record DemandPoint(
    Instant at, BigDecimal demand, boolean censored, @Nullable Integer recordedInstances) {
  private static final BigDecimal FULL = new BigDecimal("99.5");

  /** Of an invented trace. */
  public static DemandPoint of(Instant at, BigDecimal demand) {
    return new DemandPoint(at, demand, false, null);
  }

  /** From a row of {@code pool_analytics}: current instances and their mean utilisation. */
  public static DemandPoint recorded(Instant at, int currentInstances, BigDecimal utilization) {
    return new DemandPoint(
        at,
        utilization.multiply(BigDecimal.valueOf(currentInstances)),
        utilization.compareTo(FULL) >= 0,
        currentInstances);
  }
}
