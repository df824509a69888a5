package dev.quintet.coordination.lock;

import dev.quintet.coordination.lock.LockQueries.Figures;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;

/**
 * Figures of locks. Keys and holders are never labels: callers make them up. What the database
 * holds is read every 15 s, so that a scrape never asks it; without an answer it is NaN rather than
 * stale.
 */
@ApplicationScoped
class LockFigures {
  private static final double UNKNOWN = Double.NaN;

  private final LockQueries queries;
  private final MeterRegistry registry;
  private volatile Figures seen = new Figures(-1, -1, -1, -1);

  LockFigures(LockQueries queries, MeterRegistry registry) {
    this.queries = queries;
    this.registry = registry;
    held("exclusive", figures -> figures.exclusive());
    held("shared", figures -> figures.shared());
    held("permit", figures -> figures.permit());
    Gauge.builder("coordination.lock.queue", this, figures -> shown(figures.seen.waiting()))
        .description("How many wait for locks, over all replicas")
        .register(registry);
  }

  private interface Figure {
    long of(Figures figures);
  }

  private void held(String mode, Figure figure) {
    Gauge.builder("coordination.lock.held", this, figures -> shown(figure.of(figures.seen)))
        .description("Live leases, over all replicas")
        .tag("mode", mode)
        .register(registry);
  }

  private static double shown(long figure) {
    return figure < 0 ? UNKNOWN : figure;
  }

  /** {@code outcome}: granted or timeout. */
  void waited(String mode, String outcome, long ms) {
    Timer.builder("coordination.lock.wait")
        .description("How long callers stood in line for a lock")
        .tag("mode", mode)
        .tag("outcome", outcome)
        .serviceLevelObjectives(
            Duration.ofMillis(1),
            Duration.ofMillis(10),
            Duration.ofMillis(50),
            Duration.ofMillis(250),
            Duration.ofSeconds(1),
            Duration.ofSeconds(5),
            Duration.ofSeconds(30))
        .register(registry)
        .record(Duration.ofMillis(ms));
  }

  @Scheduled(
      every = "15s",
      concurrentExecution = ConcurrentExecution.SKIP,
      identity = "lock-figures")
  Uni<Void> read() {
    return queries
        .figures()
        .onFailure()
        .recoverWithItem(new Figures(-1, -1, -1, -1))
        .invoke(figures -> seen = figures)
        .replaceWithVoid();
  }
}
