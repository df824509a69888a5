package dev.quintet.coordination.cache;

import dev.quintet.coordination.job.Job;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;

/** What {@link InvalidationLoop} does in every replica, on record and for an operator to run. */
@ApplicationScoped
class OutboxSweepJob implements Job {
  private final Invalidations invalidations;

  OutboxSweepJob(Invalidations invalidations) {
    this.invalidations = invalidations;
  }

  @Override
  public String name() {
    return "outbox-sweep";
  }

  @Override
  public String schedule() {
    return "1m";
  }

  @Override
  public Uni<String> run() {
    return invalidations.drain().map(done -> "done=" + done);
  }
}
