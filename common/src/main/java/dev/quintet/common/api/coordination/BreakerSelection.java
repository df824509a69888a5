package dev.quintet.common.api.coordination;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The first service that may be called.
 *
 * @param permitId to be named with the outcome; null: degraded
 * @param skipped those before it, which may not
 */
public record BreakerSelection(
    String serviceName, BreakerState state, @Nullable String permitId, List<Skipped> skipped) {

  /**
   * @param retryAfterMs null: nobody knows
   */
  public record Skipped(String serviceName, BreakerState state, @Nullable Long retryAfterMs) {}
}
