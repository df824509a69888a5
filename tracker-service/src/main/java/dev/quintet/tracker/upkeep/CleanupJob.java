package dev.quintet.tracker.upkeep;

import dev.quintet.common.api.tracker.CleanupReply;
import dev.quintet.common.job.Trouble;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Optional;
import org.jboss.logging.Logger;

/** The seed's cleanup job: every 5 minutes, once over all replicas. */
@ApplicationScoped
class CleanupJob {
  private static final Logger LOG = Logger.getLogger(CleanupJob.class);

  private final UpkeepQueries queries;
  private final Duration every;
  private final Duration threshold;
  private final Trouble trouble = new Trouble(LOG, "cleanup");

  CleanupJob(UpkeepQueries queries, UpkeepConfig config) {
    this.queries = queries;
    this.every = config.cleanup();
    this.threshold = config.cleanupThreshold();
  }

  @Scheduled(
      every = "{quintet.tracker.upkeep.cleanup:5m}",
      concurrentExecution = ConcurrentExecution.SKIP,
      identity = "cleanup-stale-discord-shards")
  Uni<Void> run() {
    return queries
        .cleanupTurn(every, threshold)
        .invoke(this::tell)
        .onFailure()
        .recoverWithItem(failure -> {
          trouble.failed(failure);
          return Optional.empty();
        })
        .replaceWithVoid();
  }

  private void tell(Optional<CleanupReply> done) {
    trouble.worked();
    done.filter(reply -> reply.cleanedCount() > 0)
        .ifPresent(reply ->
            LOG.infof(
                "event=stale_assignments_removed count=%d instances=%s",
                reply.cleanedCount(), reply.affectedInstances()));
  }
}
