package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import java.util.Objects;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Asks for a lock.
 *
 * @param holder who asks, for people and for {@code reentrant}; no proof of anything
 * @param ttlMs how long the lease lives unless it is extended, 100 to 86,400,000 (default 30,000)
 * @param waitMs how long to wait in line, up to 60,000 (default 0: not at all)
 * @param mode exclusive unless said
 * @param leaseId made by the caller, so that a repeat gets the same lease or finds its place in
 *     line; made by the service unless said
 * @param metadata an object of at most 8 KiB that others see
 * @param lockDelayMs how long the key rests after an expiry, up to 60,000 (default 0)
 * @param minHoldMs released earlier than this, the key stays taken until then; at most ttl_ms
 *     (default 0)
 * @param reentrant whether a lease that the same holder has is taken once more
 */
public record LockRequest(
    @InvalidAs("invalid_lock_key") @Nullable String lockKey,
    @InvalidAs("invalid_holder") @Nullable String holder,
    @InvalidAs("ttl_out_of_range") @Nullable Long ttlMs,
    @InvalidAs("wait_out_of_range") @Nullable Long waitMs,
    @InvalidAs("invalid_mode") @Nullable LockMode mode,
    @Nullable UUID leaseId,
    @Schema(type = SchemaType.OBJECT) @Nullable JsonNode metadata,
    @InvalidAs("delay_out_of_range") @Nullable Long lockDelayMs,
    @InvalidAs("delay_out_of_range") @Nullable Long minHoldMs,
    @Nullable Boolean reentrant) {

  public LockRequest {
    var violations = new Violations();
    LockRules.key(violations, lockKey, "/lock_key");
    LockRules.holder(violations, holder, "/holder");
    LockRules.ttl(violations, ttlMs, "/ttl_ms");
    LockRules.waiting(violations, waitMs, "/wait_ms");
    LockRules.metadata(violations, metadata, "/metadata");
    LockRules.delay(violations, lockDelayMs, "/lock_delay_ms");
    violations.check(
        minHoldMs == null
            || (minHoldMs >= 0 && minHoldMs <= (ttlMs == null ? LockRules.USUAL_TTL_MS : ttlMs)),
        CoordinationProblem.DELAY_OUT_OF_RANGE,
        "/min_hold_ms",
        "must be between 0 and ttl_ms");
    boolean alone = mode == null || mode == LockMode.EXCLUSIVE;
    violations.check(
        alone || (none(lockDelayMs) && none(minHoldMs) && !Boolean.TRUE.equals(reentrant)),
        CoordinationProblem.INVALID_MODE,
        "/mode",
        "must be exclusive for lock_delay_ms, min_hold_ms and reentrant");
    violations.orThrow();
  }

  private static boolean none(@Nullable Long ms) {
    return ms == null || ms == 0;
  }

  @Override
  public String lockKey() {
    return Objects.requireNonNull(lockKey);
  }

  @Override
  public String holder() {
    return Objects.requireNonNull(holder);
  }

  public long ttl() {
    return ttlMs == null ? LockRules.USUAL_TTL_MS : ttlMs;
  }

  public long patience() {
    return waitMs == null ? 0 : waitMs;
  }

  public LockMode kind() {
    return mode == null ? LockMode.EXCLUSIVE : mode;
  }

  public String notes() {
    return LockRules.stored(metadata);
  }

  public long delay() {
    return lockDelayMs == null ? 0 : lockDelayMs;
  }

  public long minHold() {
    return minHoldMs == null ? 0 : minHoldMs;
  }
}
