package dev.quintet.common.api.coordination;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A value that was put into the cache.
 *
 * @param stored false: Redis is away, and only that is lost
 * @param ttlSeconds for which it is fresh
 * @param expiresAt when it is gone, the grace included; the same in both stores
 * @param sizeBytes as it is kept, compressed or not
 * @param codec raw or gzip
 * @param degraded the database is away: until it is back, only the value's time ends it
 */
public record CacheStored(
    String cacheKey,
    boolean stored,
    @Nullable Integer ttlSeconds,
    @Nullable Instant expiresAt,
    @Nullable Integer sizeBytes,
    @Nullable String codec,
    boolean degraded) {}
