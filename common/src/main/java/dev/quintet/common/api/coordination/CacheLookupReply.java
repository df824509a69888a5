package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonRawValue;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * What the cache has.
 *
 * @param status hit; stale: its time is over, make a new one; similar_hit: of another document that
 *     looks alike; miss; leader and pending: of a coalesced call
 * @param value the JSON that was stored
 * @param cacheKey where the value is, or is to be put
 * @param preferencesHash for the address of a PUT
 * @param distance of a similar_hit, in bits of 64
 * @param similarity of a similar_hit, 1 at most
 * @param documentId of a similar_hit: whom its value was computed for
 * @param fillToken for the header Coordination-Fill-Token of a PUT
 * @param ttlMs for which a hit is still fresh
 * @param degraded Redis is away, so nothing was looked at
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record CacheLookupReply(
    String status,
    @JsonRawValue @Schema(implementation = Object.class) @Nullable String value,
    String cacheKey,
    String preferencesHash,
    @Nullable Integer distance,
    @Nullable Double similarity,
    @Nullable UUID documentId,
    @Nullable String fillToken,
    @Nullable Long ttlMs,
    @Nullable UUID promiseId,
    boolean degraded) {}
