package dev.quintet.coordination.breaker;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * What PostgreSQL last said of a breaker, for the time that Redis is away: asked at most once a
 * second and replica, however many callers there are.
 */
@ApplicationScoped
class LastKnown {
  private final BreakerQueries queries;
  private final int most;
  private final long freshNanos;
  private final ConcurrentMap<String, Read> reads = new ConcurrentHashMap<>();

  LastKnown(BreakerQueries queries, BreakerSettings settings) {
    this.queries = queries;
    this.most = settings.most();
    this.freshNanos = settings.lastKnown().toNanos();
  }

  private record Read(long atNanos, Uni<Optional<StoredBreaker>> row) {}

  /** Empty: there are too many breakers to make this one. */
  Uni<Optional<StoredBreaker>> of(String service) {
    if (reads.size() > 2 * most) {
      reads.clear();
    }
    return Uni.createFrom()
        .deferred(
            () -> reads.compute(service, (name, last) -> fresh(last) ? last : read(name)).row());
  }

  private boolean fresh(@org.jspecify.annotations.Nullable Read last) {
    return last != null && System.nanoTime() - last.atNanos() < freshNanos;
  }

  private Read read(String service) {
    var row =
        queries
            .findOrMake(service, most)
            .onFailure()
            .invoke(() -> reads.remove(service))
            .memoize()
            .atLeast(Duration.ofHours(1));
    return new Read(System.nanoTime(), row);
  }
}
