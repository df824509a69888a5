package dev.quintet.coordination.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HistogramTest {
  /** As coordination.metric_bucket has it. */
  private static int bucket(double value) {
    return value == 0
        ? 0
        : (int) Math.signum(value)
            * ((int) Math.ceil(Math.log(Math.abs(value) * 10_000) / Math.log(1.02)) + 1);
  }

  private static Histogram of(double[] values) {
    var counts = new TreeMap<Integer, Long>();
    double min = Double.MAX_VALUE;
    double max = -Double.MAX_VALUE;
    for (double value : values) {
      counts.merge(bucket(value), 1L, Long::sum);
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
    return new Histogram(List.copyOf(counts.keySet()), List.copyOf(counts.values()), min, max);
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 20261121})
  void aPercentileIsOffByOnePercentAtMost(long seed) {
    var random = new Random(seed);
    double[] values =
        random
            .doubles(5_000, 0, 10)
            .map(e -> Math.max(0.0001, Math.rint(Math.pow(10, e - 4) * 10_000) / 10_000))
            .sorted()
            .toArray();
    var histogram = of(values);
    for (double fraction = 0; fraction <= 1; fraction += 0.001) {
      double rank = fraction * (values.length - 1);
      double low = values[(int) Math.floor(rank)];
      double high = values[(int) Math.ceil(rank)];
      double exact = low + (high - low) * (rank - Math.floor(rank));
      assertThat(histogram.percentile(fraction))
          .as("fraction %s", fraction)
          .isCloseTo(exact, within(exact * 0.01));
    }
  }

  @Test
  void valuesBelowZeroAndZeroHaveTheirPlaces() {
    var histogram = of(new double[] {-500, -500, -500, 0, 0, 0, 0, 500, 500, 500, 500});
    assertThat(histogram.percentile(0)).isEqualTo(-500, within(5.0));
    assertThat(histogram.percentile(0.5)).isZero();
    assertThat(histogram.percentile(1)).isEqualTo(500, within(5.0));
  }

  @Test
  void oneValueIsToldAsItIs() {
    assertThat(of(new double[] {3.25}).percentile(0.99)).isEqualTo(3.25);
  }
}
