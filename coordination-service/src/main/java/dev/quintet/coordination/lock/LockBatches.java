package dev.quintet.coordination.lock;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.quintet.common.api.coordination.LockBatchRequest;
import dev.quintet.common.wakeup.Wakeups;
import dev.quintet.coordination.notice.Notices;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;

/**
 * Several locks or none. Who waits for several stands in no line, as the head of one line might
 * wait for the head of another: it tries again when the key that was in its way may be free, and
 * passes nobody who stands in line.
 */
@ApplicationScoped
class LockBatches {
  private static final long LEAST_NAP_MS = 20;
  private static final long MOST_NAP_MS = 250;

  private final LockQueries queries;
  private final Wakeups wakeups;
  private final ObjectMapper json;

  LockBatches(LockQueries queries, Wakeups wakeups, ObjectMapper json) {
    this.queries = queries;
    this.wakeups = wakeups;
    this.json = json;
  }

  /**
   * How it ended.
   *
   * @param answer of the last try
   * @param patient the caller wanted to wait
   * @param stopped the replica shuts down
   */
  record Outcome(LockAnswer answer, long waitedMs, boolean patient, boolean stopped) {}

  Uni<Outcome> take(LockBatchRequest request) {
    String locks = written(request).toString();
    long began = System.nanoTime();
    return Uni.createFrom().deferred(() -> attempt(locks, request, began));
  }

  private Uni<Outcome> attempt(String locks, LockBatchRequest request, long began) {
    return queries
        .acquireAll(locks, request.ttl())
        .chain(answer -> {
          long waited = (System.nanoTime() - began) / 1_000_000;
          long left = request.patience() - waited;
          boolean blocked = answer.outcome().equals("held") || answer.outcome().equals("resting");
          if (!blocked || left <= 0 || wakeups.closing()) {
            return Uni.createFrom()
                .item(
                    new Outcome(
                        answer,
                        waited,
                        request.patience() > 0,
                        blocked && left > 0 && wakeups.closing()));
          }
          long nap =
              Math.clamp(
                  Objects.requireNonNullElse(answer.retryAfterMs(), MOST_NAP_MS),
                  LEAST_NAP_MS,
                  MOST_NAP_MS);
          String subject = Notices.lock(Objects.requireNonNull(answer.lockKey()));
          return wakeups
              .next(subject, Duration.ofMillis(Math.min(left, nap)))
              .chain(() -> attempt(locks, request, began));
        });
  }

  private ArrayNode written(LockBatchRequest request) {
    ArrayNode locks = json.createArrayNode();
    for (var lock : request.all()) {
      UUID lease = lock.leaseId() == null ? UUID.randomUUID() : lock.leaseId();
      var written =
          locks
              .addObject()
              .put("lock_key", lock.lockKey())
              .put("holder", request.holderOf(lock))
              .put("lease_id", lease.toString())
              .put("mode", lock.kind().label());
      if (lock.metadata() != null && !lock.metadata().isNull()) {
        written.set("metadata", lock.metadata());
      }
    }
    return locks;
  }
}
