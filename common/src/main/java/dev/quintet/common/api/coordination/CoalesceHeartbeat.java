package dev.quintet.common.api.coordination;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/**
 * The leader still computes.
 *
 * @param leaseMs for how long it is believed from now, 100 to 60,000; absent: as before
 */
public record CoalesceHeartbeat(@InvalidAs("ttl_out_of_range") @Nullable Integer leaseMs) {
  public CoalesceHeartbeat {
    var violations = new Violations();
    CoalesceRequest.checkLease(violations, leaseMs);
    violations.orThrow();
  }
}
