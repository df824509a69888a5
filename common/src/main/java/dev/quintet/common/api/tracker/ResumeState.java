package dev.quintet.common.api.tracker;

import org.jspecify.annotations.Nullable;

/**
 * What the next holder needs to RESUME the gateway session instead of spending an identify. Secret:
 * with it anybody could take the bot's session over.
 *
 * @param ageMs how long ago the holder last reported the session
 */
public record ResumeState(
    String sessionId,
    @Nullable String resumeGatewayUrl,
    @Nullable Long seq,
    @Nullable Integer gatewayVersion,
    @Nullable String encoding,
    long ageMs) {}
