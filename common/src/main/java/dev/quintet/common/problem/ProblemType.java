package dev.quintet.common.problem;

/**
 * One kind of error that a client may switch on. Each service brings its own as an enum; the ones
 * that belong to no domain are {@link CommonProblem}.
 */
public interface ProblemType {
  /** Stable and snake_case: this is the name that clients compare. */
  String code();

  int status();

  /** Short, the same for every occurrence. */
  String title();

  default String uri() {
    return "urn:quintet:problem:" + code();
  }
}
