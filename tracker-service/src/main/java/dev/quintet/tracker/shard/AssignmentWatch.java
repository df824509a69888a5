package dev.quintet.tracker.shard;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.common.api.tracker.Assignment;
import dev.quintet.common.api.tracker.HeldShard;
import dev.quintet.common.sql.DatabaseError;
import dev.quintet.common.sql.Outages;
import dev.quintet.common.wakeup.Wakeups;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Waits, for one pod, until something about its place has changed. A notification is only a hint to
 * look again; without one we look every {@link Wakeups#POLL}. Looking also takes what was reserved
 * for the pod, so a reservation goes to somebody who is listening.
 */
@ApplicationScoped
class AssignmentWatch {
  private static final Duration PING = Duration.ofSeconds(15);

  private final ShardQueries shards;
  private final Wakeups wakeups;

  AssignmentWatch(ShardQueries shards, Wakeups wakeups) {
    this.shards = shards;
    this.wakeups = wakeups;
  }

  /** Who waits. */
  record Place(String cluster, String instance, @Nullable UUID incarnation, String actor) {}

  /** One event of a pod's stream. */
  record News(String name, Object data) {}

  /** Empty: nothing changed within the wait. */
  Uni<Optional<Assignment>> next(Place place, @Nullable Long after, Duration wait) {
    return look(place, after, wait, System.nanoTime());
  }

  private Uni<Optional<Assignment>> look(
      Place place, @Nullable Long after, Duration wait, long began) {
    // The pod counts valid_for_ms from when it sent the request: what it has waited here since is
    // added, measured before we look.
    long waitedMs = Duration.ofNanos(System.nanoTime() - began).toMillis();
    Duration left = wait.minusMillis(waitedMs);
    // Taken before we look, so that nothing that happens meanwhile is missed.
    long turn = wakeups.turn(place.cluster());
    return shards
        .poll(place.cluster(), place.instance(), place.incarnation(), after, place.actor())
        .chain(found -> {
          if (found.isPresent() || !left.isPositive() || wakeups.closing()) {
            return Uni.createFrom().item(found.map(result -> result.assignment().waited(waitedMs)));
          }
          return wakeups
              .next(place.cluster(), turn, left.compareTo(Wakeups.POLL) < 0 ? left : Wakeups.POLL)
              .chain(() -> look(place, after, wait, began));
        });
  }

  Multi<News> stream(Place place) {
    var told = new Told();
    return Multi.createBy()
        .repeating()
        .uni(() -> told, state -> news(place, state))
        .whilst(items -> !told.over && !wakeups.closing())
        .onItem()
        .disjoint();
  }

  private Uni<List<News>> news(Place place, Told told) {
    long turn = wakeups.turn(place.cluster());
    return shards
        .poll(place.cluster(), place.instance(), place.incarnation(), told.version, place.actor())
        .map(found -> told.tell(found.map(AssignmentResult::assignment)))
        // The stream outlives a database that is away for a moment; the pings go on.
        .onFailure(Outages::isOutage)
        .recoverWithItem(() -> told.tell(Optional.empty()))
        // The place is gone: another process has the name, or the cluster was deleted. That is the
        // last news.
        .onFailure(failure -> DatabaseError.in(failure).isPresent())
        .recoverWithItem(refused -> told.end(DatabaseError.in(refused).orElseThrow()))
        .chain(items ->
            items.isEmpty()
                ? wakeups.next(place.cluster(), turn, Wakeups.POLL).replaceWith(items)
                : Uni.createFrom().item(items));
  }

  /** What a stream has told its pod so far; used by one stream, one step after the other. */
  private static final class Told {
    private @Nullable Long version;
    private Map<Integer, Long> held = Map.of();
    private List<Integer> offers = List.of();
    private List<JsonNode> directives = List.of();
    private long lastNanos = System.nanoTime() - PING.toNanos();
    private boolean first = true;
    private boolean over;

    List<News> end(DatabaseError refused) {
      over = true;
      String reason = refused.constraint();
      return List.of(new News("lost", Map.of("reason", reason == null ? "unavailable" : reason)));
    }

    List<News> tell(Optional<Assignment> found) {
      var news = new ArrayList<News>();
      found.ifPresent(assignment -> compare(assignment, news));
      if (news.isEmpty() && System.nanoTime() - lastNanos >= PING.toNanos()) {
        news.add(
            new News("ping", version == null ? Map.of() : Map.of("assignment_version", version)));
      }
      if (!news.isEmpty()) {
        lastNanos = System.nanoTime();
      }
      return news;
    }

    private void compare(Assignment now, List<News> news) {
      var holds =
          now.shards().stream().collect(Collectors.toMap(HeldShard::shardId, HeldShard::epoch));
      var lost =
          held.keySet().stream().filter(shard -> !holds.containsKey(shard)).sorted().toList();
      if (!lost.isEmpty()) {
        news.add(new News("lost", Map.of("shards", lost)));
      }
      boolean grown =
          holds.entrySet().stream()
              .anyMatch(shard -> !shard.getValue().equals(held.get(shard.getKey())));
      if (now.granted() > 0 || (grown && !first)) {
        news.add(new News("granted", now.unconfirmed()));
      }
      if (!now.offers().isEmpty() && !now.offers().equals(offers)) {
        news.add(new News("offer", Map.of("shards", now.offers())));
      }
      if (!now.directives().equals(directives)) {
        now.directives()
            .forEach(directive ->
                news.add(new News(directive.path("type").asText("directive"), directive)));
      }
      held = holds;
      offers = now.offers();
      directives = now.directives();
      version = now.assignmentVersion();
      first = false;
    }
  }
}
