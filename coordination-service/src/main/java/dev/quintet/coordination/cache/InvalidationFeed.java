package dev.quintet.coordination.cache;

import dev.quintet.common.api.coordination.Invalidation;
import dev.quintet.common.sql.Outages;
import dev.quintet.common.wakeup.Wakeups;
import dev.quintet.coordination.cache.InvalidationQueries.Published;
import dev.quintet.coordination.notice.Notices;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Reads on behind the last invalidation that a reader has got, for as long as it asks for more.
 * Nothing is read ahead beyond one page, so a slow reader costs no memory.
 */
@ApplicationScoped
@RegisterForReflection(targets = Invalidation.class)
class InvalidationFeed {
  private static final int PAGE = 100;

  private final InvalidationQueries queries;
  private final Wakeups wakeups;
  private final Duration heartbeat;
  private final AtomicInteger readers = new AtomicInteger();

  InvalidationFeed(InvalidationQueries queries, Wakeups wakeups, CacheConfig config) {
    this.queries = queries;
    this.wakeups = wakeups;
    this.heartbeat = config.heartbeat();
  }

  /** What goes to the reader. */
  sealed interface News {
    record Done(Invalidation invalidation) implements News {}

    record Heartbeat() implements News {}
  }

  /** How many read now. */
  int readers() {
    return readers.get();
  }

  /**
   * @param after the position behind which to start
   * @param life how long the reader's token is good
   */
  Multi<News> stream(long after, Duration life) {
    var place = new Place(after, life);
    Multi<News> rest =
        Multi.createBy()
            .repeating()
            .uni(() -> place, this::next)
            .whilst(more -> !place.over() && !wakeups.closing())
            .onItem()
            .disjoint();
    // A comment at once, so that the reader sees its stream open before anything happens.
    return Multi.createBy()
        .concatenating()
        .streams(Multi.createFrom().<News>item(new News.Heartbeat()), rest)
        .onSubscription()
        .invoke(() -> readers.incrementAndGet())
        .onTermination()
        .invoke(() -> readers.decrementAndGet());
  }

  private Uni<List<News>> next(Place place) {
    // Taken before we look, so that nothing that happens meanwhile is slept through.
    long turn = wakeups.turn(Notices.INVALIDATIONS);
    return queries
        .after(place.position, PAGE)
        .map(place::moveOn)
        .onFailure(Outages::isOutage)
        .recoverWithItem(List.of())
        .chain(news ->
            news.isEmpty()
                ? wakeups
                    .next(Notices.INVALIDATIONS, turn, step())
                    .map(woken -> place.idle(heartbeat))
                : Uni.createFrom().item(news));
  }

  private Duration step() {
    return heartbeat.compareTo(Wakeups.POLL) < 0 ? heartbeat : Wakeups.POLL;
  }

  /** Where one reader is; its steps follow one another. */
  private static final class Place {
    private final long endNanos;
    private long position;
    private long quietSinceNanos = System.nanoTime();

    Place(long position, Duration life) {
      this.position = position;
      endNanos = System.nanoTime() + life.toNanos();
    }

    List<News> moveOn(List<Published> page) {
      if (!page.isEmpty()) {
        position = page.getLast().position();
        quietSinceNanos = System.nanoTime();
      }
      return page.stream().<News>map(one -> new News.Done(one.invalidation())).toList();
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
