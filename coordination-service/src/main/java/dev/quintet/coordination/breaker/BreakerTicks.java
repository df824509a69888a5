package dev.quintet.coordination.breaker;

import dev.quintet.common.job.Trouble;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import org.jboss.logging.Logger;

/** What each replica does for itself: its own kept outcomes, and the figures that it shows. */
@ApplicationScoped
class BreakerTicks {
  private static final Logger LOG = Logger.getLogger(BreakerTicks.class);
  private static final int SHOWN = 200;

  private final Breakers breakers;
  private final BreakerQueries queries;
  private final BreakerMetrics metrics;
  private final Trouble replaying = new Trouble(LOG, "breaker-replay");
  private final Trouble showing = new Trouble(LOG, "breaker-figures");

  BreakerTicks(Breakers breakers, BreakerQueries queries, BreakerMetrics metrics) {
    this.breakers = breakers;
    this.queries = queries;
    this.metrics = metrics;
  }

  @Scheduled(
      every = "1s",
      concurrentExecution = ConcurrentExecution.SKIP,
      identity = "breaker-replay")
  Uni<Void> replay() {
    return quietly(breakers.replay(), replaying);
  }

  @Scheduled(
      every = "5s",
      concurrentExecution = ConcurrentExecution.SKIP,
      identity = "breaker-figures")
  Uni<Void> show() {
    return quietly(queries.list(null, "", SHOWN).invoke(metrics::show).replaceWithVoid(), showing);
  }

  private static Uni<Void> quietly(Uni<Void> work, Trouble trouble) {
    return work.invoke(trouble::worked)
        .onFailure()
        .recoverWithItem(failure -> {
          trouble.failed(failure);
          return null;
        });
  }
}
