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
 * so that a day begun in an outage is made up for. Instances that are gone are forgotten each hour,
 * a batch per statement, so that no lock is held for long.
 */
@ApplicationScoped
class HousekeepingJob {
  private static final Logger LOG = Logger.getLogger(HousekeepingJob.class);
  private static final int BATCH = 1000;
  private static final Duration A_DAY = Duration.ofHours(23);

  private final UpkeepQueries queries;
  private final UpkeepConfig config;
  private final Trouble trouble = new Trouble(LOG, "housekeeping");

  HousekeepingJob(UpkeepQueries queries, UpkeepConfig config) {
    this.queries = queries;
    this.config = config;
  }

  @Scheduled(
      every = "1h",
      concurrentExecution = ConcurrentExecution.SKIP,
      identity = "tracker-housekeeping")
  Uni<Void> run() {
    return queries
        .housekeeping(A_DAY, config.eventRetention())
        .chain(ran -> forget())
        .invoke(trouble::worked)
        .onFailure()
        .recoverWithItem(failure -> {
          trouble.failed(failure);
          return null;
        });
  }

  private Uni<Void> forget() {
    return queries
        .forgetInstances(config.instanceRetention(), BATCH)
        .chain(forgotten -> forgotten < BATCH ? Uni.createFrom().voidItem() : forget());
  }
}
