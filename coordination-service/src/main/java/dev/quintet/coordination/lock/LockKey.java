package dev.quintet.coordination.lock;

import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.api.coordination.LockRules;
import dev.quintet.common.problem.ProblemException;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * A lock's key, or a semaphore's name, in an address; decoded, so that a slash came as %2F. JAX-RS
 * makes it by its constructor.
 */
@Schema(type = SchemaType.STRING, description = "percent-encoded: a slash is %2F")
public record LockKey(String value) {
  public LockKey {
    if (!LockRules.isKey(value)) {
      throw new ProblemException(CoordinationProblem.INVALID_LOCK_KEY, LockRules.KEY_RULE);
    }
  }
}
