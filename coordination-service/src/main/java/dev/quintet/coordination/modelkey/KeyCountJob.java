package dev.quintet.coordination.modelkey;

import dev.quintet.coordination.job.Job;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;

/** Writes what was leased since the last time; what cannot be written is put back. */
@ApplicationScoped
class KeyCountJob implements Job {
  private final KeyCache cache;
  private final KeyQueries queries;

  KeyCountJob(KeyCache cache, KeyQueries queries) {
    this.cache = cache;
    this.queries = queries;
  }

  @Override
  public String name() {
    return "key-count-flush";
  }

  @Override
  public String schedule() {
    return "10s";
  }

  @Override
  public Uni<String> run() {
    return cache
        .takeUsage()
        .chain(usage ->
            usage.isEmpty()
                ? Uni.createFrom().item(0)
                : queries
                    .count(usage)
                    .onFailure()
                    .call(() -> cache.returnUsage(usage))
                    .replaceWith(usage.size()))
        .map(keys -> "keys=" + keys);
  }
}
