package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A connection of a user.
 *
 * @param lastActivity when it was registered or touched last
 * @param expiresInMs it is over then, unless it is touched
 * @param evicted sessions that ended as the user has only so many; only in the answer to a
 *     registration, and only where there are any
 */
public record UserSession(
    String userId,
    String sessionId,
    String socketId,
    String serverId,
    Instant connectedAt,
    Instant lastActivity,
    long expiresInMs,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable List<String> evicted) {}
