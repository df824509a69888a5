package dev.quintet.tracker.upkeep;

import dev.quintet.common.job.Trouble;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import org.jboss.logging.Logger;

/**
 * Makes next month's event partitions and drops what is too old: at start and daily. Asked hourly,
 * so that a day begun in an outage is made up for.
 */
@ApplicationScoped
class HousekeepingJob {
  private static final Logger LOG = Logger.getLogger(HousekeepingJob.class);
  private static final Duration A_DAY = Duration.ofHours(23);

  private final UpkeepQueries queries;
  private final Duration retention;
  private final Trouble trouble = new Trouble(LOG, "housekeeping");

  HousekeepingJob(UpkeepQueries queries, UpkeepConfig config) {
    this.queries = queries;
    this.retention = config.eventRetention();
  }

  @Scheduled(
      every = "1h",
      concurrentExecution = ConcurrentExecution.SKIP,
      identity = "tracker-housekeeping")
  Uni<Void> run() {
    return queries
        .housekeeping(A_DAY, retention)
        .invoke(trouble::worked)
        .onFailure()
        .recoverWithItem(failure -> {
          trouble.failed(failure);
          return false;
        })
        .replaceWithVoid();
  }
}
