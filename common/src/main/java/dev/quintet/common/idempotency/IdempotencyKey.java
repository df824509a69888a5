package dev.quintet.common.idempotency;

import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;

/**
 * The header of the same name. A resource takes it as a parameter:
 * {@code @HeaderParam(IdempotencyKey.HEADER) IdempotencyKey key}, null when it was not sent.
 */
public record IdempotencyKey(String value) {
  public static final String HEADER = "Idempotency-Key";

  public IdempotencyKey {
    var violations = new Violations();
    violations.checkParameter(
        !value.isEmpty()
            && value.length() <= 255
            && value.chars().allMatch(c -> c > ' ' && c < 127),
        CommonProblem.INVALID_IDEMPOTENCY_KEY,
        HEADER,
        "must be 1 to 255 visible ASCII characters");
    violations.orThrow();
  }

  /** JAX-RS looks for this name. */
  public static IdempotencyKey fromString(String value) {
    return new IdempotencyKey(value);
  }
}
