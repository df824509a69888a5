package dev.quintet.common.api.coordination;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How well the caches do.
 *
 * @param hits of all time, up to the last few seconds
 * @param hitRate percent of hits and misses; null: nothing was asked for
 * @param bytes of the values that are kept now
 * @param byType document, enhancement
 * @param byTier of the users whose values they are; shared: nobody's
 */
public record CacheStats(
    long hits,
    long misses,
    @Nullable Double hitRate,
    long entries,
    long bytes,
    Map<String, CacheTraffic> byType,
    Map<String, CacheTraffic> byTier) {
  public CacheStats {
    byType = Map.copyOf(byType);
    byTier = Map.copyOf(byTier);
  }

  public static CacheStats of(
      CacheTraffic all, Map<String, CacheTraffic> byType, Map<String, CacheTraffic> byTier) {
    return new CacheStats(
        all.hits(), all.misses(), all.hitRate(), all.entries(), all.bytes(), byType, byTier);
  }
}
