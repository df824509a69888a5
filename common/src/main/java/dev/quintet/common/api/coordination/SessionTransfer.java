package dev.quintet.common.api.coordination;

import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/**
 * All sessions of a server go to another one, as when it is replaced.
 *
 * @param fromServer which they leave
 * @param toServer which they come to
 */
public record SessionTransfer(@Nullable String fromServer, @Nullable String toServer) {
  public SessionTransfer {
    var violations = new Violations();
    check(violations, fromServer, "/from_server");
    check(violations, toServer, "/to_server");
    violations.check(
        fromServer == null || !fromServer.equals(toServer),
        CoordinationProblem.INVALID_SESSION,
        "/to_server",
        "must be another one than from_server");
    violations.orThrow();
  }

  private static void check(Violations violations, @Nullable String server, String pointer) {
    violations.check(server != null, CommonProblem.REQUIRED, pointer, "is required");
    if (server != null) {
      Segments.checkId(violations, server, pointer);
    }
  }
}
