package dev.quintet.common.problem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import org.junit.jupiter.api.Test;

class ViolationsTest {
  private static List<String> told(String... pointers) {
    var violations = new Violations();
    for (String pointer : pointers) {
      violations.add(CommonProblem.INVALID_VALUE, pointer, "is not acceptable");
    }
    return catchThrowableOfType(ProblemException.class, violations::orThrow).errors().stream()
        .map(Violation::pointer)
        .toList();
  }

  @Test
  void theFirstFaultOfAPlaceIsItsCause() {
    assertThat(told("/name", "/name")).containsExactly("/name");
  }

  /** An element that is taken out for a fault within it leaves a hole, which is no second fault. */
  @Test
  void theHoleThatAnElementLeavesIsNoFault() {
    assertThat(told("/shards/0/epoch", "/shards/0", "/shards/1", "/shards"))
        .containsExactly("/shards/0/epoch", "/shards/1", "/shards");
  }

  @Test
  void aFaultOfTheWholeStandsBesideThoseOfItsParts() {
    assertThat(told("/limits/min", "/limits", "")).containsExactly("/limits/min", "/limits", "");
    assertThat(told("/shards/10/epoch", "/shards/1")).hasSize(2);
  }

  /** A member that was given and taken out is not missing. */
  @Test
  void whatWasTakenOutIsNotRequired() {
    var violations = new Violations();
    violations.add(CommonProblem.INVALID_VALUE, "/trace/demand", "is too long");
    violations.required(null, "/trace");
    violations.required(null, "/to");
    assertThat(
            catchThrowableOfType(ProblemException.class, violations::orThrow).errors().stream()
                .map(Violation::pointer))
        .containsExactly("/trace/demand", "/to");
  }
}
