package dev.quintet.coordination.session;

import dev.quintet.common.job.Trouble;
import dev.quintet.coordination.redis.RedisStore;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import jakarta.enterprise.context.ApplicationScoped;
import org.jboss.logging.Logger;

/** Each replica shows what the sweep has counted; without a count it shows none. */
@ApplicationScoped
class SessionFigures {
  private static final Logger LOG = Logger.getLogger(SessionFigures.class);

  private final RedisStore redis;
  private final Trouble trouble = new Trouble(LOG, "session-figures");
  private volatile double live = Double.NaN;

  SessionFigures(RedisStore redis, MeterRegistry registry) {
    this.redis = redis;
    Gauge.builder("coordination.sessions.live", this, figures -> figures.live)
        .description("Sessions of all users at the last sweep")
        .register(registry);
  }

  @Scheduled(
      every = "10s",
      concurrentExecution = ConcurrentExecution.SKIP,
      identity = "session-figures")
  Uni<Void> show() {
    return redis
        .send(Command.GET, SessionSweepJob.countKey(redis))
        .invoke(count -> live = count == null ? Double.NaN : count.toLong())
        .invoke(trouble::worked)
        .onFailure()
        .invoke(failure -> {
          live = Double.NaN;
          trouble.failed(failure);
        })
        .onFailure()
        .recoverWithNull()
        .replaceWithVoid();
  }
}
