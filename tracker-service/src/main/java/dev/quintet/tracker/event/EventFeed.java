package dev.quintet.tracker.event;

import dev.quintet.common.api.tracker.ShardEvent;
import dev.quintet.common.sql.Outages;
import dev.quintet.common.wakeup.Wakeups;
import dev.quintet.tracker.event.EventQueries.Bounds;
import dev.quintet.tracker.event.EventQueries.Slice;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads on behind the last event that a reader has got, for as long as it asks for more. Nothing is
 * read ahead beyond one page, so a slow reader costs no memory. While the database is away the
 * reader gets only its heartbeats, and afterwards what it missed.
 */
@ApplicationScoped
class EventFeed {
  private static final int PAGE = 100;

  private final EventQueries events;
  private final Wakeups wakeups;
  private final Duration heartbeat;

  EventFeed(EventQueries events, Wakeups wakeups, EventConfig config) {
    this.events = events;
    this.wakeups = wakeups;
    this.heartbeat = config.heartbeat();
  }

  /** What goes to the reader. */
  sealed interface News {
    record Happened(ShardEvent event) implements News {}

    /** Events between these two were asked for, but are not kept any more. */
    record Truncated(long after, long firstId) implements News {}

    record Heartbeat() implements News {}
  }

  /**
   * Who reads.
   *
   * @param cluster only this one's events, or null
   * @param scope only these clusters' events, or null
   * @param life how long the reader's token is good
   */
  record Reader(@Nullable String cluster, @Nullable Set<String> scope, Duration life) {}

  Multi<News> stream(Reader reader, long after, Bounds bounds) {
    var place = new Place(after, reader.life());
    // At once, so that the reader sees its stream open before anything happens.
    var first = new ArrayList<News>(List.of(new News.Heartbeat()));
    if (after + 1 < bounds.firstId()) {
      first.add(new News.Truncated(after, bounds.firstId()));
    }
    Multi<News> rest =
        Multi.createBy()
            .repeating()
            .uni(() -> place, at -> next(reader, at))
            .whilst(more -> !place.over() && !wakeups.closing())
            .onItem()
            .disjoint();
    return Multi.createBy().concatenating().streams(Multi.createFrom().iterable(first), rest);
  }

  private Uni<List<News>> next(Reader reader, Place place) {
    String cluster = reader.cluster() == null ? Wakeups.ANY : reader.cluster();
    // Taken before we look, so that nothing that happens meanwhile is slept through.
    long turn = wakeups.turn(cluster);
    return events
        .after(place.id, reader.cluster(), reader.scope(), PAGE)
        .map(place::moveOn)
        .onFailure(Outages::isOutage)
        .recoverWithItem(List.of())
        .chain(news ->
            news.isEmpty()
                ? wakeups.next(cluster, turn, step()).map(woken -> place.idle(heartbeat))
                : Uni.createFrom().item(news));
  }

  private Duration step() {
    return heartbeat.compareTo(Wakeups.POLL) < 0 ? heartbeat : Wakeups.POLL;
  }

  /** Where one reader is; its steps follow one another. */
  private static final class Place {
    private final long endNanos;
    private long id;
    private long quietSinceNanos = System.nanoTime();

    Place(long id, Duration life) {
      this.id = id;
      endNanos = System.nanoTime() + life.toNanos();
    }

    List<News> moveOn(Slice slice) {
      id = slice.upTo();
      if (!slice.events().isEmpty()) {
        quietSinceNanos = System.nanoTime();
      }
      return slice.events().stream().<News>map(News.Happened::new).toList();
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
