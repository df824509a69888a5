package dev.quintet.coordination.coalesce;

import dev.quintet.common.api.coordination.CoalesceCompletion;
import dev.quintet.common.api.coordination.CoalesceErrorPolicy;
import dev.quintet.common.api.coordination.CoalesceHeartbeat;
import dev.quintet.common.api.coordination.CoalesceRequest;
import dev.quintet.common.wakeup.Wakeups;
import dev.quintet.coordination.coalesce.CoalesceScript.Wait;
import dev.quintet.coordination.coalesce.CoalesceScript.Wanted;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Leading and following. Whoever comes first leads; the others wait, each for as long as it likes,
 * and none's leaving ends another's wait. A leader that is silent past its lease is followed by one
 * of those who wait, by compare-and-set in the script, and what it says later is refused.
 */
@ApplicationScoped
class Coalescing {
  private static final String PROMOTED = "promoted";

  private final CoalesceScript script;
  private final CoalesceWatch watch;
  private final Wakeups wakeups;
  private final Duration lease;
  private final Duration resultTtl;
  private final AtomicInteger followers = new AtomicInteger();

  Coalescing(
      CoalesceScript script,
      CoalesceWatch watch,
      Wakeups wakeups,
      CoalesceSettings settings,
      MeterRegistry registry) {
    this.script = script;
    this.watch = watch;
    this.wakeups = wakeups;
    this.lease = settings.lease();
    this.resultTtl = settings.resultTtl();
    Gauge.builder("coordination.coalesce.followers", followers, AtomicInteger::get)
        .description("Callers that wait on this replica for another's result")
        .register(registry);
  }

  Uni<Told> join(Wanted wanted, CoalesceRequest request) {
    int waitMs = request.waitMs() == null ? 0 : request.waitMs();
    return join(wanted, request, new Patience(waitMs));
  }

  private Uni<Told> join(Wanted wanted, CoalesceRequest request, Patience patience) {
    UUID own = request.promiseId();
    String promise = (own == null ? UUID.randomUUID() : own).toString();
    String holder = Objects.requireNonNull(request.holder());
    long leaseMs = request.leaseMs() == null ? lease.toMillis() : request.leaseMs();
    var policy =
        request.errorPolicy() == null ? CoalesceErrorPolicy.PROPAGATE : request.errorPolicy();
    return script
        .join(wanted, promise, own != null, holder, leaseMs, policy, patience.wait(wakeups))
        .chain(told ->
            told instanceof Told.Pending pending && patience.left(wakeups).isPositive()
                ? rung(wanted, pending, holder, patience)
                    // It vanished, result and all: whoever is left begins anew.
                    .chain(end ->
                        end instanceof Told.Unknown
                            ? join(wanted, request, patience)
                            : Uni.createFrom().item(end))
                : Uni.createFrom().item(told));
  }

  /** Follows a promise, and whatever follows on it, for so long. */
  Uni<Told> follow(Wanted wanted, String promise, int waitMs) {
    return follow(wanted, promise, PROMOTED, new Patience(waitMs));
  }

  Uni<Told> current(Wanted wanted) {
    return script.current(wanted);
  }

  Uni<Told> heartbeat(Wanted wanted, String promise, @Nullable CoalesceHeartbeat beat) {
    return script.heartbeat(wanted, promise, beat == null ? null : beat.leaseMs());
  }

  Uni<Told> complete(Wanted wanted, String promise, CoalesceCompletion end, String result) {
    Integer ttl = end.resultTtlMs();
    return script.complete(
        wanted,
        promise,
        result,
        ttl == null ? resultTtl.toMillis() : ttl,
        !Boolean.FALSE.equals(end.cacheable()));
  }

  Uni<Told> fail(Wanted wanted, String promise, String error) {
    return script.fail(wanted, promise, error);
  }

  private Uni<Told> follow(Wanted wanted, String promise, String holder, Patience patience) {
    boolean waits = patience.left(wakeups).isPositive();
    return script
        .follow(
            wanted,
            promise,
            waits ? UUID.randomUUID().toString() : null,
            holder,
            patience.wait(wakeups))
        .chain(told ->
            told instanceof Told.Pending pending && waits
                ? rung(wanted, pending, holder, patience)
                : Uni.createFrom().item(told));
  }

  private Uni<Told> rung(Wanted wanted, Told.Pending pending, String holder, Patience patience) {
    return watch
        .rung(wanted, pending.promise(), patience.left(wakeups))
        .onSubscription()
        .invoke(followers::incrementAndGet)
        .onTermination()
        .invoke(followers::decrementAndGet)
        .chain(() -> follow(wanted, pending.promise(), holder, patience));
  }

  /** How long one caller waits, by its own deadline. */
  private static final class Patience {
    private final String id = UUID.randomUUID().toString();
    private final long endNanos;

    Patience(int waitMs) {
      endNanos = System.nanoTime() + Duration.ofMillis(waitMs).toNanos();
    }

    /** Zero also when the replica shuts down: the caller asks another one. */
    Duration left(Wakeups wakeups) {
      return wakeups.closing()
          ? Duration.ZERO
          : Duration.ofNanos(Math.max(0, endNanos - System.nanoTime()));
    }

    @Nullable Wait wait(Wakeups wakeups) {
      Duration left = left(wakeups);
      return left.isPositive() ? new Wait(id, left.toMillis() + 1) : null;
    }
  }
}
