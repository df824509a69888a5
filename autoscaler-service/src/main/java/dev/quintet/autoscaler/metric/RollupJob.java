package dev.quintet.autoscaler.metric;

import dev.quintet.common.job.Trouble;
import dev.quintet.common.sql.FleetLocks;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import org.jboss.logging.Logger;

/**
 * Rolls new samples up into minutes and hours, one replica at a time. Running it twice changes
 * nothing, as a bucket is computed anew from its rows, and nothing waits for it, as queries read
 * what is not rolled yet from the rows.
 */
@ApplicationScoped
class RollupJob {
  private static final Logger LOG = Logger.getLogger(RollupJob.class);
  private static final long TURN = FleetLocks.key("autoscaler", "roll-metrics");

  /** In one run; the next goes on. */
  private static final int MOST_TRANSACTIONS = 200;

  /** Samples may be as old as rows are kept, and take a moment to get here. */
  private static final Duration LATE = Duration.ofMinutes(30);

  private final MetricQueries queries;
  private final int batches;
  private final double keepSeconds;
  private final Trouble trouble = new Trouble(LOG, "roll-metrics");

  RollupJob(MetricQueries queries, MetricConfig config) {
    this.queries = queries;
    this.batches = config.rollBatches();
    this.keepSeconds = config.keep().plus(LATE).toSeconds();
  }

  @Scheduled(
      every = "{quintet.autoscaler.metrics.roll-every:15s}",
      concurrentExecution = ConcurrentExecution.SKIP,
      identity = "autoscaler-roll-metrics")
  Uni<Void> run() {
    return Multi.createBy()
        .repeating()
        .uni(() -> queries.roll(TURN, batches, keepSeconds))
        .whilst(taken -> taken == batches)
        .select()
        .first(MOST_TRANSACTIONS)
        .collect()
        .last()
        .invoke(trouble::worked)
        .onFailure()
        .recoverWithItem(failure -> {
          trouble.failed(failure);
          return 0;
        })
        .replaceWithVoid();
  }
}
