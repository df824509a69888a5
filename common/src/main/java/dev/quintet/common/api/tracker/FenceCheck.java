package dev.quintet.common.api.tracker;

/** The epoch is the live one; it stays so at least until its lease runs out. */
public record FenceCheck(boolean current, long epoch, String instanceId, long expiresInMs) {}
