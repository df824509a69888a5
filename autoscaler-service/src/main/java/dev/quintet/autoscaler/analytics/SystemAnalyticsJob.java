package dev.quintet.autoscaler.analytics;

import dev.quintet.common.job.Trouble;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import org.jboss.logging.Logger;

/**
 * Writes the fleet's row of each minute: the replica that claims the minute first. Asked more often
 * than once a minute, so that a minute begun in trouble is made up for; after a longer one the next
 * row covers what was missed.
 */
@ApplicationScoped
class SystemAnalyticsJob {
  private static final Logger LOG = Logger.getLogger(SystemAnalyticsJob.class);

  private final AnalyticsQueries queries;
  private final Trouble trouble = new Trouble(LOG, "system-analytics");

  SystemAnalyticsJob(AnalyticsQueries queries) {
    this.queries = queries;
  }

  @Scheduled(
      every = "10s",
      concurrentExecution = ConcurrentExecution.SKIP,
      identity = "autoscaler-system-analytics")
  Uni<Void> run() {
    return queries
        .recordMinute()
        .invoke(trouble::worked)
        .onFailure()
        .recoverWithItem(failure -> {
          trouble.failed(failure);
          return null;
        });
  }
}
