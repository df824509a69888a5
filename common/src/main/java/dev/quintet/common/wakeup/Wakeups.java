package dev.quintet.common.wakeup;

import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Lets a waiter sleep until something has changed about its subject: a cluster, a lock, whatever
 * the service's {@link Subjects} make of a notification. Hints only: a notification may come for
 * nothing, and while the database is away none comes, so everybody also looks at least every {@link
 * #POLL}.
 *
 * <p>A wait completes on the Vert.x context that subscribed to it, keeps nothing once it is over or
 * cancelled, and never fails.
 */
@ApplicationScoped
public class Wakeups {
  /** The subject that stands for all of them. */
  public static final String ANY = "*";

  /** No waiter should rely on being woken for longer than this. */
  public static final Duration POLL = Duration.ofSeconds(2);

  /** Beyond it a waiter is not woken, only timed: connections are bounded elsewhere. */
  private static final int MOST = 20_000;

  /** Subjects share counters: a clash wakes somebody for nothing, and memory stays bounded. */
  private static final int COUNTERS = 1024;

  private final Vertx vertx;
  private final ListenQueries listener;
  private final List<String> channels;
  private final Subjects subjects;
  private final ConcurrentMap<String, Set<Waiter>> waiters = new ConcurrentHashMap<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicLongArray turns = new AtomicLongArray(COUNTERS + 1);
  private volatile boolean closing;

  /** {@code quintet.wakeup.channels}: what this service LISTENs to; none: it never connects. */
  Wakeups(
      Vertx vertx,
      ListenQueries listener,
      Subjects subjects,
      @ConfigProperty(name = "quintet.wakeup.channels") Optional<List<String>> channels) {
    this.vertx = vertx;
    this.listener = listener;
    this.subjects = subjects;
    this.channels = channels.orElse(List.of());
  }

  void start(@Observes StartupEvent event) {
    if (!channels.isEmpty()) {
      listener.start(
          channels,
          notification ->
              subjects
                  .of(notification.getChannel(), notification.getPayload())
                  .forEach(this::changed),
          this::anythingMayHaveChanged);
    }
  }

  /** Comes before the server waits for its requests to end, among them all who wait here. */
  void closing(@Observes ShutdownDelayInitiatedEvent event) {
    closing = true;
    anythingMayHaveChanged();
  }

  void stop(@Observes ShutdownEvent event) {
    listener.stop();
  }

  /** Completes at the next notification after this call, at the latest after {@code atMost}. */
  public Uni<Void> next(String subject, Duration atMost) {
    return next(subject, turn(subject), atMost);
  }

  /**
   * As {@link #next(String, Duration)}, but counting from an earlier {@link #turn}: whoever takes
   * the turn before reading misses nothing that happens while it reads.
   */
  public Uni<Void> next(String subject, long since, Duration atMost) {
    return Uni.createFrom().emitter(emitter -> wait(subject, since, atMost, emitter));
  }

  /** A number that every notification about the subject changes. */
  public long turn(String subject) {
    return turns.get(counter(subject));
  }

  /** False while notifications cannot arrive and only polling helps. */
  public boolean listening() {
    return listener.connected();
  }

  /** True once the replica shuts down: who is woken should answer now and end. */
  public boolean closing() {
    return closing;
  }

  /** How many wait now. */
  public int waiting() {
    return waiting.get();
  }

  private void wait(String subject, long since, Duration atMost, UniEmitter<? super Void> emitter) {
    var waiter = new Waiter(vertx.getOrCreateContext(), emitter);
    boolean listed = waiting.incrementAndGet() <= MOST;
    if (listed) {
      waiters.compute(
          subject,
          (name, others) -> {
            Set<Waiter> all = others == null ? ConcurrentHashMap.newKeySet() : others;
            all.add(waiter);
            return all;
          });
    }
    long timer = vertx.setTimer(Math.max(1, atMost.toMillis()), late -> emitter.complete(null));
    emitter.onTermination(() -> {
      vertx.cancelTimer(timer);
      waiting.decrementAndGet();
      if (listed) {
        waiters.computeIfPresent(
            subject, (name, all) -> all.remove(waiter) && all.isEmpty() ? null : all);
      }
    });
    // Looked at after the waiter is listed: a notification either finds it or has changed this.
    if (turn(subject) != since) {
      emitter.complete(null);
    }
  }

  /** Wakes whoever waits, as a notification does: for who found out of a change by looking. */
  public void changed(String subject) {
    turns.incrementAndGet(counter(subject));
    turns.incrementAndGet(COUNTERS);
    wake(subject);
    wake(ANY);
  }

  /** After a gap nobody knows what was missed. */
  private void anythingMayHaveChanged() {
    for (int i = 0; i <= COUNTERS; i++) {
      turns.incrementAndGet(i);
    }
    waiters.keySet().forEach(this::wake);
  }

  private void wake(String subject) {
    var all = waiters.get(subject);
    if (all != null) {
      all.forEach(Waiter::wake);
    }
  }

  private static int counter(String subject) {
    return subject.equals(ANY) ? COUNTERS : Math.floorMod(subject.hashCode(), COUNTERS);
  }

  /** Compared by identity. */
  private static final class Waiter {
    private final Context context;
    private final UniEmitter<? super Void> emitter;

    Waiter(Context context, UniEmitter<? super Void> emitter) {
      this.context = context;
      this.emitter = emitter;
    }

    void wake() {
      context.runOnContext(now -> emitter.complete(null));
    }
  }
}
