package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was decided, and how the windows stand after it.
 *
 * @param policy the policy's name; inline for windows that came with the check
 * @param limits in the policy's order; empty while an open policy is degraded
 * @param retryAfterMs where it is denied (or would be, in shadow): until the cost fits
 * @param degraded Redis could not be asked, and the policy's fail mode decided
 * @param shadow the policy only watches: what it would deny is allowed
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RateLimitDecision(
    boolean allowed,
    String policy,
    List<Limit> limits,
    @Nullable Long retryAfterMs,
    boolean degraded,
    boolean shadow) {

  /**
   * One window.
   *
   * @param guarantee exact, never_over, burst_plus_rate, approximate, per_fixed_window, or
   *     local_share while degraded
   * @param limit units within the window
   * @param remaining units that fit now
   * @param resetMs until the next unit is back; 0 where none is used
   */
  public record Limit(
      String window,
      RateAlgorithm algorithm,
      String guarantee,
      int limit,
      long remaining,
      long resetMs) {}
}
