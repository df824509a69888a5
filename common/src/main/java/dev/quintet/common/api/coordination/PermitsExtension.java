package dev.quintet.common.api.coordination;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/**
 * Asks for more time for permits.
 *
 * @param ttlMs from now on, not in addition; 100 to 86,400,000 (default 30,000)
 */
public record PermitsExtension(@InvalidAs("ttl_out_of_range") @Nullable Long ttlMs) {
  public PermitsExtension {
    var violations = new Violations();
    LockRules.ttl(violations, ttlMs, "/ttl_ms");
    violations.orThrow();
  }

  public long ttl() {
    return ttlMs == null ? LockRules.USUAL_TTL_MS : ttlMs;
  }
}
