package dev.quintet.tracker.upkeep;

import dev.quintet.common.job.Trouble;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Looks after every cluster twice a second, whichever replica is first: what ran out, who waits,
 * what is planned. One statement per cluster, so that a slow one delays no other for long.
 */
@ApplicationScoped
class TickJob {
  private static final Logger LOG = Logger.getLogger(TickJob.class);
  private static final Duration SCHEDULED = Duration.ofSeconds(1);

  private final UpkeepQueries queries;
  private final Duration interval;
  private final Duration gap;
  private final int atATime;
  private final long perRun;
  private final Trouble trouble = new Trouble(LOG, "tick");
  private volatile boolean stopping;

  TickJob(UpkeepQueries queries, UpkeepConfig config) {
    this.queries = queries;
    this.interval = config.tick();
    // Timers are not exact: a tick that comes a little early is still this replica's next one.
    this.gap = interval.minus(interval.dividedBy(5));
    this.atATime = config.clustersAtATime();
    this.perRun = Math.max(1, SCHEDULED.toMillis() / Math.max(1, interval.toMillis()));
  }

  void stop(@Observes ShutdownEvent event) {
    stopping = true;
  }

  /** The scheduler's own resolution is a second, so each run makes the ticks of one. */
  @Scheduled(
      every = "1s",
      concurrentExecution = ConcurrentExecution.SKIP,
      identity = "tracker-tick")
  Uni<Void> run() {
    return perRun == 1
        ? tick()
        : Multi.createBy()
            .repeating()
            .uni(this::tick)
            .withDelay(interval)
            .atMost(perRun)
            .collect()
            .last()
            .replaceWithVoid();
  }

  Uni<Void> tick() {
    if (stopping) {
      return Uni.createFrom().voidItem();
    }
    return queries
        .claimTick(gap)
        .chain(this::lookAfter)
        .invoke(trouble::worked)
        .onFailure()
        .recoverWithItem(failure -> {
          trouble.failed(failure);
          return null;
        });
  }

  private Uni<Void> lookAfter(List<String> clusters) {
    return Multi.createFrom()
        .iterable(clusters)
        .onItem()
        .transformToUni(queries::tick)
        .collectFailures()
        .merge(atATime)
        .collect()
        .last()
        .replaceWithVoid();
  }
}
