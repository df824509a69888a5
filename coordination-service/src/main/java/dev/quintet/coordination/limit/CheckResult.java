package dev.quintet.coordination.limit;

import dev.quintet.common.api.coordination.RateLimitDecision;
import dev.quintet.common.api.coordination.RateWindow;
import java.util.List;

/** What came of a check. */
public sealed interface CheckResult {
  /**
   * Allowed or denied.
   *
   * @param windows that decided, for the headers
   * @param violated names of the windows that deny, empty where it is allowed
   */
  record Decided(RateLimitDecision decision, List<RateWindow> windows, List<String> violated)
      implements CheckResult {}

  /** Redis is away, and the policy is closed. */
  record Unavailable(String policy) implements CheckResult {}

  /** It would never fit. */
  record CostTooLarge(String window, int capacity) implements CheckResult {}

  /** There is none of that name, or none that fits model and tier. */
  record NoPolicy(String detail) implements CheckResult {}
}
