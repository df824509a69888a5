package dev.quintet.common.api.coordination;

/**
 * A user's windows at a model start anew.
 *
 * @param deleted how many keys there were, those of remembered requests among them
 */
public record RateLimitReset(int deleted) {}
