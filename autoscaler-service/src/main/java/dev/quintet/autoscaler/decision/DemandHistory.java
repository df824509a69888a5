package dev.quintet.autoscaler.decision;

import dev.quintet.common.api.autoscaler.PolicySpec;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Demand as it was measured, by slots of five minutes: instances times their utilisation. A
 * forecast for an instant uses only what was added before it, so that a back-test cannot see its
 * own future.
 */
public final class DemandHistory {
  private static final long SLOT_SECONDS = 300;
  private static final long SLOTS_PER_DAY = 86_400 / SLOT_SECONDS;
  private static final long SLOTS_PER_WEEK = 7 * SLOTS_PER_DAY;
  private static final int SLOTS_PER_HOUR = 12;
  private static final Duration SHORTEST = Duration.ofHours(24);
  private static final Duration WEEK = Duration.ofDays(7);
  private static final BigDecimal LEAST_CORRECTION = new BigDecimal("0.5");
  private static final BigDecimal MOST_CORRECTION = new BigDecimal(2);
  private static final MathContext MEAN = new MathContext(20, RoundingMode.HALF_EVEN);
  private static final int CORRECTION_DIGITS = 6;

  private final Map<Long, List<BigDecimal>> slots = new HashMap<>();
  private @Nullable Instant first;

  public void add(Instant at, BigDecimal demand) {
    first = first == null || at.isBefore(first) ? at : first;
    slots.computeIfAbsent(slot(at), slot -> new ArrayList<>(5)).add(demand);
  }

  /** None: there is less than a day of history, or none for the slots that matter. */
  public Optional<Forecast> forecast(PolicySpec.Seasonal spec, Instant at) {
    if (first == null || Duration.between(first, at).compareTo(SHORTEST) < 0) {
      return Optional.empty();
    }
    boolean daily = Duration.between(first, at).compareTo(WEEK) < 0;
    long now = slot(at);
    BigDecimal peak = null;
    int known = 0;
    for (long slot = now; slot <= slot(at.plusSeconds(spec.leadSeconds())); slot++) {
      BigDecimal demand = expected(spec, slot, now, daily);
      if (demand != null) {
        known++;
        peak = peak == null || demand.compareTo(peak) > 0 ? demand : peak;
      }
    }
    return peak == null
        ? Optional.empty()
        : Optional.of(new Forecast(peak, correction(spec, now, daily), known, daily));
  }

  /** Mean demand of the last hour over its forecast; 1 where either is unknown. */
  private BigDecimal correction(PolicySpec.Seasonal spec, long now, boolean daily) {
    BigDecimal seen = BigDecimal.ZERO;
    int seenCount = 0;
    BigDecimal foreseen = BigDecimal.ZERO;
    int foreseenCount = 0;
    for (long slot = now - SLOTS_PER_HOUR; slot < now; slot++) {
      BigDecimal expected = expected(spec, slot, slot, daily);
      List<BigDecimal> demands = slots.get(slot);
      if (expected != null && demands != null) {
        for (BigDecimal demand : demands) {
          seen = seen.add(demand);
          seenCount++;
        }
        foreseen = foreseen.add(expected);
        foreseenCount++;
      }
    }
    if (seenCount == 0 || foreseen.signum() <= 0) {
      return BigDecimal.ONE;
    }
    // (seen / n) / (foreseen / m), with one division, so that equal means give exactly 1.
    return seen.multiply(BigDecimal.valueOf(foreseenCount))
        .divide(foreseen.multiply(BigDecimal.valueOf(seenCount)), MEAN)
        .setScale(CORRECTION_DIGITS, RoundingMode.HALF_EVEN)
        .max(LEAST_CORRECTION)
        .min(MOST_CORRECTION)
        .stripTrailingZeros();
  }

  /** Of one slot, by the slots one season before it, two, and so on; null: nothing is known. */
  private @Nullable BigDecimal expected(
      PolicySpec.Seasonal spec, long slot, long now, boolean daily) {
    long season = daily ? SLOTS_PER_DAY : SLOTS_PER_WEEK;
    long oldest = now - spec.weeks() * SLOTS_PER_WEEK;
    var seen = new ArrayList<BigDecimal>();
    for (long past = slot - season; past >= oldest; past -= season) {
      seen.addAll(past < now ? slots.getOrDefault(past, List.of()) : List.of());
    }
    if (seen.isEmpty()) {
      return null;
    }
    if (spec.quantile().compareTo(BigDecimal.ONE) == 0) {
      return Collections.max(seen);
    }
    Collections.sort(seen);
    // The nearest rank: the smallest value that so large a share does not exceed.
    int rank =
        spec.quantile()
            .multiply(BigDecimal.valueOf(seen.size()))
            .setScale(0, RoundingMode.CEILING)
            .intValueExact();
    return seen.get(rank - 1);
  }

  private static long slot(Instant at) {
    return Math.floorDiv(at.getEpochSecond(), SLOT_SECONDS);
  }
}
