package dev.quintet.coordination.breaker;

import dev.quintet.common.api.coordination.BreakerConfigRequest;
import dev.quintet.common.api.coordination.BreakerOutcomes;
import dev.quintet.common.api.coordination.BreakerOverrideRequest;
import dev.quintet.common.api.coordination.BreakerPermit;
import dev.quintet.common.api.coordination.BreakerReceipt;
import dev.quintet.common.api.coordination.BreakerSelection;
import dev.quintet.common.api.coordination.BreakerState;
import dev.quintet.common.sql.Outages;
import dev.quintet.coordination.breaker.BreakerScript.Counted;
import dev.quintet.coordination.breaker.BreakerScript.Permit;
import dev.quintet.coordination.breaker.BreakerScript.Said;
import dev.quintet.coordination.redis.RedisAway;
import dev.quintet.coordination.redis.RedisStore;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The circuit breakers of all services.
 *
 * <pre>
 *            enough failures                     open_until is over, and somebody asks
 *   closed ─────────────────────▶ open ───────────────────────────────────▶ half-open
 *      ▲                            ▲                                          │  │
 *      │                            └────────── a probe fails or is lost ──────┘  │
 *      └──────────────────────── half_open_requests probes succeed ───────────────┘
 * </pre>
 *
 * Each arrow raises the version by one, in the script, which puts the transition into an outbox
 * beside it; before we answer, PostgreSQL takes it down. Where it cannot, a job does later.
 */
@ApplicationScoped
public class Breakers {
  /** A script that is told of a breaker that Redis does not know, and again, and again. */
  private static final int TRIES = 3;

  private final BreakerScript script;
  private final BreakerQueries queries;
  private final LastKnown lastKnown;
  private final OutcomeBuffer buffer;
  private final BreakerMetrics metrics;
  private final RedisStore redis;
  private final int most;
  private final Duration saveWithin;

  Breakers(
      BreakerScript script,
      BreakerQueries queries,
      LastKnown lastKnown,
      OutcomeBuffer buffer,
      BreakerMetrics metrics,
      RedisStore redis,
      BreakerSettings settings) {
    this.script = script;
    this.queries = queries;
    this.lastKnown = lastKnown;
    this.buffer = buffer;
    this.metrics = metrics;
    this.redis = redis;
    this.most = settings.most();
    this.saveWithin = settings.saveWithin();
  }

  /**
   * Whether a service may be called now. A service without a breaker gets one; empty: there are too
   * many already.
   */
  public Uni<Optional<BreakerPermit>> permit(String service, String reporter) {
    return decided(service, true, () -> script.permit(service, reporter))
        .map(said -> said.map(Breakers::answer))
        .onFailure(RedisAway.class)
        .recoverWithUni(() -> lastKnown.of(service).map(row -> row.map(Breakers::guess)));
  }

  /** Counts what became of calls. Empty: there are too many breakers to make this one. */
  public Uni<Optional<BreakerReceipt>> report(
      String service, List<BreakerOutcomes.Report> reports) {
    return counted(service, reports)
        .onFailure(RedisAway.class)
        .recoverWithUni(() -> keep(service, reports));
  }

  /** The first candidate that may be called, or why none may. */
  public sealed interface Selected {
    record Chosen(BreakerSelection selection) implements Selected {}

    /**
     * @param retryAfterMs when the first of them may be asked again; null: nobody knows
     */
    record None(List<BreakerSelection.Skipped> skipped, @Nullable Long retryAfterMs)
        implements Selected {}
  }

  /** A candidate behind the one that is chosen is not asked, and spends no probe. */
  public Uni<Selected> select(List<String> candidates, String reporter) {
    return select(candidates, 0, reporter, List.of());
  }

  private Uni<Selected> select(
      List<String> candidates, int next, String reporter, List<BreakerSelection.Skipped> skipped) {
    if (next == candidates.size()) {
      var waits =
          skipped.stream()
              .map(BreakerSelection.Skipped::retryAfterMs)
              .filter(Objects::nonNull)
              .flatMapToLong(LongStream::of)
              .min();
      return Uni.createFrom()
          .item(new Selected.None(skipped, waits.isPresent() ? waits.getAsLong() : null));
    }
    String candidate = candidates.get(next);
    return permit(candidate, reporter)
        .chain(found -> {
          if (found.isPresent() && found.get().permitted()) {
            var permit = found.get();
            return Uni.createFrom()
                .item(
                    new Selected.Chosen(
                        new BreakerSelection(
                            candidate, permit.state(), permit.permitId(), skipped)));
          }
          var more = new ArrayList<>(skipped);
          more.add(
              new BreakerSelection.Skipped(
                  candidate,
                  found.map(BreakerPermit::state).orElse(BreakerState.CLOSED),
                  found.map(BreakerPermit::retryAfterMs).orElse(null)));
          return select(candidates, next + 1, reporter, List.copyOf(more));
        });
  }

