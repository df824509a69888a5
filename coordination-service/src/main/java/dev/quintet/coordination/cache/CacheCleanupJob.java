package dev.quintet.coordination.cache;

import dev.quintet.coordination.job.Job;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;

/** The seed's job: what has expired is taken off the record, and how much that was is a metric. */
@ApplicationScoped
class CacheCleanupJob implements Job {
  private final MetadataQueries metadata;

  CacheCleanupJob(MetadataQueries metadata) {
    this.metadata = metadata;
  }

  @Override
  public String name() {
    return "cleanup-cache-metadata";
  }

  @Override
  public String schedule() {
    return "*/15 * * * *";
  }

  @Override
  public Uni<String> run() {
    return metadata.cleanUp().replaceWith("metric cleanup_count tells how many");
  }
}
