package dev.quintet.coordination.lock;

import dev.quintet.common.job.Trouble;
import dev.quintet.common.wakeup.Wakeups;
import dev.quintet.coordination.lock.LockQueries.Ask;
import dev.quintet.coordination.lock.LockResult.Granted;
import dev.quintet.coordination.lock.LockResult.Held;
import dev.quintet.coordination.lock.LockResult.NoSemaphore;
import dev.quintet.coordination.lock.LockResult.QueueFull;
import dev.quintet.coordination.lock.LockResult.ShuttingDown;
import dev.quintet.coordination.lock.LockResult.TimedOut;
import dev.quintet.coordination.lock.LockResult.TooMany;
import dev.quintet.coordination.notice.Notices;
import dev.quintet.coordination.replica.Replica;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jboss.logging.Logger;

/**
 * Stands in line for callers who wait. The place in line is a row; here is only who is to be woken,
 * so a wait holds no connection, and a replica that dies leaves nothing but a ticket that falls
 * silent.
 *
 * <pre>
 * asked ── granted ──────────────────────────────▶ answer
 *   │ queued                                          ▲
 *   ▼                 notified, or found by a look    │
 * asleep ──────────────────────────▶ asked again ─────┘
 *   │ its time is over ─▶ leaves the line (or takes what was handed over just then)
 *   │ its client went  ─▶ leaves the line at once
 *   └ the replica stops ─▶ 503, and the ticket stays
 * </pre>
 *
 * Who is woken takes what was handed to it with the same call that it asked with, which also puts
 * it back in line where its ticket is gone.
 */
@ApplicationScoped
class LockWaits {
  private static final Logger LOG = Logger.getLogger(LockWaits.class);

  /** While the database is away, each who waits tries this often. */
  private static final Duration RETRY = Duration.ofMillis(500);

  private final LockQueries queries;
  private final LockLines lines;
  private final Wakeups wakeups;
  private final LockFigures figures;
  private final String replica;
  private final Trouble trouble = new Trouble(LOG, "lock-waiters");
  private final ConcurrentMap<UUID, Poll> asleep = new ConcurrentHashMap<>();
  private volatile boolean beat;

  LockWaits(
      LockQueries queries, LockLines lines, Wakeups wakeups, LockFigures figures, Replica replica) {
    this.queries = queries;
    this.lines = lines;
    this.wakeups = wakeups;
    this.figures = figures;
    this.replica = replica.id();
  }

  /** One long poll. */
  private static final class Poll {
    final Ask ask;
    final String subject;
    final long endNanos;
    volatile Uni<LockAnswer> asked = Uni.createFrom().nothing();
    volatile boolean gone;
    volatile boolean inLine;
    volatile long waitedMs;
    private final long beganNanos = System.nanoTime();

    Poll(Ask ask, long waitMs) {
      this.ask = ask;
      subject = Notices.lease(ask.lease().toString());
      endNanos = beganNanos + Duration.ofMillis(waitMs).toNanos();
    }

    /**
     * Since this request came, until it asked last: what it is granted then lives at least so much
     * longer than if it had been granted at once. A request before it, whose ticket it took over,
     * does not count.
     */
    void asks() {
      waitedMs = (System.nanoTime() - beganNanos) / 1_000_000;
    }

    long leftMs() {
      return Math.max(0, (endNanos - System.nanoTime()) / 1_000_000);
    }
  }

  Uni<LockResult> take(Ask ask, long waitMs) {
    if (waitMs == 0) {
      return queries.acquire(ask, null, 0).map(answer -> result(ask, answer, 0));
    }
    return Uni.createFrom().deferred(() -> stand(new Poll(ask, waitMs)));
  }

  private Uni<LockResult> stand(Poll poll) {
    return enter(poll)
        .onCancellation()
        .call(() -> abandon(poll))
        .onTermination()
        .invoke(() -> forget(poll));
  }

  /** The first time the database has to be there; who has a ticket waits for it. */
  private Uni<LockResult> enter(Poll poll) {
    if (poll.gone) {
      return Uni.createFrom().nothing();
    }
    // Taken before asking, so that a hand-over that comes while we ask is not missed.
    long turn = wakeups.turn(poll.subject);
    poll.asks();
    // Asked to the end even if the client goes meanwhile: it then leaves behind what it got.
    poll.asked =
        queries.acquire(poll.ask, replica, Math.max(1, poll.leftMs())).memoize().indefinitely();
    return poll.asked.chain(answer ->
        switch (answer.outcome()) {
          case "queued" -> queued(poll, answer, turn);
          // What was handed to it ran out before it came: it stands in line anew.
          case "lost" -> enter(poll);
          default -> Uni.createFrom().item(result(poll.ask, answer, poll.waitedMs));
        });
  }

