package dev.quintet.autoscaler.decision;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;

/**
 * What is known of one metric when a decision is made.
 *
 * @param metric its type, such as {@code cpu}
 * @param value of the policy's statistic over its window; from a double column by {@link
 *     BigDecimal#valueOf(double)}, which gives the number that was sent
 * @param samples how many made the value
 * @param at of the newest sample
 * @param points for a step policy: the values of its last windows, newest last, without the windows
 *     that have no sample; else empty
 */
public record Reading(
    String metric, BigDecimal value, int samples, Instant at, List<BigDecimal> points) {
  public Reading {
    points = List.copyOf(points);
  }

  public static Reading of(String metric, BigDecimal value, int samples, Instant at) {
    return new Reading(metric, value, samples, at, List.of());
  }
}
