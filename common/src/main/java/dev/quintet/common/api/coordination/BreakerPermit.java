package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether the call may be made.
 *
 * @param permitId to be named with the outcome, once and within an hour; null: refused, or degraded
 * @param retryAfterMs when asking again may help; null: permitted, or nobody knows
 * @param fallback services to call instead, best first
 * @param degraded Redis could not be asked: this follows from what PostgreSQL has
 */
public record BreakerPermit(
    boolean permitted,
    BreakerState state,
    long version,
    @Nullable String permitId,
    @Nullable Long retryAfterMs,
    List<String> fallback,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Boolean degraded) {}
