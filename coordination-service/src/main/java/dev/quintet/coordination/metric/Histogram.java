package dev.quintet.coordination.metric;

import java.util.List;

/**
 * Values counted by bucket of the scale of coordination.metric_bucket: bucket 0 holds 0, k the
 * values up to 0.0001 * 1.02^(k-1) and above a 1.02th of it, -k those below zero.
 */
final class Histogram {
  private static final double BASE = 1.02;
  private static final double FINEST = 0.0001;

  private final List<Integer> buckets;
  private final long[] below;
  private final double min;
  private final double max;

  /**
   * {@code buckets} in rising order with how many values each holds; {@code min} and {@code max} of
   * the values themselves.
   */
  Histogram(List<Integer> buckets, List<Long> counts, double min, double max) {
    this.buckets = buckets;
    this.below = new long[buckets.size()];
    this.min = min;
    this.max = max;
    long sum = 0;
    for (int i = 0; i < below.length; i++) {
      sum += counts.get(i);
      below[i] = sum;
    }
  }

  /** Between the two values that a fraction falls between, as PostgreSQL's percentile_cont. */
  double percentile(double fraction) {
    double rank = fraction * (below[below.length - 1] - 1);
    double lower = valueAt((long) Math.floor(rank));
    double upper = valueAt((long) Math.ceil(rank));
    return lower + (upper - lower) * (rank - Math.floor(rank));
  }

  private double valueAt(long rank) {
    int i = 0;
    while (below[i] <= rank) {
      i++;
    }
    return Math.max(min, Math.min(max, middle(buckets.get(i))));
  }

  /** Off by less than 1 % from all values of its bucket. */
  private static double middle(int bucket) {
    if (bucket == 0) {
      return 0;
    }
    double upper = FINEST * Math.pow(BASE, Math.abs(bucket) - 1.0);
    return Math.copySign(upper * 2 / (1 + BASE), bucket);
  }
}
