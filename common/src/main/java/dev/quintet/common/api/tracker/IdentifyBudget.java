package dev.quintet.common.api.tracker;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An application's identifies, as we count them; at {@code remaining <= reserve} only operators may
 * spend more.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record IdentifyBudget(
    String applicationId,
    int total,
    int remaining,
    int reserve,
    int maxConcurrency,
    Instant resetAt,
    @Nullable Instant reportedAt,
    @Nullable Integer reportedShards) {}
