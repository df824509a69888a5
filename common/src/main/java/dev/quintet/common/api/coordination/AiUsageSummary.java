package dev.quintet.common.api.coordination;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What calls of models came to, the most expensive first.
 *
 * @param to exclusive
 * @param groupBy model, user, operation or day (UTC)
 */
public record AiUsageSummary(Instant from, Instant to, String groupBy, List<Group> items) {
  public AiUsageSummary {
    items = List.copyOf(items);
  }

  /**
   * The calls of one group.
   *
   * @param group name of the model, id of the user or anonymous, operation or empty, day
   * @param avgLatencyMs null where no call told its latency
   */
  public record Group(
      String group,
      long requests,
      long cacheHits,
      long failures,
      long fallbacks,
      long inputTokens,
      long outputTokens,
      @Nullable Double avgLatencyMs,
      BigDecimal costUsd,
      BigDecimal avoidedCostUsd) {}
}
