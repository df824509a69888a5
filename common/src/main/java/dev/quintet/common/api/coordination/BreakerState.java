package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.quintet.common.problem.Violations;

/** Whether a service is called: the three states of the seed, with its hyphen. */
public enum BreakerState {
  /** Calls pass. */
  CLOSED("closed"),
  /** No call passes until {@code open_until}. */
  OPEN("open"),
  /** A few probes pass, and what becomes of them decides. */
  HALF_OPEN("half-open");

  private final String label;

  BreakerState(String label) {
    this.label = label;
  }

  @JsonCreator
  public static BreakerState of(String label) {
    for (var value : values()) {
      if (value.label.equals(label)) {
        return value;
      }
    }
    var violations = new Violations();
    violations.add(CoordinationProblem.INVALID_STATE, "", "must be one of closed, open, half-open");
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
