package dev.quintet.autoscaler.liveness;

import dev.quintet.autoscaler.AutoscalerConfig;
import dev.quintet.common.job.Trouble;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import org.jboss.logging.Logger;

/** Finds nodes that fell silent; one replica at a time, and each silence is told once. */
@ApplicationScoped
class SweepJob {
  private static final Logger LOG = Logger.getLogger(SweepJob.class);

  private final LivenessQueries queries;
  private final Duration offlineAfter;
  private final Trouble trouble = new Trouble(LOG, "sweep");

  SweepJob(LivenessQueries queries, AutoscalerConfig config) {
    this.queries = queries;
    this.offlineAfter = config.offlineAfter();
  }

  @Scheduled(
      every = "{quintet.autoscaler.sweep-every:15s}",
      concurrentExecution = ConcurrentExecution.SKIP,
      identity = "sweep-nodes")
  Uni<Void> run() {
    return queries
        .sweep(offlineAfter)
        .invoke(SweepJob::tell)
        .invoke(trouble::worked)
        .onFailure()
        .recoverWithItem(failure -> {
          trouble.failed(failure);
          return 0;
        })
        .replaceWithVoid();
  }

  private static void tell(int gone) {
    if (gone > 0) {
      LOG.infof("event=nodes_went_offline count=%d", gone);
    }
  }
}
