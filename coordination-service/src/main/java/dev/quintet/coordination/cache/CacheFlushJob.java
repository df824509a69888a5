package dev.quintet.coordination.cache;

import dev.quintet.coordination.cache.CacheStore.Count;
import dev.quintet.coordination.cache.CacheStore.Counts;
import dev.quintet.coordination.job.Job;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Brings what Redis has counted to PostgreSQL, each count once even if Redis or this replica ends
 * in between; then what PostgreSQL could not be told while it was away; and takes out rows whose
 * values were looked for and are gone.
 */
@ApplicationScoped
class CacheFlushJob implements Job {
  private final CacheStore store;
  private final MetadataQueries metadata;
  private final LateMetadata late;

  CacheFlushJob(CacheStore store, MetadataQueries metadata, LateMetadata late) {
    this.store = store;
    this.metadata = metadata;
    this.late = late;
  }

  @Override
  public String name() {
    return "cache-flush";
  }

  @Override
  public String schedule() {
    return "5s";
  }

  @Override
  public Uni<String> run() {
    return late.tell().chain(told -> store.takeCounts().chain(counts -> flush(counts, told)));
  }

  private Uni<String> flush(@Nullable Counts counts, int told) {
    if (counts == null) {
      return Uni.createFrom().item("told=" + told);
    }
    return metadata
        .count(counts)
        .call(() -> store.throwAway(counts))
        .chain(() -> removeLost(counts.misses().keySet().stream().map(Count::cacheKey).toList()))
        .map(lost ->
            "hits=%d misses=%d told=%d lost=%d"
                .formatted(sum(counts.hits()), sum(counts.misses()), told, lost));
  }

  private Uni<Integer> removeLost(List<String> missed) {
    return (missed.isEmpty() ? Uni.createFrom().item(List.<String>of()) : metadata.missed(missed))
        .chain(registered ->
            registered.isEmpty()
                ? Uni.createFrom().item(0)
                : store
                    .present(registered)
                    .chain(present -> metadata.deleteMissed(absent(registered, present))));
  }

  private static List<String> absent(List<String> keys, List<Boolean> present) {
    var absent = new ArrayList<String>();
    for (int i = 0; i < keys.size(); i++) {
      if (!present.get(i)) {
        absent.add(keys.get(i));
      }
    }
    return absent;
  }

  private static long sum(java.util.Map<Count, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }
}
