package dev.quintet.common.api.coordination;

import java.util.List;

/**
 * @param present how many of the items are in the cache
 * @param missing the others, for the caller to compute
 * @param degraded Redis is away: all are missing
 */
public record CacheWarmReply(int present, List<CacheWarmItem> missing, boolean degraded) {
  public CacheWarmReply {
    missing = List.copyOf(missing);
  }
}
