package dev.quintet.autoscaler.event;

import dev.quintet.autoscaler.access.NodeKey;
import dev.quintet.autoscaler.event.EventQueries.Bounds;
import dev.quintet.autoscaler.event.EventQueries.Placed;
import dev.quintet.autoscaler.event.EventQueries.Slice;
import dev.quintet.common.sql.Outages;
import dev.quintet.common.wakeup.Wakeups;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Reads on behind the last event that a reader has got, for as long as it asks for more. Nothing is
 * read ahead beyond one page, so a slow reader costs no memory. While the database is away the
 * reader gets only its heartbeats, and afterwards what it missed.
 */
@ApplicationScoped
class EventFeed {
  private static final int PAGE = 100;

  /** How soon what is committed, but may not be read yet, is looked for; then twice as long. */
  private static final Duration FIRST_LOOK = Duration.ofMillis(50);

  private final EventQueries events;
  private final Wakeups wakeups;
  private final Duration poll;
  private final Duration heartbeat;
  private final AtomicInteger open = new AtomicInteger();

  EventFeed(EventQueries events, Wakeups wakeups, EventConfig config) {
    this.events = events;
    this.wakeups = wakeups;
    this.heartbeat = config.heartbeat();
    this.poll = shorter(config.poll(), heartbeat);
  }

  /** What goes to the reader. */
  sealed interface News {
    record Happened(Placed event) implements News {}

    /** Events between these two may have been asked for, but are not kept any more. */
    record Truncated(Position after, Position first) implements News {}

    record Heartbeat() implements News {}
  }

  /**
   * Who reads.
   *
   * @param node only what this node's agent acts on, as long as its key is valid; null: everything
   * @param life how long the reader's token is good
   */
  record Reader(@Nullable Agent node, Duration life) {}

  record Agent(int node, NodeKey key) {}

  /** How many streams this replica serves now. */
  int open() {
    return open.get();
  }

  Multi<News> stream(Reader reader, Position after, Bounds bounds) {
    var place = new Place(after, reader.life());
    // At once, so that the reader sees its stream open before anything happens.
    var first = new ArrayList<News>(List.of(new News.Heartbeat()));
    Position oldest = bounds.first();
    if (oldest != null && after.compareTo(oldest) < 0 && after.id() + 1 < oldest.id()) {
      first.add(new News.Truncated(after, oldest));
    }
    Multi<News> rest =
        Multi.createBy()
            .repeating()
            .uni(() -> place, at -> next(reader, at))
            .whilst(more -> !place.over() && !wakeups.closing())
            .onItem()
            .disjoint();
    return Multi.createBy()
        .concatenating()
        .streams(Multi.createFrom().iterable(first), rest)
        .onSubscription()
        .invoke(open::incrementAndGet)
        .onTermination()
        .invoke(open::decrementAndGet);
  }

  private Uni<List<News>> next(Reader reader, Place place) {
    Agent agent = reader.node();
    String subject = agent == null ? Wakeups.ANY : Integer.toString(agent.node());
    // Taken before we look, so that nothing that happens meanwhile is slept through.
    long turn = wakeups.turn(subject);
    Uni<Slice> slice =
        agent == null
            ? events.after(place.at, PAGE)
            : events.after(place.at, PAGE, agent.node(), agent.key());
    return slice
        .map(place::moveOn)
        .onFailure(Outages::isOutage)
        .recoverWithItem(List.of())
        .chain(news ->
            news.isEmpty()
                ? wakeups
                    .next(subject, turn, place.patience(poll))
                    .map(woken -> place.idle(heartbeat))
                : Uni.createFrom().item(news));
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  /** Where one reader is; its steps follow one another. */
  private static final class Place {
    private final long endNanos;
    private Position at;
    private boolean admitted = true;
    private Duration nextLook = FIRST_LOOK;
    private boolean held;
    private long quietSinceNanos = System.nanoTime();

    Place(Position at, Duration life) {
      this.at = at;
      endNanos = System.nanoTime() + life.toNanos();
    }

    List<News> moveOn(Slice slice) {
      at = slice.upTo();
      admitted = slice.admitted();
      held = slice.held();
      if (!admitted) {
        // What it has not read yet is no longer for it.
        return List.of();
      }
      if (!slice.events().isEmpty()) {
        quietSinceNanos = System.nanoTime();
      }
      return slice.events().stream().<News>map(News.Happened::new).toList();
    }

    /** Nobody tells when the older transaction ends that holds back what is committed already. */
    Duration patience(Duration poll) {
      if (!held) {
        nextLook = FIRST_LOOK;
        return poll;
      }
      Duration look = nextLook;
      nextLook = shorter(look.multipliedBy(2), poll);
      return shorter(look, poll);
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
      return !admitted || System.nanoTime() - endNanos >= 0;
    }
  }
}
