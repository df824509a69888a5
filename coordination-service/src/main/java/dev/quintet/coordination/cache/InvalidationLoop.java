package dev.quintet.coordination.cache;

import dev.quintet.common.job.Trouble;
import dev.quintet.common.wakeup.Wakeups;
import dev.quintet.coordination.notice.Notices;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import org.jboss.logging.Logger;

/**
 * Does what is in the outbox as soon as the database tells of it, and looks by itself every two
 * seconds and whenever it can hear again: a notification is only the doorbell. Every replica does,
 * so that none waits for another that is about to end.
 */
@ApplicationScoped
class InvalidationLoop {
  private static final Logger LOG = Logger.getLogger(InvalidationLoop.class);

  /** While Redis or the database is away. */
  private static final Duration AGAIN = Duration.ofMillis(500);

  private final Invalidations invalidations;
  private final Wakeups wakeups;
  private final Trouble trouble = new Trouble(LOG, "invalidations");

  InvalidationLoop(Invalidations invalidations, Wakeups wakeups) {
    this.invalidations = invalidations;
    this.wakeups = wakeups;
  }

  /** One run lasts as long as the service; the schedule only brings it back should it ever end. */
  @Scheduled(
      every = "1s",
      concurrentExecution = ConcurrentExecution.SKIP,
      identity = "invalidation-loop")
  Uni<Void> run() {
    return Multi.createBy()
        .repeating()
        .uni(this::step)
        .whilst(woken -> !wakeups.closing())
        .onItem()
        .ignoreAsUni();
  }

  /** Never fails, and never is empty: that would end the loop. */
  private Uni<Boolean> step() {
    // Taken before we look, so that nothing that happens meanwhile is slept through.
    long turn = wakeups.turn(Notices.INVALIDATIONS);
    return invalidations
        .drain()
        .map(done -> {
          trouble.worked();
          return Wakeups.POLL;
        })
        .onFailure()
        .recoverWithItem(failure -> {
          trouble.failed(failure);
          return AGAIN;
        })
        .chain(pause ->
            pause.equals(AGAIN)
                ? wakeups.next(Notices.INVALIDATIONS, AGAIN)
                : wakeups.next(Notices.INVALIDATIONS, turn, pause))
        .replaceWith(true);
  }
}