  /** Back to closed, whatever was counted. Empty: there is no such breaker. */
  Uni<Optional<StoredBreaker>> reset(String service, String actor) {
    return decided(service, false, () -> script.reset(service, actor))
        .chain(said -> said.isEmpty() ? none() : queries.find(service));
  }

  /**
   * A breaker and, where Redis could be asked, what it counts.
   *
   * @param counts null: degraded
   */
  record Seen(StoredBreaker row, @Nullable Counts counts) {}

  /** Empty: there is no such breaker. */
  Uni<Optional<Seen>> look(String service, String actor) {
    return decided(service, false, () -> script.look(service, actor))
        .onFailure(RedisAway.class)
        .recoverWithItem(Optional.empty())
        .chain(counts ->
            queries.find(service).map(row -> row.map(r -> new Seen(r, counts.orElse(null)))));
  }

  sealed interface Edited {
    record Done(StoredBreaker row, boolean made) implements Edited {}

    record Unknown() implements Edited {}

    /** Somebody else has changed it since. */
    record Conflict() implements Edited {}

    /** The instant is not in the future. */
    record Over() implements Edited {}
  }

  /** {@code expected}: the version of the settings that the caller has seen, or null. */
  Uni<Edited> configure(String service, BreakerConfigRequest config, @Nullable Long expected) {
    return queries
        .configure(service, config, expected)
        .chain(made ->
            made.isEmpty()
                ? Uni.createFrom().item(new Edited.Conflict())
                : edited(service, made.get()));
  }

  Uni<Edited> override(String service, BreakerOverrideRequest wish) {
    return queries
        .override(service, wish.override(), wish.reason(), wish.until())
        .chain(done ->
            done
                ? edited(service, false)
                : queries
                    .find(service)
                    .map(row -> row.isEmpty() ? new Edited.Unknown() : new Edited.Over()));
  }

  private Uni<Edited> edited(String service, boolean made) {
    return queries
        .find(service)
        .chain(row ->
            row.isEmpty()
                ? Uni.createFrom().item(new Edited.Unknown())
                : restored(row.get())
                    // PostgreSQL has it; Redis learns it from the job, or when it is asked first.
                    .onFailure(RedisAway.class)
                    .recoverWithNull()
                    .replaceWith(new Edited.Done(row.get(), made)));
  }

  /** Makes Redis follow where PostgreSQL is ahead, and gives up lost probes. */
  Uni<Optional<Counts>> sync(StoredBreaker row, String actor) {
    return restored(row)
        .chain(
            () -> decided(row.serviceName(), false, () -> script.look(row.serviceName(), actor)));
  }

  /** Tells PostgreSQL what it could not be told at the time. Returns how many. */
  Uni<Integer> drain() {
    return drain(0);
  }

  private Uni<Integer> drain(int sofar) {
    return script
        .untold(100)
        .chain(all ->
            all.isEmpty()
                ? Uni.createFrom().item(sofar)
                : Multi.createFrom()
                    .iterable(all)
                    .onItem()
                    .transformToUniAndConcatenate(told ->
                        queries
                            .save(told)
                            .invoke(saved -> count(saved, told))
                            .call(() -> script.told(told)))
                    .collect()
                    .last()
                    .chain(() -> drain(sofar + all.size())));
  }

  /** Counts what was kept while Redis was away. */
  Uni<Void> replay() {
    if (buffer.isEmpty() || !redis.up()) {
      return Uni.createFrom().voidItem();
    }
    return Multi.createFrom()
        .iterable(buffer.take().entrySet())
        .onItem()
        .transformToUniAndConcatenate(this::replay)
        .collect()
        .last()
        .replaceWithVoid();
  }

