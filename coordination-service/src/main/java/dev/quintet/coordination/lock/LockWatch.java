package dev.quintet.coordination.lock;

import dev.quintet.common.api.coordination.HeldLock;
import dev.quintet.common.api.coordination.LockEvent;
import dev.quintet.common.wakeup.Wakeups;
import dev.quintet.coordination.lock.LockQueries.Snapshot;
import dev.quintet.coordination.notice.Notices;
import dev.quintet.coordination.replica.Replica;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Follows one lock. From the moment a watch begins, each change of the key is written down in the
 * order of the changes, so a reader sees all of them; the snapshot is of a moment after that. While
 * the database is away the reader gets only heartbeats, and afterwards what it missed.
 */
@ApplicationScoped
class LockWatch {
  private static final int PAGE = 100;

  /** A watch is good for 30 s in the database. */
  private static final long RENEW_NANOS = Duration.ofSeconds(10).toNanos();

  private final LockQueries queries;
  private final Wakeups wakeups;
  private final String replica;
  private final LockConfig config;
  private final AtomicInteger open = new AtomicInteger();

  LockWatch(LockQueries queries, Wakeups wakeups, Replica replica, LockConfig config) {
    this.queries = queries;
    this.wakeups = wakeups;
    this.replica = replica.id();
    this.config = config;
  }

  /** What goes to the reader. */
  sealed interface News {
    record Stands(HeldLock lock, long upTo) implements News {}

    record Happened(LockEvent event) implements News {}

    record Heartbeat() implements News {}
  }

  /** A lock as it stands as its watch begins. */
  record Start(String key, Snapshot snapshot) {}

  boolean full() {
    return open.get() >= config.maxStreams();
  }

  Uni<Start> start(String key) {
    return queries
        .watch(key, replica)
        .chain(() -> queries.snapshot(key))
        .map(snapshot -> new Start(key, snapshot));
  }

  /**
   * @param after the last event the reader has seen before; null: it begins
   * @param life how long the reader's token is good
   */
  Multi<News> stream(Start start, @Nullable Long after, Duration life) {
    var place = new Place(start.key(), start.snapshot().upTo(), life);
    Multi<News> missed =
        after == null
            ? Multi.createFrom().empty()
            : queries
                .events(start.key(), after, PAGE)
                .map(found ->
                    found.events().stream()
                        .filter(event -> event.id() <= start.snapshot().upTo())
                        .<News>map(News.Happened::new)
                        .toList())
                .onFailure(StoreAway.class)
                .recoverWithItem(List.of())
                .toMulti()
                .onItem()
                .disjoint();
    Multi<News> now =
        Multi.createFrom().item(new News.Stands(start.snapshot().lock(), start.snapshot().upTo()));
    Multi<News> rest =
        Multi.createBy()
            .repeating()
            .uni(() -> place, this::next)
            .whilst(more -> !place.over() && !wakeups.closing())
            .onItem()
            .disjoint();
    return Multi.createBy()
        .concatenating()
        .streams(missed, now, rest)
        .onSubscription()
        .invoke(open::incrementAndGet)
        .onTermination()
        .invoke(open::decrementAndGet);
  }

  private Uni<List<News>> next(Place place) {
    String subject = Notices.lock(place.key);
    // Taken before looking, so that nothing that happens meanwhile is missed.
    long turn = wakeups.turn(subject);
    return renewed(place)
        .chain(() -> queries.events(place.key, place.at, PAGE))
        .chain(found ->
            found.expired() && found.events().isEmpty()
                // Ends it, which is an event of its own.
                ? queries.nextWaiter(place.key).replaceWith(List.<LockEvent>of())
                : Uni.createFrom().item(found.events()))
        .map(place::moveOn)
        .onFailure(StoreAway.class)
        .recoverWithItem(List.of())
        .chain(news ->
            news.isEmpty()
                ? wakeups
                    .next(subject, turn, config.watchPoll())
                    .map(woken -> place.idle(config.heartbeat()))
                : Uni.createFrom().item(news));
  }

  private Uni<Void> renewed(Place place) {
    if (System.nanoTime() - place.renewedNanos < RENEW_NANOS) {
      return Uni.createFrom().voidItem();
    }
    return queries.watch(place.key, replica).invoke(() -> place.renewedNanos = System.nanoTime());
  }

  /** Where one reader is; its steps follow one another. */
  private static final class Place {
    private final String key;
    private final long endNanos;
    private long at;
    private long renewedNanos = System.nanoTime();
    private long quietSinceNanos = System.nanoTime();

    Place(String key, long at, Duration life) {
      this.key = key;
      this.at = at;
      endNanos = System.nanoTime() + life.toNanos();
    }

    List<News> moveOn(List<LockEvent> events) {
      var news = new ArrayList<News>(events.size());
      for (LockEvent event : events) {
        at = event.id();
        news.add(new News.Happened(event));
      }
      if (!news.isEmpty()) {
        quietSinceNanos = System.nanoTime();
      }
      return news;
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
