package dev.quintet.common.api.coordination;

import org.jspecify.annotations.Nullable;

/**
 * @param matched keys that were meant
 * @param deleted those of them that had a value
 * @param outboxId as the stream of invalidations tells it; null of a dry run
 * @param pending Redis is away: it is done as soon as it is back
 */
public record InvalidateReply(
    long matched, long deleted, @Nullable Long outboxId, boolean pending) {}
