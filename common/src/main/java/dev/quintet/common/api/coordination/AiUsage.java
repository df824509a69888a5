package dev.quintet.common.api.coordination;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A recorded call of a model; see {@link AiUsageRecord} for what its values mean. */
public record AiUsage(
    UUID id,
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
    BigDecimal avoidedCostUsd,
    @Nullable String fallbackModel,
    @Nullable String circuitBreakerState,
    Instant createdAt) {}
