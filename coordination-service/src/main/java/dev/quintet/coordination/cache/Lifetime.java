package dev.quintet.coordination.cache;

import java.util.List;
import java.util.Map;

/**
 * How long a value is kept: what was hard to make is taken back sooner, as it is sooner made
 * better; a good one is kept twice as long, and more of it for who pays more. Between 3 hours and 4
 * days, less up to a tenth, so that what was stored together does not expire together.
 *
 * @param complexity low, medium or high
 * @param quality of 100; above 80 is good
 * @param jitter 0 to 1: which part of the tenth is taken away
 */
record Lifetime(String complexity, double quality, double jitter) {
  static final List<String> COMPLEXITIES = List.of("low", "medium", "high");
  static final String USUAL_COMPLEXITY = "medium";

  private static final Map<String, Integer> SECONDS =
      Map.of("low", 86_400, "medium", 43_200, "high", 21_600);
  private static final double GOOD = 80;
  private static final double MOST_JITTER = 0.1;

  /** As in {@link dev.quintet.common.api.coordination.Tiers}: free, basic, pro, premium. */
  private static final double[] FACTORS = {0.5, 1, 1.5, 2};

  /** In seconds, for each tier in rising order. */
  Integer[] byTier() {
    double base = SECONDS.getOrDefault(complexity, 0) * (quality > GOOD ? 2 : 1);
    var all = new Integer[FACTORS.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = (int) Math.floor(base * FACTORS[i] * (1 - MOST_JITTER * jitter));
    }
    return all;
  }
}
