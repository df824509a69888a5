package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Who has a lock. Without the lease's id, by which it could be ended.
 *
 * @param state held; resting: expired, and its lock_delay_ms is not over; expired: free, and not
 *     yet swept; free: only waited for
 * @param leases of one lock: all of them, the newest first; the fields above are the newest's
 * @param waiters of one lock: the first in line first
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record HeldLock(
    String lockKey,
    String state,
    @Nullable String holder,
    @Nullable LockMode mode,
    @Nullable Integer permits,
    @Nullable Long fencingToken,
    @Nullable Instant acquiredAt,
    @Nullable Instant expiresAt,
    @Nullable Long ttlRemainingMs,
    @Schema(type = SchemaType.OBJECT) @Nullable JsonNode metadata,
    @Nullable Integer holdCount,
    @Nullable List<HeldLock> leases,
    @Nullable Integer queueLength,
    @Nullable List<Waiter> waiters) {

  /** One who stands in line. */
  public record Waiter(
      long ticket, String holder, LockMode mode, int permits, Instant enqueuedAt, long waitedMs) {}
}
