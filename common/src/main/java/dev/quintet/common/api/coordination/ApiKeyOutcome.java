package dev.quintet.common.api.coordination;

import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.util.List;

/**
 * What the provider said to a leased key.
 *
 * @param slot primary or fallback
 * @param outcome success, auth_failed or quota_exhausted
 */
public record ApiKeyOutcome(String slot, int version, String outcome) {
  private static final List<String> SLOTS = List.of("primary", "fallback");
  private static final List<String> OUTCOMES = List.of("success", "auth_failed", "quota_exhausted");

  public ApiKeyOutcome {
    var violations = new Violations();
    violations.check(
        slot != null && SLOTS.contains(slot),
        CommonProblem.INVALID_VALUE,
        "/slot",
        "must be primary or fallback");
    violations.check(version >= 1, CommonProblem.INVALID_VALUE, "/version", "must be 1 or more");
    violations.check(
        outcome != null && OUTCOMES.contains(outcome),
        CoordinationProblem.INVALID_OUTCOME,
        "/outcome",
        "must be one of success, auth_failed, quota_exhausted");
    violations.orThrow();
  }
}
