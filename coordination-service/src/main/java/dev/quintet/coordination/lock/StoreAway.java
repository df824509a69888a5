package dev.quintet.coordination.lock;

import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.problem.ProblemException;
import java.time.Duration;

/**
 * PostgreSQL did not answer in time. What was asked may have been done: asking again with the same
 * lease id is safe. Who waits in line recovers from it.
 */
final class StoreAway extends ProblemException {
  private static final long serialVersionUID = 1L;

  StoreAway() {
    super(CoordinationProblem.STORE_UNAVAILABLE, Duration.ofSeconds(1));
  }
}
