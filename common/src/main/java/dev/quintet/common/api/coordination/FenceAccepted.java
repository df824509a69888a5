package dev.quintet.common.api.coordination;

/**
 * The token is not behind any that the resource has seen.
 *
 * @param highWater the highest token that was accepted
 */
public record FenceAccepted(boolean accepted, long highWater) {}
