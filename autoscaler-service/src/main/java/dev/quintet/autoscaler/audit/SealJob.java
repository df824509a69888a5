package dev.quintet.autoscaler.audit;

import dev.quintet.common.job.Trouble;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import org.jboss.logging.Logger;

/**
 * Seals each minute what was written, whichever replica is first; the others find the horizon's row
 * locked and do nothing. Twice in a minute is harmless: there is nothing new to seal.
 */
@ApplicationScoped
class SealJob {
  private static final Logger LOG = Logger.getLogger(SealJob.class);
  private static final int MOST_ROWS = 10_000;

  private final SealQueries queries;
  private final Trouble trouble = new Trouble(LOG, "seal_audit");

  SealJob(SealQueries queries) {
    this.queries = queries;
  }

  @Scheduled(
      every = "{quintet.autoscaler.audit.seal-every:1m}",
      concurrentExecution = ConcurrentExecution.SKIP,
      identity = "autoscaler-seal-audit")
  Uni<Void> run() {
    return queries
        .seal(MOST_ROWS)
        .invoke(trouble::worked)
        .onFailure()
        .recoverWithItem(failure -> {
          trouble.failed(failure);
          return 0;
        })
        .replaceWithVoid();
  }
}
