package dev.quintet.coordination.cache;

import dev.quintet.coordination.job.Job;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;

/** Forgets invalidations that were done long ago: readers of the stream cannot go back to them. */
@ApplicationScoped
class OutboxRetentionJob implements Job {
  private final InvalidationQueries queries;
  private final Duration age;

  OutboxRetentionJob(InvalidationQueries queries, CacheConfig config) {
    this.queries = queries;
    this.age = config.keepInvalidations();
  }

  @Override
  public String name() {
    return "outbox-retention";
  }

  @Override
  public String schedule() {
    return "10m";
  }

  @Override
  public Uni<String> run() {
    return queries.forget(age).map(deleted -> "deleted=" + deleted);
  }
}
