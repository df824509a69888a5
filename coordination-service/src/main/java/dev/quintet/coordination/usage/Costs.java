package dev.quintet.coordination.usage;

import dev.quintet.common.api.coordination.AiUsageRecord;
import dev.quintet.coordination.usage.ModelPrices.Price;
import jakarta.enterprise.context.ApplicationScoped;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a call cost, and what one that did not happen would have. A hit costs nothing, ever: so what
 * caches save is the sum of what hits avoided, and never below zero.
 */
@ApplicationScoped
class Costs {
  private static final int DECIMALS = 6;
  private static final int MILLION_DIGITS = 6;

  private final Map<String, Price> prices;

  Costs(ModelPrices prices) {
    this.prices = prices.models();
  }

  /** Of the call itself, USD. */
  BigDecimal of(AiUsageRecord call) {
    if (hit(call)) {
      return BigDecimal.ZERO;
    }
    BigDecimal told = call.costUsd();
    return told == null ? priced(call) : rounded(told);
  }

  /** Null: not told; what the original cost is then asked first, and {@link #priced} second. */
  @Nullable BigDecimal avoidedAsTold(AiUsageRecord call) {
    BigDecimal told = call.avoidedCostUsd();
    return hit(call) && told != null ? rounded(told) : null;
  }

  /** By the price table; 0 where the model has no price there. */
  BigDecimal priced(AiUsageRecord call) {
    Price price = prices.get(call.model());
    return price == null
        ? BigDecimal.ZERO
        : rounded(
            tokens(call.inputTokens())
                .multiply(price.inputPerMillion())
                .add(tokens(call.outputTokens()).multiply(price.outputPerMillion()))
                .movePointLeft(MILLION_DIGITS));
  }

  private static boolean hit(AiUsageRecord call) {
    return Boolean.TRUE.equals(call.cacheHit());
  }

  private static BigDecimal tokens(@Nullable Integer count) {
    return BigDecimal.valueOf(count == null ? 0 : count);
  }

  private static BigDecimal rounded(BigDecimal cost) {
    return cost.setScale(DECIMALS, RoundingMode.HALF_EVEN);
  }
}
