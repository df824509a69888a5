package dev.quintet.common.api.coordination;

import org.jspecify.annotations.Nullable;

/**
 * @param entries values that are kept now
 * @param bytes of them
 * @param hits of all time, up to the last few seconds
 * @param hitRate percent of hits and misses, with two digits; null: nothing was asked for
 */
public record CacheTraffic(
    long entries, long bytes, long hits, long misses, @Nullable Double hitRate) {
  private static final double TWO_DIGITS = 10_000;
  private static final double PERCENT = 100;

  public static CacheTraffic of(long entries, long bytes, long hits, long misses) {
    return new CacheTraffic(
        entries,
        bytes,
        hits,
        misses,
        hits + misses == 0 ? null : Math.round(TWO_DIGITS * hits / (hits + misses)) / PERCENT);
  }
}
