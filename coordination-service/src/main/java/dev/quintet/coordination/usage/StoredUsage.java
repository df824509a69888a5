package dev.quintet.coordination.usage;

import java.math.BigDecimal;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A call as the statement that stores it reads it.
 *
 * @param avoidedToldUsd null: look what the original cost
 * @param avoidedPricedUsd where there is no original either
 */
record StoredUsage(
    @Nullable UUID requestId,
    @Nullable UUID userId,
    @Nullable UUID documentId,
    String model,
    @Nullable String requestedModel,
    @Nullable String operation,
    @Nullable Integer inputTokens,
    @Nullable Integer outputTokens,
    @Nullable Integer latencyMs,
    boolean success,
    boolean cacheHit,
    BigDecimal costUsd,
    @Nullable BigDecimal avoidedToldUsd,
    BigDecimal avoidedPricedUsd,
    @Nullable String fallbackModel,
    @Nullable String circuitBreakerState) {}
