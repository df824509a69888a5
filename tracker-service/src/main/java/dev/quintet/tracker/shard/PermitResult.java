package dev.quintet.tracker.shard;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.quintet.common.api.tracker.Permit;
import java.time.Duration;

/** How a request for an identify slot ended, short of a stale epoch. */
sealed interface PermitResult {
  record Reserved(Permit permit) implements PermitResult {}

  /** The same attempt had asked before: the same slot. */
  record Repeated(Permit permit) implements PermitResult {}

  /**
   * @param code identify_wait_too_long, session_start_budget_exhausted or shard_crash_loop
   * @param facts what the database said about it (remaining, reserve, reset_at, wait_ms)
   */
  record Refused(String code, Duration retryAfter, ObjectNode facts) implements PermitResult {}
}
