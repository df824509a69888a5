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
 * Asks for permits of a semaphore.
 *
 * @param count how many, all or none (default 1)
 * @param ttlMs how long the lease lives unless it is extended, 100 to 86,400,000 (default 30,000)
 * @param waitMs how long to wait in line, up to 60,000 (default 0: not at all)
 * @param leaseId made by the caller, so that a repeat gets the same lease
 * @param metadata an object of at most 8 KiB that others see
 */
public record PermitsRequest(
    @InvalidAs("invalid_holder") @Nullable String holder,
    @InvalidAs("invalid_permits") @Nullable Integer count,
    @InvalidAs("ttl_out_of_range") @Nullable Long ttlMs,
    @InvalidAs("wait_out_of_range") @Nullable Long waitMs,
    @Nullable UUID leaseId,
    @Schema(type = SchemaType.OBJECT) @Nullable JsonNode metadata) {

  public PermitsRequest {
    var violations = new Violations();
    LockRules.holder(violations, holder, "/holder");
    violations.check(
        count == null || (count >= 1 && count <= SemaphoreRequest.MOST),
        CoordinationProblem.INVALID_PERMITS,
        "/count",
        "must be between 1 and " + SemaphoreRequest.MOST);
    LockRules.ttl(violations, ttlMs, "/ttl_ms");
    LockRules.waiting(violations, waitMs, "/wait_ms");
    LockRules.metadata(violations, metadata, "/metadata");
    violations.orThrow();
  }

  @Override
  public String holder() {
    return Objects.requireNonNull(holder);
  }

  public int wanted() {
    return count == null ? 1 : count;
  }

  public long ttl() {
    return ttlMs == null ? LockRules.USUAL_TTL_MS : ttlMs;
  }

  public long patience() {
    return waitMs == null ? 0 : waitMs;
  }

  public String notes() {
    return LockRules.stored(metadata);
  }
}
