package dev.quintet.coordination.metric;

import dev.quintet.coordination.job.Job;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;

/** Drops months past retention, and old rollups. */
@ApplicationScoped
class RetentionJob implements Job {
  private final Partitions partitions;

  RetentionJob(Partitions partitions) {
    this.partitions = partitions;
  }

  @Override
  public String name() {
    return "retention";
  }

  @Override
  public String schedule() {
    return "35 2 * * *";
  }

  @Override
  public Uni<String> run() {
    return partitions
        .retain()
        .map(gone -> "partitions=" + gone.partitions() + " rollups=" + gone.rollups());
  }
}
