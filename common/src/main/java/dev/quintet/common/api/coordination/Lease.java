package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A lock that is held. Its holder counts {@code waited_ms + ttl_ms} from the moment before it sent
 * the request, on a monotonic clock; the instants are for people.
 *
 * @param leaseId by which it is extended and released; whoever knows it can
 * @param fencingToken higher than that of every lease of this key before
 * @param ttlRemainingMs how long it lives from when the database answered
 * @param holdCount how often a reentrant holder has taken it
 * @param waitedMs how long this request stood in line at least
 * @param available permits that are left; only of a semaphore
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Lease(
    String lockKey,
    UUID leaseId,
    String holder,
    LockMode mode,
    int permits,
    long fencingToken,
    Instant acquiredAt,
    Instant expiresAt,
    long ttlRemainingMs,
    @Schema(type = SchemaType.OBJECT) JsonNode metadata,
    int holdCount,
    @Nullable Long waitedMs,
    @Nullable Integer available) {

  /** The same with what is known only of this answer. */
  public Lease answered(@Nullable Long waitedMs, @Nullable Integer available) {
    return new Lease(
        lockKey,
        leaseId,
        holder,
        mode,
        permits,
        fencingToken,
        acquiredAt,
        expiresAt,
        ttlRemainingMs,
        metadata,
        holdCount,
        waitedMs,
        available);
  }
}
