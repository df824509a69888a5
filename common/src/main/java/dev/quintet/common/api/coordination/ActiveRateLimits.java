package dev.quintet.common.api.coordination;

import java.time.Instant;
import java.util.List;

/** Reported usage of the last hour by model and user: v_active_rate_limits. */
public record ActiveRateLimits(List<Window> items) {
  public ActiveRateLimits {
    items = List.copyOf(items);
  }

  /**
   * What a user called a model for.
   *
   * @param redisKey {@code rl:{model}:{user}:hour}; what Redis admits is another count
   * @param ttlRemaining seconds until the first of them is an hour old
   */
  public record Window(String redisKey, long requestCount, Instant lastRequest, int ttlRemaining) {}
}
