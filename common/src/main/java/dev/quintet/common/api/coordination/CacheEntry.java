package dev.quintet.common.api.coordination;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a cached value.
 *
 * @param accessCount how often it was found, up to the last few seconds
 * @param ttlSeconds from createdAt to expiresAt
 * @param sizeBytes as it is kept, compressed or not
 * @param codec raw or gzip
 */
public record CacheEntry(
    String cacheKey,
    String cacheType,
    @Nullable UUID documentId,
    @Nullable UUID userId,
    Instant createdAt,
    @Nullable Instant accessedAt,
    @Nullable Integer accessCount,
    int ttlSeconds,
    Instant expiresAt,
    @Nullable Integer sizeBytes,
    @Nullable String model,
    @Nullable String codec) {}
