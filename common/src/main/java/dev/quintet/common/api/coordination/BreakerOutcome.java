package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.quintet.common.problem.Violations;

/** What became of a call, as its caller judges it. */
public enum BreakerOutcome {
  SUCCESS("success"),
  /** An answer of 5xx, or one that makes no sense. */
  FAILURE("failure"),
  /** No answer in time; counts as a failure. */
  TIMEOUT("timeout"),
  /** Says nothing about the service: the provider's 429, or a fault of the caller's. */
  IGNORED("ignored");

  private final String label;

  BreakerOutcome(String label) {
    this.label = label;
  }

  @JsonCreator
  public static BreakerOutcome of(String label) {
    for (var value : values()) {
      if (value.label.equals(label)) {
        return value;
      }
    }
    var violations = new Violations();
    violations.add(
        CoordinationProblem.INVALID_STATE, "", "must be one of success, failure, timeout, ignored");
    violations.orThrow();
    throw new IllegalStateException("a violation was found and not thrown");
  }

  @JsonValue
  public String label() {
    return label;
  }

  /** As it stands in JSON, also in what is said about a wrong value. */
  @Override
  public String toString() {
    return label;
  }
}
