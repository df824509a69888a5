package dev.quintet.common.api.coordination;

/**
 * A leader's lease.
 *
 * @param leaseRemainingMs how long the leader is believed from now without a heartbeat
 */
public record CoalesceLease(String promiseId, long leaseRemainingMs) {}
