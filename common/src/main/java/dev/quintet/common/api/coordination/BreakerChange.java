package dev.quintet.common.api.coordination;

import java.time.Instant;

/**
 * A transition as anybody may see it in the stream.
 *
 * @param state to which it came
 * @param lastStateChange when
 */
public record BreakerChange(
    String serviceName,
    BreakerState fromState,
    BreakerState state,
    long version,
    Instant lastStateChange) {}
