package dev.quintet.autoscaler.evaluation;

import dev.quintet.autoscaler.decision.Reading;
import dev.quintet.autoscaler.evaluation.PoolInput.Sample;
import dev.quintet.common.api.autoscaler.PolicySpec;
import dev.quintet.common.api.autoscaler.Statistic;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns recorded samples into what a policy reads. Windows end at a metric's newest sample and do
 * not hold their beginning; how old that sample may be, the policy says.
 */
final class Readings {
  static final String CPU = "cpu";
  static final String MEMORY = "memory";

  private static final MathContext MEAN = new MathContext(20, RoundingMode.HALF_EVEN);

  private Readings() {}

  /** Of each of the policy's metrics that has a sample at all. */
  static List<Reading> of(PolicySpec spec, PoolInput pool) {
    var readings = new ArrayList<Reading>();
    for (String metric : spec.metrics()) {
      Reading reading = of(spec, metric, samples(metric, pool));
      if (reading != null) {
        readings.add(reading);
      }
    }
    return readings;
  }

  /** How far behind a metric's newest sample the policy still looks. */
  static int reachSeconds(PolicySpec spec) {
    return spec instanceof PolicySpec.Step step
        ? step.windowSeconds() * step.ofPoints()
        : spec.windowSeconds();
  }

  /** As if the metric had this one value all the time. */
  static Reading assumed(PolicySpec spec, String metric, BigDecimal value, Instant at) {
    int points = spec instanceof PolicySpec.Step step ? step.ofPoints() : 0;
    return new Reading(metric, value, 1, at, java.util.Collections.nCopies(points, value));
  }

  private static @Nullable Reading of(PolicySpec spec, String metric, List<Sample> samples) {
    if (samples.isEmpty()) {
      return null;
    }
    Instant newest = samples.getLast().at();
    List<BigDecimal> window = window(samples, newest, spec.windowSeconds());
    var points = new ArrayList<BigDecimal>();
    if (spec instanceof PolicySpec.Step step) {
      for (int back = step.ofPoints() - 1; back >= 0; back--) {
        List<BigDecimal> values =
            window(
                samples,
                newest.minusSeconds((long) back * spec.windowSeconds()),
                spec.windowSeconds());
        if (!values.isEmpty()) {
          points.add(value(spec.statistic(), values));
        }
      }
    }
    return new Reading(metric, value(spec.statistic(), window), window.size(), newest, points);
  }

  private static List<Sample> samples(String metric, PoolInput pool) {
    return switch (metric) {
      case CPU -> pool.points().stream().map(p -> new Sample(CPU, p.at(), p.cpu())).toList();
      case MEMORY ->
          pool.points().stream().map(p -> new Sample(MEMORY, p.at(), p.memory())).toList();
      default -> pool.samples().stream().filter(s -> s.metric().equals(metric)).toList();
    };
  }

  /** Of {@code (end - seconds, end]}. */
  private static List<BigDecimal> window(List<Sample> samples, Instant end, long seconds) {
    Instant after = end.minusSeconds(seconds);
    return samples.stream()
        .filter(sample -> sample.at().isAfter(after) && !sample.at().isAfter(end))
        .map(Sample::value)
        .toList();
  }

  private static BigDecimal value(Statistic statistic, List<BigDecimal> values) {
    return switch (statistic) {
      case AVG ->
          values.stream()
              .reduce(BigDecimal.ZERO, BigDecimal::add)
              .divide(BigDecimal.valueOf(values.size()), MEAN);
      case MIN -> ranked(values, 0);
      case MAX -> ranked(values, 100);
      case P50 -> ranked(values, 50);
      case P95 -> ranked(values, 95);
      case P99 -> ranked(values, 99);
    };
  }

  /** The nearest rank: the smallest value that so many percent do not exceed. */
  private static BigDecimal ranked(List<BigDecimal> values, int percent) {
    var sorted = values.stream().sorted().toList();
    return sorted.get(Math.max(1, Math.ceilDiv(percent * sorted.size(), 100)) - 1);
  }
}
