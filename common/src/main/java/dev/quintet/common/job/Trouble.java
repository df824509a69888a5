package dev.quintet.common.job;

import dev.quintet.common.sql.Outages;
import java.util.concurrent.atomic.AtomicReference;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A job's failures, told once: a line when they begin, another when their cause changes, one when
 * they end. A job that runs twice a second would else fill the log of an outage.
 */
public final class Trouble {
  private final Logger log;
  private final String job;
  private final AtomicReference<@Nullable String> last = new AtomicReference<>();

  public Trouble(Logger log, String job) {
    this.log = log;
    this.job = job;
  }

  public void failed(Throwable failure) {
    String cause =
        Outages.isOutage(failure)
            ? "database_unavailable"
            : failure.getClass().getSimpleName() + ": " + failure.getMessage();
    if (!cause.equals(last.getAndSet(cause))) {
      log.warnf("event=job_failing job=%s cause=\"%s\"", job, cause);
      log.debugf(failure, "event=job_failing job=%s", job);
    }
  }

  public void worked() {
    if (last.getAndSet(null) != null) {
      log.infof("event=job_works_again job=%s", job);
    }
  }
}
