package dev.quintet.coordination.lock;

import dev.quintet.common.api.coordination.Lease;
import dev.quintet.common.api.coordination.Semaphore;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a function of the database answered; which of the others are there depends on the outcome.
 *
 * @param outcome as the function's comment lists them
 */
@RegisterForReflection
record LockAnswer(
    String outcome,
    @Nullable Lease lease,
    @Nullable List<Lease> leases,
    @Nullable String lockKey,
    @Nullable String holder,
    @Nullable Instant expiresAt,
    @Nullable Integer queueLength,
    @Nullable Long retryAfterMs,
    @Nullable Integer available,
    @Nullable Integer inUse,
    @Nullable Semaphore semaphore) {}