  private Uni<LockResult> queued(Poll poll, LockAnswer answer, long turn) {
    if (poll.gone) {
      return Uni.createFrom().nothing();
    }
    if (!poll.inLine) {
      poll.inLine = true;
      lines.join(
          poll.ask.key(), Objects.requireNonNullElse(answer.retryAfterMs(), LockLines.POLL_MS));
      asleep.put(poll.ask.lease(), poll);
    }
    return sleep(poll, turn);
  }

  private Uni<LockResult> sleep(Poll poll, long turn) {
    if (wakeups.closing()) {
      return Uni.createFrom().item(new ShuttingDown());
    }
    long left = poll.leftMs();
    if (left == 0) {
      return last(poll);
    }
    long nap = Math.min(left, lines.untilDueMs(poll.ask.key()));
    return wakeups.next(poll.subject, turn, Duration.ofMillis(nap)).chain(() -> awake(poll, turn));
  }

  private Uni<LockResult> awake(Poll poll, long turn) {
    if (poll.gone) {
      return Uni.createFrom().nothing();
    }
    if (wakeups.closing() || poll.leftMs() == 0) {
      return sleep(poll, turn);
    }
    if (wakeups.turn(poll.subject) != turn) {
      return enter(poll)
          .onFailure(StoreAway.class)
          .recoverWithUni(away -> later(poll, (StoreAway) away));
    }
    if (lines.claim(poll.ask.key())) {
      return queries
          .nextWaiter(poll.ask.key())
          .invoke(due -> lines.due(poll.ask.key(), due.orElse(null)))
          .replaceWithVoid()
          .onFailure(StoreAway.class)
          .recoverWithNull()
          .chain(() -> sleep(poll, turn));
    }
    return sleep(poll, turn);
  }

  private Uni<LockResult> later(Poll poll, StoreAway away) {
    if (poll.gone) {
      return Uni.createFrom().nothing();
    }
    if (wakeups.closing() || poll.leftMs() == 0) {
      return Uni.createFrom().failure(away);
    }
    return wakeups
        .next(poll.subject, wakeups.turn(poll.subject), RETRY)
        .chain(() -> enter(poll))
        .onFailure(StoreAway.class)
        .recoverWithUni(again -> later(poll, (StoreAway) again));
  }

  private Uni<LockResult> last(Poll poll) {
    poll.asks();
    poll.asked =
        queries.giveUp(poll.ask.key(), poll.ask.lease(), poll.ask.ttlMs()).memoize().indefinitely();
    return poll.asked.map(answer -> {
      if (answer.outcome().equals("left")) {
        figures.waited(poll.ask.mode(), "timeout", poll.waitedMs);
        return new TimedOut(answer);
      }
      return result(poll.ask, answer, poll.waitedMs);
    });
  }

  private Uni<?> abandon(Poll poll) {
    poll.gone = true;
    return poll.asked
        .onFailure()
        .recoverWithNull()
        .chain(() -> queries.abandon(poll.ask.key(), poll.ask.lease()))
        .onFailure()
        // The ticket falls silent, as nobody stands for it any more.
        .recoverWithNull();
  }

  private void forget(Poll poll) {
    poll.gone = true;
    if (poll.inLine && asleep.remove(poll.ask.lease(), poll)) {
      lines.leave(poll.ask.key());
    }
  }

  private LockResult result(Ask ask, LockAnswer answer, long waited) {
    return switch (answer.outcome()) {
      case "granted" -> {
        figures.waited(ask.mode(), "granted", waited);
        yield new Granted(
            Objects.requireNonNull(answer.lease()).answered(waited, answer.available()), false);
      }
      case "repeated" ->
          new Granted(
              Objects.requireNonNull(answer.lease()).answered(0L, answer.available()), true);
      case "held", "resting" -> new Held(answer);
      case "queue_full" -> new QueueFull(answer);
      case "too_many" -> new TooMany(answer);
      case "unknown" -> new NoSemaphore();
      default -> throw new IllegalStateException("lock_acquire answered " + answer.outcome());
    };
  }

  /**
   * Every other second stands for all who wait here, in one statement; each second finds those
   * whose notification got lost.
   */
  @Scheduled(
      every = "1s",
      concurrentExecution = ConcurrentExecution.SKIP,
      identity = "lock-waiters-alive")
  Uni<Void> standForAll() {
    beat = !beat;
    var waiting = List.copyOf(asleep.keySet());
    if (waiting.isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    return queries
        .alive(waiting, beat)
        .invoke(news -> news.forEach(lease -> wakeups.changed(Notices.lease(lease.toString()))))
        .invoke(trouble::worked)
        .onFailure()
        .recoverWithItem(failure -> {
          trouble.failed(failure);
          return List.of();
        })
        .replaceWithVoid();
  }
}
