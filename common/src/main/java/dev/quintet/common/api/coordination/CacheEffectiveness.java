package dev.quintet.common.api.coordination;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;

/** What caches spared in the last 24 hours, newest hour first: v_cache_effectiveness. */
public record CacheEffectiveness(List<Hour> items) {
  public CacheEffectiveness {
    items = List.copyOf(items);
  }

  /**
   * One hour.
   *
   * @param hitRate percent, to 2 decimals
   * @param costWithoutCache USD; the actual cost and the savings together
   */
  public record Hour(
      Instant hour,
      long cacheHits,
      long cacheMisses,
      BigDecimal hitRate,
      BigDecimal costWithoutCache,
      BigDecimal actualCost,
      BigDecimal savings) {}
}