  private Uni<Void> replay(Map.Entry<String, List<BreakerOutcomes.Report>> kept) {
    return counted(kept.getKey(), kept.getValue())
        .replaceWithVoid()
        .onFailure()
        .recoverWithItem(failure -> {
          // Not yet: they wait for the next turn, unless others have taken their place.
          metrics.dropped(kept.getValue().size() - buffer.keep(kept.getKey(), kept.getValue()));
          return null;
        });
  }

  private Uni<Optional<BreakerReceipt>> counted(
      String service, List<BreakerOutcomes.Report> reports) {
    var changed = new boolean[1];
    return decided(
            service,
            true,
            () ->
                script
                    .outcomes(service, reports)
                    .invoke(said ->
                        changed[0] |=
                            said instanceof Said.Done<Counted> done && done.told() != null))
        .invoke(() -> metrics.outcomes(service, reports))
        .map(said ->
            said.map(counted ->
                new BreakerReceipt(
                    counted.state(),
                    counted.version(),
                    changed[0],
                    counted.ignored(),
                    null,
                    null)));
  }

  private Uni<Optional<BreakerReceipt>> keep(String service, List<BreakerOutcomes.Report> reports) {
    int kept = buffer.keep(service, reports);
    int dropped = reports.size() - kept;
    metrics.dropped(dropped);
    return lastKnown
        .of(service)
        .map(row ->
            row.map(r -> new BreakerReceipt(r.state(), r.version(), false, 0, kept, dropped)));
  }

  private <T> Uni<Optional<T>> decided(
      String service, boolean make, Supplier<Uni<Said<T>>> operation) {
    return decided(service, make, operation, TRIES);
  }

  private <T> Uni<Optional<T>> decided(
      String service, boolean make, Supplier<Uni<Said<T>>> operation, int tries) {
    return operation
        .get()
        .chain(said ->
            switch (said) {
              case Said.Unknown<T> unknown -> again(service, make, operation, tries);
              case Said.Done<T>(T reply, String told) when told == null ->
                  Uni.createFrom().item(Optional.of(reply));
              case Said.Done<T>(T reply, String told) ->
                  saved(told)
                      .chain(saved ->
                          saved
                              ? Uni.createFrom().item(Optional.of(reply))
                              : again(service, make, operation, tries));
            });
  }

  /** Redis has lost something: it learns it from PostgreSQL, and decides once more. */
  private <T> Uni<Optional<T>> again(
      String service, boolean make, Supplier<Uni<Said<T>>> operation, int tries) {
    if (tries == 0) {
      return Uni.createFrom()
          .failure(new IllegalStateException("Redis forgets breakers while they are restored"));
    }
    var row = make ? queries.findOrMake(service, most) : queries.find(service);
    return row.chain(found ->
        found.isEmpty()
            ? none()
            : restored(found.get()).chain(() -> decided(service, make, operation, tries - 1)));
  }

  private Uni<Void> restored(StoredBreaker row) {
    return script.restore(row);
  }

  /**
   * False: PostgreSQL has another transition of this version. While it is away the transition stays
   * in the outbox, and all is well.
   */
  private Uni<Boolean> saved(String told) {
    return queries
        .save(told)
        .ifNoItem()
        .after(saveWithin)
        .fail()
        .invoke(saved -> count(saved, told))
        .call(() -> script.told(told).onFailure(RedisAway.class).recoverWithNull())
        .onFailure(Outages::isOutage)
        .recoverWithItem(true);
  }

  private void count(boolean saved, String told) {
    if (saved) {
      metrics.transition(told);
    }
  }

  private static <T> Uni<Optional<T>> none() {
    return Uni.createFrom().item(Optional.empty());
  }

  private static BreakerPermit answer(Permit permit) {
    return new BreakerPermit(
        permit.permitted(),
        permit.state(),
        permit.version(),
        permit.permitId(),
        permit.retryAfterMs(),
        permit.fallback(),
        null);
  }

  /** Without Redis: open stays open, a half-open one gives no probes, a closed one permits. */
  private static BreakerPermit guess(StoredBreaker row) {
    var override = row.override();
    boolean permitted =
        override == null
            ? row.state() == BreakerState.CLOSED
            : switch (override) {
              case FORCED_OPEN -> false;
              case FORCED_CLOSED, DISABLED -> true;
            };
    return new BreakerPermit(
        permitted,
        row.state(),
        row.version(),
        null,
        permitted ? null : Math.max(1_000, Objects.requireNonNullElse(row.retryAfterMs(), 0L)),
        row.effective().fallback(),
        true);
  }
}
