package dev.quintet.coordination.breaker;

import dev.quintet.common.api.coordination.BreakerState;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What Redis counts of a breaker at this moment. */
record Counts(
    BreakerState state,
    long version,
    long failures,
    long volume,
    long slow,
    long successes,
    long probes,
    @Nullable Instant lastFailure,
    @Nullable Instant lastSuccess,
    List<String> reporters) {}
