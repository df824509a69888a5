package dev.quintet.autoscaler.login;

import dev.quintet.common.job.Trouble;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import org.jboss.logging.Logger;

/** Counts of tries and revoked tokens say nothing once their time is over. Twice is harmless. */
@ApplicationScoped
class ForgetLoginsJob {
  private static final Logger LOG = Logger.getLogger(ForgetLoginsJob.class);

  private final LoginQueries queries;
  private final Trouble trouble = new Trouble(LOG, "forget_logins");

  ForgetLoginsJob(LoginQueries queries) {
    this.queries = queries;
  }

  @Scheduled(
      every = "15m",
      concurrentExecution = ConcurrentExecution.SKIP,
      identity = "autoscaler-forget-logins")
  Uni<Void> run() {
    return queries
        .forget()
        .invoke(trouble::worked)
        .onFailure()
        .recoverWithItem(failure -> {
          trouble.failed(failure);
          return null;
        });
  }
}
