package dev.quintet.common.api.tracker;

import java.util.UUID;

/**
 * A reserved identify slot. The pod sends IDENTIFY at a moment t of its monotonic clock with {@code
 * t_received + identify_in_ms <= t <= t_sent + identify_in_ms + use_within_ms}; is that window
 * empty, it asks with the next attempt.
 *
 * @param bucket shard_id modulo the application's max_concurrency
 * @param remaining identifies left until the daily reset
 */
public record Permit(
    UUID permitId,
    int bucket,
    long identifyInMs,
    long useWithinMs,
    int remaining,
    long resetInMs) {}
