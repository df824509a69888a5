package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A circuit breaker. Anybody sees the first five fields; the others come to callers with a role.
 *
 * @param lastStateChange when it came to this state
 * @param since since when calls are treated as they are: the last change of the state, or the
 *     beginning of the override that is in force
 * @param retryAfterMs how long calls will yet be refused; null: they are not, or nobody knows
 * @param version how many transitions there have been
 * @param failureCount failures in the window
 * @param volume outcomes in the window; absent in lists and without Redis, as the next four are
 * @param slowCount slow calls in the window
 * @param successCount probes of this half-open state that succeeded
 * @param probesInFlight probes of it that have not been reported
 * @param reporters who has reported failures in the window, the latest 100, latest first
 * @param overrideReason in the words of whoever set it
 * @param degraded Redis could not be asked: counts are those of the last look, up to some seconds
 *     old
 */
public record Breaker(
    String serviceName,
    BreakerState state,
    Instant lastStateChange,
    Instant since,
    @Nullable Long retryAfterMs,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long version,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long failureCount,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long volume,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long slowCount,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long successCount,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long probesInFlight,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable List<String> reporters,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Instant lastFailureTime,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Instant lastSuccessTime,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Instant openUntil,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable BreakerOverride override,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Instant overrideUntil,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String overrideReason,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable BreakerConfig config,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long settingsVersion,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Boolean degraded) {}
