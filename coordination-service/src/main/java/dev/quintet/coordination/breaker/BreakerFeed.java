package dev.quintet.coordination.breaker;

import dev.quintet.common.sql.Outages;
import dev.quintet.coordination.breaker.BreakerQueries.Placed;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Reads on behind the last transition that a reader has got. The replica looks once for all its
 * readers whether there is a newer one, so anybody may read without costing the database more than
 * that. While it is away readers get only heartbeats, and afterwards what they missed.
 */
@ApplicationScoped
class BreakerFeed {
  private static final int PAGE = 100;

  private final BreakerQueries queries;
  private final Duration poll;
  private final Duration heartbeat;
  private final Uni<Long> latest;
  private final AtomicInteger open = new AtomicInteger();
  private volatile boolean closing;

  BreakerFeed(BreakerQueries queries, BreakerSettings settings) {
    this.queries = queries;
    this.poll = settings.poll();
    this.heartbeat = settings.heartbeat();
    this.latest = Uni.createFrom().deferred(queries::latest).memoize().atLeast(poll.dividedBy(2));
  }

  /** Comes before the server waits for its requests to end, among them all streams. */
  void closing(@Observes ShutdownDelayInitiatedEvent event) {
    closing = true;
  }

  sealed interface News {
    record Changed(Placed event) implements News {}

    record Heartbeat() implements News {}
  }

  /** How many streams this replica serves now. */
  int open() {
    return open.get();
  }

  Multi<News> stream(long after, Duration life) {
    var place = new Place(after, life);
    return Multi.createBy()
        .repeating()
        .uni(() -> place, this::next)
        .whilst(more -> !place.over() && !closing)
        .onItem()
        .<News>disjoint()
        .onSubscription()
        .invoke(open::incrementAndGet)
        .onTermination()
        .invoke(open::decrementAndGet);
  }

  private Uni<List<News>> next(Place place) {
    return latest
        .chain(newest ->
            newest <= place.at
                ? Uni.createFrom().item(List.<Placed>of())
                : queries.after(place.at, PAGE))
        .map(place::moveOn)
        .onFailure(Outages::isOutage)
        .recoverWithItem(List.of())
        .chain(news -> news.isEmpty() ? idle(place) : Uni.createFrom().item(news));
  }

  private Uni<List<News>> idle(Place place) {
    return Uni.createFrom()
        .voidItem()
        .onItem()
        .delayIt()
        .by(poll)
        .map(now -> place.idle(heartbeat));
  }

  /** Where one reader is; its steps follow one another. */
  private static final class Place {
    private final long endNanos;
    private long at;
    private long quietSinceNanos = System.nanoTime();

    Place(long at, Duration life) {
      this.at = at;
      endNanos = System.nanoTime() + life.toNanos();
    }

    List<News> moveOn(List<Placed> events) {
      if (!events.isEmpty()) {
        at = events.getLast().id();
        quietSinceNanos = System.nanoTime();
      }
      return events.stream().<News>map(News.Changed::new).toList();
    }

    List<News> idle(Duration heartbeat) {
      long now = System.nanoTime();
      if (now - quietSinceNanos < heartbeat.toNanos()) {
        return List.of();
      }
      quietSinceNanos = now;
      return List.of(new News.Heartbeat());
    }

    boolean over() {
      return System.nanoTime() - endNanos >= 0;
    }
  }
}
