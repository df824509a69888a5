package dev.quintet.coordination.redis;

import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.problem.ProblemException;
import java.time.Duration;

/**
 * Redis did not answer in time, or is known to be away. What was asked may have been done. A
 * feature that has an answer without Redis recovers from it; elsewhere it is a 503.
 */
public final class RedisAway extends ProblemException {
  private static final long serialVersionUID = 1L;

  RedisAway() {
    super(CoordinationProblem.REDIS_UNAVAILABLE, Duration.ofSeconds(1));
  }
}
