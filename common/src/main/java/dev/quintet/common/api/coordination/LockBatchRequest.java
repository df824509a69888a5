package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Asks for several locks or none of them.
 *
 * @param locks each key once; at most 100
 * @param holder of those that name no holder of their own
 * @param ttlMs of all of them, 100 to 86,400,000 (default 30,000)
 * @param waitMs how long to try again, up to 60,000 (default 0: not at all)
 */
public record LockBatchRequest(
    @Nullable List<@Nullable BatchLock> locks,
    @InvalidAs("invalid_holder") @Nullable String holder,
    @InvalidAs("ttl_out_of_range") @Nullable Long ttlMs,
    @InvalidAs("wait_out_of_range") @Nullable Long waitMs) {
  public static final int MOST = 100;

  /**
   * One of them.
   *
   * @param mode exclusive unless said; permit takes one
   * @param leaseId made by the caller, so that a repeat gets the same lease
   */
  public record BatchLock(
      @InvalidAs("invalid_lock_key") @Nullable String lockKey,
      @InvalidAs("invalid_holder") @Nullable String holder,
      @InvalidAs("invalid_mode") @Nullable LockMode mode,
      @Nullable UUID leaseId,
      @Schema(type = SchemaType.OBJECT) @Nullable JsonNode metadata) {
    public BatchLock {
      var violations = new Violations();
      LockRules.key(violations, lockKey, "/lock_key");
      if (holder != null) {
        LockRules.holder(violations, holder, "/holder");
      }
      LockRules.metadata(violations, metadata, "/metadata");
      violations.orThrow();
    }

    @Override
    public String lockKey() {
      return Objects.requireNonNull(lockKey);
    }

    public LockMode kind() {
      return mode == null ? LockMode.EXCLUSIVE : mode;
    }
  }

  public LockBatchRequest {
    var violations = new Violations();
    violations.check(
        locks != null && !locks.isEmpty(),
        CommonProblem.REQUIRED,
        "/locks",
        "must name at least one lock");
    if (holder != null) {
      LockRules.holder(violations, holder, "/holder");
    }
    LockRules.ttl(violations, ttlMs, "/ttl_ms");
    LockRules.waiting(violations, waitMs, "/wait_ms");
    if (locks != null && locks.size() <= MOST) {
      var keys = new HashSet<String>();
      var leases = new HashSet<UUID>();
      for (int i = 0; i < locks.size(); i++) {
        BatchLock lock = locks.get(i);
        String at = "/locks/" + i;
        if (lock == null) {
          violations.add(CommonProblem.WRONG_TYPE, at, "must be an object");
          continue;
        }
        violations.check(
            keys.add(lock.lockKey()),
            CoordinationProblem.INVALID_LOCK_KEY,
            at + "/lock_key",
            "is there twice");
        violations.check(
            lock.leaseId() == null || leases.add(lock.leaseId()),
            CoordinationProblem.LEASE_ID_REUSED,
            at + "/lease_id",
            "is there twice");
        violations.check(
            lock.holder() != null || holder != null,
            CoordinationProblem.INVALID_HOLDER,
            at + "/holder",
            "is required here or beside locks");
      }
    }
    violations.orThrow();
  }

  /** Never empty; too many are told apart from what is wrong with one. */
  public List<BatchLock> all() {
    return Objects.requireNonNull(locks).stream().map(Objects::requireNonNull).toList();
  }

  public String holderOf(BatchLock lock) {
    return Objects.requireNonNull(lock.holder() == null ? holder : lock.holder());
  }

  public long ttl() {
    return ttlMs == null ? LockRules.USUAL_TTL_MS : ttlMs;
  }

  public long patience() {
    return waitMs == null ? 0 : waitMs;
  }
}
