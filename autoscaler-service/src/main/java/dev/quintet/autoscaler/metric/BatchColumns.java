package dev.quintet.autoscaler.metric;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The good samples of a batch turned by 90 degrees, as {@code unnest} takes them: the series once
 * each, and per sample the number of its series, a value and a time.
 */
final class BatchColumns {
  private static final long MICROS_PER_MINUTE = 60_000_000;

  private final Map<Series, Integer> numbers = new HashMap<>();
  private final List<Series> series = new ArrayList<>();
  private final Set<Long> minutes = new HashSet<>();
  private Integer[] of;
  private Double[] values;
  private @Nullable Long[] at;
  private int[] indexes;
  private int size;
  private long lastMinute = Long.MIN_VALUE;
  private @Nullable Long first;
  private @Nullable Long last;

  BatchColumns(int expected) {
    of = new Integer[expected];
    values = new Double[expected];
    at = new Long[expected];
    indexes = new int[expected];
  }

  /** What samples have in common. */
  record Series(
      @Nullable String oraclePoolId, @Nullable Long poolId, String metricType, String unit) {}

  /**
   * @param index of the sample in the batch as it was sent
   * @param micros since 1970; null: when it arrives
   */
  void add(int index, Series of, double value, @Nullable Long micros) {
    if (size == values.length) {
      grow();
    }
    this.of[size] = numberOf(of);
    values[size] = value;
    at[size] = micros;
    indexes[size] = index;
    size++;
    if (micros != null) {
      first = first == null || micros < first ? micros : first;
      last = last == null || micros > last ? micros : last;
      long minute = Math.floorDiv(micros, MICROS_PER_MINUTE);
      if (minute != lastMinute) {
        minutes.add(minute);
        lastMinute = minute;
      }
    }
  }

  private Integer numberOf(Series one) {
    Integer known = numbers.get(one);
    if (known == null) {
      series.add(one);
      known = series.size();
      numbers.put(one, known);
    }
    return known;
  }

  private void grow() {
    int larger = size * 2;
    of = Arrays.copyOf(of, larger);
    values = Arrays.copyOf(values, larger);
    at = Arrays.copyOf(at, larger);
    indexes = Arrays.copyOf(indexes, larger);
  }

  int size() {
    return size;
  }

  /** Where the sample at this place, from 1, stood in the batch as it was sent, from 0. */
  int index(int place) {
    return indexes[place - 1];
  }

  @Nullable String[] oraclePoolIds() {
    return series.stream().map(Series::oraclePoolId).toArray(String[]::new);
  }

  @Nullable Long[] poolIds() {
    return series.stream().map(Series::poolId).toArray(Long[]::new);
  }

  String[] metricTypes() {
    return series.stream().map(Series::metricType).toArray(String[]::new);
  }

  String[] units() {
    return series.stream().map(Series::unit).toArray(String[]::new);
  }

  /** From 1. */
  Integer[] series() {
    return Arrays.copyOf(of, size);
  }

  Double[] values() {
    return Arrays.copyOf(values, size);
  }

  @Nullable Long[] micros() {
    return Arrays.copyOf(at, size);
  }

  @Nullable Long first() {
    return first;
  }

  @Nullable Long last() {
    return last;
  }

  Long[] minutes() {
    return minutes.toArray(Long[]::new);
  }
}
