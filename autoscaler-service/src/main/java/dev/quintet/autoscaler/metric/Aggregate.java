package dev.quintet.autoscaler.metric;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** How the samples of a bucket become one value. */
enum Aggregate {
  AVG,
  MIN,
  MAX,
  SUM,
  COUNT,
  LAST,
  P50(0.5),
  P95(0.95),
  P99(0.99);

  private final double fraction;

  Aggregate() {
    this(Double.NaN);
  }

  Aggregate(double fraction) {
    this.fraction = fraction;
  }

  static Optional<Aggregate> of(String name) {
    return Arrays.stream(values()).filter(a -> a.label().equals(name)).findFirst();
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** A percentile cannot be had from rollups: they know sums and extremes only. */
  boolean isPercentile() {
    return !Double.isNaN(fraction);
  }

  double fraction() {
    return fraction;
  }
}
