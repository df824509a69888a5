package dev.quintet.coordination.limit;

import dev.quintet.common.api.coordination.RateLimitDecision;
import dev.quintet.common.api.coordination.RateLimitDecision.Limit;
import dev.quintet.common.api.coordination.RateWindow;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The fields of draft-ietf-httpapi-ratelimit-headers: every window of the policy, and of their
 * states the tightest, whose seconds a client should heed.
 */
final class RateHeaders {
  static final String POLICY = "RateLimit-Policy";
  static final String STATE = "RateLimit";

  private RateHeaders() {}

  static String policy(List<RateWindow> windows) {
    return windows.stream()
        .map(window -> "\"" + window.window() + "\";q=" + window.limit() + ";w=" + window.seconds())
        .collect(Collectors.joining(","));
  }

  /** Empty where nothing is known: an open policy without Redis. */
  static Optional<String> state(RateLimitDecision decision, List<String> violated) {
    return decision.limits().stream()
        .min(
            Comparator.comparing((Limit limit) -> !violated.contains(limit.window()))
                .thenComparingDouble(limit -> (double) limit.remaining() / limit.limit())
                .thenComparingLong(limit -> -limit.resetMs()))
        .map(limit ->
            "\""
                + limit.window()
                + "\";r="
                + limit.remaining()
                + ";t="
                + Math.ceilDiv(limit.resetMs(), 1_000L));
  }
}
