package dev.quintet.coordination.coalesce;

import dev.quintet.coordination.coalesce.CoalesceScript.Wanted;
import dev.quintet.coordination.redis.RedisAway;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Rings those who wait on this replica when their promise is over or its leader is silent. Nobody
 * holds a connection meanwhile: the replica asks Redis for all of its promises at once, every
 * {@code poll} and a little more rarely the more there are.
 *
 * <p>A subscription would ring sooner by half that time, but it is lost with its connection without
 * a word, so a poll would have to stand behind it all the same; and a leader that falls silent
 * publishes nothing.
 */
@ApplicationScoped
class CoalesceWatch {
  private static final int AT_ONCE = 250;

  /** Whoever is not rung looks by itself now and then. */
  private static final Duration LONGEST = Duration.ofSeconds(5);

  private final CoalesceScript script;
  private final Vertx vertx;
  private final Duration poll;
  private final ConcurrentMap<Watched, Uni<Void>> watches = new ConcurrentHashMap<>();
  private final AtomicReference<@Nullable Uni<Set<Watched>>> tick = new AtomicReference<>();

  CoalesceWatch(CoalesceScript script, Vertx vertx, CoalesceSettings settings) {
    this.script = script;
    this.vertx = vertx;
    this.poll = settings.poll();
  }

  private record Watched(Wanted wanted, String promise) {}

  /** Completes when there is reason to look again, at the latest after {@code atMost}. */
  Uni<Void> rung(Wanted wanted, String promise, Duration atMost) {
    var watched = new Watched(wanted, promise);
    Context context = vertx.getOrCreateContext();
    return Uni.createFrom()
        .deferred(() -> watches.computeIfAbsent(watched, this::watch))
        .ifNoItem()
        // The caller's time may end between its look at the clock and this one.
        .after(atMost.isPositive() ? atMost : Duration.ofMillis(1))
        .recoverWithUni(Uni.createFrom().voidItem())
        .emitOn(command -> context.runOnContext(now -> command.run()));
  }

  /** One for all who wait for the promise. */
  private Uni<Void> watch(Watched watched) {
    long end = System.nanoTime() + LONGEST.toNanos();
    return Uni.createFrom()
        .deferred(this::tick)
        .repeat()
        .until(rung -> rung.contains(watched) || System.nanoTime() - end > 0)
        .collect()
        .last()
        .replaceWithVoid()
        .onTermination()
        .invoke(() -> watches.remove(watched))
        .memoize()
        .indefinitely();
  }

  /** The next look; one for all watches. */
  private Uni<Set<Watched>> tick() {
    var running = tick.get();
    if (running != null) {
      return running;
    }
    var made =
        Uni.createFrom()
            .voidItem()
            .onItem()
            .delayIt()
            .by(poll.plusMillis(watches.size() / 10))
            .invoke(() -> tick.set(null))
            .chain(this::look)
            .memoize()
            .indefinitely();
    return tick.compareAndSet(null, made) ? made : Objects.requireNonNullElse(tick.get(), made);
  }

  private Uni<Set<Watched>> look() {
    var all = List.copyOf(watches.keySet());
    var chunks = new ArrayList<List<Watched>>();
    for (int i = 0; i < all.size(); i += AT_ONCE) {
      chunks.add(all.subList(i, Math.min(i + AT_ONCE, all.size())));
    }
    return Multi.createFrom()
        .iterable(chunks)
        .onItem()
        .transformToUniAndConcatenate(chunk ->
            script
                .look(
                    chunk.stream().map(Watched::wanted).toList(),
                    chunk.stream().map(Watched::promise).toList())
                .map(rung -> rung.stream().map(chunk::get).toList()))
        .collect()
        .asList()
        .<Set<Watched>>map(rung -> {
          var set = new HashSet<Watched>();
          rung.forEach(set::addAll);
          return set;
        })
        // They see for themselves that Redis is away.
        .onFailure(RedisAway.class)
        .recoverWithItem(() -> Set.copyOf(all));
  }
}
