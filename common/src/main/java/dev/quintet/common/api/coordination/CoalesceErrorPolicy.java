package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;

/** What becomes of those who wait when the leader fails. */
public enum CoalesceErrorPolicy {
  /** They get its error. */
  PROPAGATE("propagate"),
  /** One of them computes next; the error goes to nobody unless nobody waits. */
  PROMOTE("promote");

  private final String label;

  CoalesceErrorPolicy(String label) {
    this.label = label;
  }

  @JsonCreator
  public static CoalesceErrorPolicy of(String label) {
    for (var value : values()) {
      if (value.label.equals(label)) {
        return value;
      }
    }
    var violations = new Violations();
    violations.add(CommonProblem.INVALID_VALUE, "", "must be one of propagate, promote");
    violations.orThrow();
    throw new IllegalStateException("a violation was found and not thrown");
  }

  @JsonValue
  public String label() {
    return label;
  }

  /** As it stands in JSON. */
  @Override
  public String toString() {
    return label;
  }
}
