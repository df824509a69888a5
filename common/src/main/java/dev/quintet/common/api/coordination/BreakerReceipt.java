package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * What outcomes did to a breaker.
 *
 * @param changed whether they moved it to this state
 * @param ignoredCount outcomes that moved no counter: told as ignored, told before, of a permit
 *     from before the last transition, or of a probe that was given up
 * @param bufferedCount Redis could not be asked: so many are kept here and counted when it can
 * @param droppedCount and so many are lost, as too many were kept already
 */
public record BreakerReceipt(
    BreakerState state,
    long version,
    boolean changed,
    long ignoredCount,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Integer bufferedCount,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Integer droppedCount) {}
