package dev.quintet.coordination.lock;

import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.api.coordination.Lease;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.coordination.lock.LockResult.Granted;
import dev.quintet.coordination.lock.LockResult.Held;
import dev.quintet.coordination.lock.LockResult.NoSemaphore;
import dev.quintet.coordination.lock.LockResult.QueueFull;
import dev.quintet.coordination.lock.LockResult.ShuttingDown;
import dev.quintet.coordination.lock.LockResult.TimedOut;
import dev.quintet.coordination.lock.LockResult.TooMany;
import java.time.Duration;
import java.util.Objects;

/** What each end of a request means to a client, for locks and permits alike. */
final class LockProblems {
  private static final Duration SOON = Duration.ofSeconds(1);

  private LockProblems() {}

  /** The grant, or the problem. */
  static Granted granted(LockResult result) {
    return switch (result) {
      case Granted granted -> granted;
      case Held(LockAnswer blocker) ->
          throw blocked(new ProblemException(CoordinationProblem.LOCK_HELD), blocker);
      case TimedOut(LockAnswer blocker) ->
          throw blocked(new ProblemException(CoordinationProblem.LOCK_WAIT_TIMEOUT), blocker);
      case QueueFull(LockAnswer queue) ->
          throw new ProblemException(CoordinationProblem.QUEUE_FULL)
              .with("queue_length", queue.queueLength())
              .retryAfter(SOON);
      case TooMany(LockAnswer semaphore) ->
          throw new ProblemException(
                  CoordinationProblem.INVALID_PERMITS, "the semaphore has fewer permits")
              .with("permits", semaphore.available());
      case NoSemaphore() -> throw new ProblemException(CoordinationProblem.UNKNOWN_SEMAPHORE);
      case ShuttingDown() -> throw shuttingDown();
    };
  }

  static ProblemException shuttingDown() {
    return new ProblemException(CoordinationProblem.SHUTTING_DOWN).retryAfter(SOON);
  }

  static ProblemException blocked(ProblemException problem, LockAnswer blocker) {
    return problem
        .with("lock_key", blocker.lockKey())
        .with("holder", blocker.holder())
        .with("expires_at", blocker.expiresAt())
        .with("queue_length", blocker.queueLength())
        .with("available", blocker.available())
        .retryAfter(
            Duration.ofMillis(Objects.requireNonNullElse(blocker.retryAfterMs(), SOON.toMillis())));
  }

  /** More time, or the problem. */
  static Lease extended(LockAnswer answer) {
    return switch (answer.outcome()) {
      case "extended" -> Objects.requireNonNull(answer.lease()).answered(null, answer.available());
      case "unknown" ->
          throw new ProblemException(
              CoordinationProblem.LOCK_NOT_FOUND, "nobody holds it, and nobody is known to have");
      default ->
          throw new ProblemException(
              CoordinationProblem.LEASE_LOST, "it ran out, was released or taken away: stop");
    };
  }
}
