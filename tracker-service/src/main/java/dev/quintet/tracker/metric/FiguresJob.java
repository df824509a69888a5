package dev.quintet.tracker.metric;

import dev.quintet.tracker.metric.FigureQueries.Figures;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;

/** Reads the figures once per scrape interval, so that a scrape itself never asks the database. */
@ApplicationScoped
class FiguresJob {
  private final FigureQueries figures;
  private final TrackerMetrics metrics;

  FiguresJob(FigureQueries figures, TrackerMetrics metrics) {
    this.figures = figures;
    this.metrics = metrics;
  }

  @Scheduled(
      every = "{quintet.tracker.figures-every}",
      concurrentExecution = ConcurrentExecution.SKIP,
      identity = "tracker-figures")
  Uni<Void> read() {
    return figures
        .read()
        .onFailure()
        .recoverWithItem(Figures.NONE)
        .invoke(metrics::show)
        .replaceWithVoid();
  }
}
