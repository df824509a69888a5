package dev.quintet.common.api.coordination;

import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/**
 * Where a user is connected.
 *
 * @param socketId 1 to 255 characters
 * @param serverId 1 to 64 letters, digits and {@code _.@-}
 */
public record SessionRequest(@Nullable String socketId, @Nullable String serverId) {
  private static final int LONGEST_SOCKET = 255;

  public SessionRequest {
    var violations = new Violations();
    violations.check(socketId != null, CommonProblem.REQUIRED, "/socket_id", "is required");
    violations.check(
        socketId == null
            || (!socketId.isBlank()
                && socketId.length() <= LONGEST_SOCKET
                && socketId.chars().noneMatch(Character::isISOControl)),
        CoordinationProblem.INVALID_SESSION,
        "/socket_id",
        "must be 1 to " + LONGEST_SOCKET + " characters without control characters");
    violations.check(serverId != null, CommonProblem.REQUIRED, "/server_id", "is required");
    if (serverId != null) {
      Segments.checkId(violations, serverId, "/server_id");
    }
    violations.orThrow();
  }
}
