package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened to a lock.
 *
 * @param id rises with each event of the lock
 * @param event acquired, extended, released, expired, revoked (by an operator), lost (handed to a
 *     waiter who never came for it) or waiting (the line has grown or shrunk)
 * @param actor the operator of a revocation
 * @param queueLength of waiting
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record LockEvent(
    long id,
    String lockKey,
    String event,
    @Nullable String holder,
    @Nullable Long fencingToken,
    Instant at,
    @Nullable String actor,
    @Nullable String reason,
    @Nullable LockMode mode,
    @Nullable Integer permits,
    @Nullable Instant expiresAt,
    @Nullable Integer queueLength) {}
