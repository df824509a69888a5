package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;

/** A person's word instead of the breaker's own judgement; its state stays what it was. */
public enum BreakerOverride {
  /** No call passes. */
  FORCED_OPEN("forced_open"),
  /** All calls pass; outcomes are counted and open nothing. */
  FORCED_CLOSED("forced_closed"),
  /** All calls pass and nothing is counted. */
  DISABLED("disabled");

  private final String label;

  BreakerOverride(String label) {
    this.label = label;
  }

  @JsonCreator
  public static BreakerOverride of(String label) {
    for (var value : values()) {
      if (value.label.equals(label)) {
        return value;
      }
    }
    var violations = new Violations();
    violations.add(
        CommonProblem.INVALID_VALUE, "", "must be one of forced_open, forced_closed, disabled");
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
