package dev.quintet.common.api.autoscaler;

/**
 * A local user's token; there is none to refresh it with.
 *
 * @param accessToken to be sent as {@code Authorization: Bearer}
 * @param tokenType Bearer
 * @param expiresIn in seconds
 */
public record LoginReply(String accessToken, String tokenType, long expiresIn, User user) {}
