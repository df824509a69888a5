package dev.quintet.common.problem;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Collects everything that is wrong with a request, so that a client learns it in one answer.
 *
 * <pre>{@code
 * var violations = new Violations();
 * violations.check(want >= 1, INVALID_WANT, "/want", "must be 1 or more");
 * violations.orThrow();
 * }</pre>
 *
 * A record that is read from a body does this in its compact constructor; pointers are then
 * relative to the record, and the reader puts the way to it in front.
 */
public final class Violations {
  /**
   * Enough for a person; a body of nothing but faults must not become an answer of its own size.
   */
  private static final int MOST = 100;

  private final List<Violation> all = new ArrayList<>();
  private @Nullable ProblemType first;

  public void check(boolean holds, ProblemType type, String pointer, String detail) {
    if (!holds) {
      add(type, pointer, detail);
    }
  }

  public void required(@Nullable Object value, String pointer) {
    check(value != null, CommonProblem.REQUIRED, pointer, "is required");
  }

  public void add(ProblemType type, String pointer, String detail) {
    add(type, new Violation(pointer, null, type.code(), detail));
  }

  public void checkParameter(boolean holds, ProblemType type, String name, String detail) {
    if (!holds) {
      addParameter(type, name, detail);
    }
  }

  public void addParameter(ProblemType type, String name, String detail) {
    add(type, new Violation(null, name, type.code(), detail));
  }

  /** Takes over what a nested record found, at the place where it stands. */
  public void addAll(ProblemException nested, String at) {
    for (Violation violation : nested.errors()) {
      add(
          nested.type(),
          violation.pointer() == null
              ? violation
              : new Violation(
                  at + violation.pointer(), null, violation.code(), violation.detail()));
    }
  }

  public boolean isEmpty() {
    return all.isEmpty();
  }

  public void orThrow() {
    if (first != null) {
      throw ProblemException.ofViolations(first, all);
    }
  }

  private void add(ProblemType type, Violation violation) {
    // The first fault found at a place is the cause; later ones there only follow from it.
    if (all.size() < MOST && all.stream().noneMatch(violation::follows)) {
      all.add(violation);
      first = first == null ? type : first;
    }
  }
}
