package dev.quintet.common.api.coordination;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Asks for more time.
 *
 * @param ttlMs from now on, not in addition; 100 to 86,400,000 (default 30,000)
 */
public record LeaseExtension(
    @Nullable UUID leaseId, @InvalidAs("ttl_out_of_range") @Nullable Long ttlMs) {
  public LeaseExtension {
    var violations = new Violations();
    violations.required(leaseId, "/lease_id");
    LockRules.ttl(violations, ttlMs, "/ttl_ms");
    violations.orThrow();
  }

  @Override
  public UUID leaseId() {
    return Objects.requireNonNull(leaseId);
  }

  public long ttl() {
    return ttlMs == null ? LockRules.USUAL_TTL_MS : ttlMs;
  }
}
