package dev.quintet.common.api.coordination;

import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;

/**
 * A wish for a model's key.
 *
 * @param purpose for the audit; 1 to 200 characters
 */
public record ApiKeyLeaseRequest(String purpose) {
  public ApiKeyLeaseRequest {
    var violations = new Violations();
    violations.required(purpose, "/purpose");
    violations.check(
        purpose == null
            || (!purpose.isBlank()
                && purpose.length() <= 200
                && purpose.chars().noneMatch(Character::isISOControl)),
        CommonProblem.INVALID_VALUE,
        "/purpose",
        "must be 1 to 200 characters");
    violations.orThrow();
  }
}
