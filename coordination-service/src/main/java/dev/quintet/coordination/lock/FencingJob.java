package dev.quintet.coordination.lock;

import dev.quintet.common.job.Trouble;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import org.jboss.logging.Logger;

/**
 * Looks whether tokens come from the server they came from before, at the start and then again and
 * again. A grant looks too, once per connection, so that none comes too early.
 */
@ApplicationScoped
class FencingJob {
  private static final Logger LOG = Logger.getLogger(FencingJob.class);

  private final FenceQueries fences;
  private final boolean autoBump;
  private final Trouble trouble = new Trouble(LOG, "fencing-check");

  FencingJob(FenceQueries fences, FencingConfig config) {
    this.fences = fences;
    this.autoBump = config.autoBump();
  }

  @Scheduled(
      every = "30s",
      concurrentExecution = ConcurrentExecution.SKIP,
      identity = "fencing-check")
  Uni<Void> run() {
    return fences
        .check(autoBump)
        .invoke(FencingJob::tell)
        .invoke(trouble::worked)
        .onFailure()
        .recoverWithItem(failure -> {
          trouble.failed(failure);
          return "";
        })
        .replaceWithVoid();
  }

  private static void tell(String outcome) {
    switch (outcome) {
      case "bumped" -> LOG.warn("event=fencing_bumped reason=\"another server or timeline\"");
      case "changed" ->
          LOG.error(
              "event=fencing_server_changed auto_bump=false do=\"SELECT coordination.bump_fencing(1000000)\"");
      default -> {}
    }
  }
}
