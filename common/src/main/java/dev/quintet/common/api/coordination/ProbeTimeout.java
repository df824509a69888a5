package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.quintet.common.problem.Violations;

/** What a probe is taken for whose caller never came back. */
public enum ProbeTimeout {
  /** The breaker opens again. */
  FAILURE("failure"),
  /** Its place is free again, and that is all. */
  IGNORE("ignore");

  private final String label;

  ProbeTimeout(String label) {
    this.label = label;
  }

  @JsonCreator
  public static ProbeTimeout of(String label) {
    for (var value : values()) {
      if (value.label.equals(label)) {
        return value;
      }
    }
    var violations = new Violations();
    violations.add(
        CoordinationProblem.INVALID_BREAKER_CONFIG, "", "must be one of failure, ignore");
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
