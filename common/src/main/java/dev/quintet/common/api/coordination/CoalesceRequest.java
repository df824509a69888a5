package dev.quintet.common.api.coordination;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Somebody wants a value that others may want at the same time.
 *
 * @param holder who, for people, 1 to 255 characters; several callers may have the same
 * @param leaseMs for how long a leader is believed without a heartbeat, 100 to 60,000 (default
 *     10,000)
 * @param waitMs how long to wait for the result, 0 to 60,000 (default 0)
 * @param errorPolicy what becomes of the followers when this caller leads and fails (default
 *     propagate)
 * @param promiseId made by the caller, for a retry: whoever leads by this promise is told so again;
 *     never the same for two callers
 */
public record CoalesceRequest(
    @InvalidAs("invalid_holder") @Nullable String holder,
    @InvalidAs("ttl_out_of_range") @Nullable Integer leaseMs,
    @InvalidAs("wait_out_of_range") @Nullable Integer waitMs,
    @Nullable CoalesceErrorPolicy errorPolicy,
    @Nullable UUID promiseId) {
  private static final int LONGEST_HOLDER = 255;

  /** Of leases and waits. */
  public static final int LONGEST_MS = 60_000;

  public CoalesceRequest {
    var violations = new Violations();
    violations.check(holder != null, CommonProblem.REQUIRED, "/holder", "is required");
    violations.check(
        holder == null
            || (!holder.isBlank()
                && holder.length() <= LONGEST_HOLDER
                && holder.chars().noneMatch(Character::isISOControl)),
        CoordinationProblem.INVALID_HOLDER,
        "/holder",
        "must be 1 to " + LONGEST_HOLDER + " characters without control characters");
    checkLease(violations, leaseMs);
    violations.check(
        waitMs == null || (waitMs >= 0 && waitMs <= LONGEST_MS),
        CoordinationProblem.WAIT_OUT_OF_RANGE,
        "/wait_ms",
        "must be 0 to " + LONGEST_MS);
    violations.orThrow();
  }

  static void checkLease(Violations violations, @Nullable Integer leaseMs) {
    violations.check(
        leaseMs == null || (leaseMs >= 100 && leaseMs <= LONGEST_MS),
        CoordinationProblem.TTL_OUT_OF_RANGE,
        "/lease_ms",
        "must be 100 to " + LONGEST_MS);
  }
}
