package dev.quintet.autoscaler.retention;

import dev.quintet.autoscaler.metric.MetricConfig;
import dev.quintet.autoscaler.retention.RetentionQueries.Upkeep;
import dev.quintet.common.job.Trouble;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import org.jboss.logging.Logger;

/**
 * Keeps partitions ready, closes full ones and drops old ones: at start and every minute, as much
 * as is due. At 10,000 rows a second one of the usual size lasts a quarter of an hour.
 */
@ApplicationScoped
class PartitionJob {
  private static final Logger LOG = Logger.getLogger(PartitionJob.class);

  /**
   * A partition goes this much later than its rows may be wanted, as minutes are still rolled from
   * them.
   */
  private static final Duration MARGIN = Duration.ofHours(1);

  private final RetentionQueries queries;
  private final RetentionConfig config;
  private final Duration metrics;
  private final Trouble trouble = new Trouble(LOG, "partitions");

  PartitionJob(RetentionQueries queries, RetentionConfig config, MetricConfig metrics) {
    this.queries = queries;
    this.config = config;
    this.metrics = metrics.keep().plus(MARGIN);
  }

  @Scheduled(
      every = "1m",
      concurrentExecution = ConcurrentExecution.SKIP,
      identity = "autoscaler-partitions")
  Uni<Void> run() {
    return Multi.createFrom()
        .items(Partitioned.values())
        .onItem()
        .transformToUniAndConcatenate(this::upkeep)
        .collect()
        .last()
        .invoke(trouble::worked)
        .onFailure()
        .recoverWithItem(failure -> {
          trouble.failed(failure);
          return Upkeep.NOTHING;
        })
        .replaceWithVoid();
  }

  private Uni<Upkeep> upkeep(Partitioned table) {
    Duration keep = table == Partitioned.METRICS ? metrics : config.heartbeats();
    return queries.upkeep(table, keep, config).invoke(done -> tell(table, done));
  }

  private static void tell(Partitioned table, Upkeep done) {
    if (!done.equals(Upkeep.NOTHING)) {
      LOG.infof(
          "event=partitions_changed table=%s made=%d closed=%d dropped=%d",
          table.table(), done.made(), done.closed(), done.dropped());
    }
  }
}
