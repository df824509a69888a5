package dev.quintet.coordination.modelkey;

import dev.quintet.common.api.coordination.ApiKeyLease;
import dev.quintet.common.api.coordination.ApiKeyOutcome;
import dev.quintet.common.api.coordination.ApiKeys;
import dev.quintet.coordination.modelkey.Envelopes.Opened;
import dev.quintet.coordination.modelkey.KeyCache.Choice;
import dev.quintet.coordination.modelkey.LeaseResult.KekMissing;
import dev.quintet.coordination.modelkey.LeaseResult.Leased;
import dev.quintet.coordination.modelkey.LeaseResult.NoUsableKey;
import dev.quintet.coordination.modelkey.LeaseResult.UnknownModel;
import dev.quintet.coordination.redis.RedisAway;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Leases keys: Redis chooses and counts, PostgreSQL has the last word and writes the audit in the
 * same statement. A rotation is one transaction there, so from one lease to the next the new key is
 * the one, whatever Redis still has; a choice that PostgreSQL refuses is loaded anew and made
 * again. With Redis away PostgreSQL chooses by itself, and nobody knows which slots are out.
 */
@ApplicationScoped
public class ModelKeys {
  private static final Logger LOG = Logger.getLogger(ModelKeys.class);

  /** Rotations that may come between one choice and its check. */
  private static final int MOST_LOADS = 4;

  private final KeyQueries queries;
  private final KeyCache cache;
  private final Envelopes envelopes;
  private final Keks keks;
  private final Clock clock;
  private final MeterRegistry meters;

  ModelKeys(
      KeyQueries queries,
      KeyCache cache,
      Envelopes envelopes,
      Keks keks,
      Clock clock,
      MeterRegistry meters) {
    this.queries = queries;
    this.cache = cache;
    this.envelopes = envelopes;
    this.keks = keks;
    this.clock = clock;
    this.meters = meters;
  }

  private record Wish(String model, String actor, String purpose) {}

  /** {@code actor} and {@code purpose} go into the audit. */
  public Uni<LeaseResult> lease(String model, String actor, String purpose) {
    if (keks.active().isEmpty()) {
      return Uni.createFrom().item(counted(new KekMissing()));
    }
    var wish = new Wish(model, actor, purpose);
    return choose(wish, MOST_LOADS)
        .onFailure(RedisAway.class)
        .recoverWithUni(() -> withoutRedis(wish))
        .map(this::counted);
  }

  private Uni<LeaseResult> choose(Wish wish, int loads) {
    return cache
        .choose(wish.model())
        .chain(choice ->
            switch (choice) {
              case Choice.Chosen chosen -> checked(wish, chosen.key(), loads);
              case Choice.AllOut out ->
                  Uni.createFrom().<LeaseResult>item(new NoUsableKey(out.forMs()));
              case Choice.Absent absent -> loaded(wish, loads);
            });
  }

  private Uni<LeaseResult> checked(Wish wish, Sealed key, int loads) {
    return switch (envelopes.open(key.envelope(), key.place(wish.model()))) {
      case Opened.Plain plain ->
          queries
              .use(wish.model(), key.slot(), key.version(), wish.actor(), wish.purpose())
              .chain(valid ->
                  valid
                      ? Uni.createFrom()
                          .<LeaseResult>item(
                              new Leased(
                                  new ApiKeyLease(
                                      wish.model(), key.slot(), key.version(), plain.text())))
                      : loaded(wish, loads));
      case Opened.UnknownKek unknown -> unopened(wish, loads, "unknown_kek " + unknown.id());
      case Opened.Broken broken -> unopened(wish, loads, "broken");
    };
  }

  /** Redis may have an envelope of before: what PostgreSQL has decides. */
  private Uni<LeaseResult> unopened(Wish wish, int loads, String reason) {
    if (loads > 0) {
      return loaded(wish, Math.min(loads, 1));
    }
    LOG.errorf("event=api_key_unreadable model=%s reason=\"%s\"", wish.model(), reason);
    return Uni.createFrom().item(new KekMissing());
  }

  private Uni<LeaseResult> loaded(Wish wish, int loads) {
    return queries
        .live(wish.model())
        .chain(live -> {
          if (live.isEmpty()) {
            return Uni.createFrom().<LeaseResult>item(new UnknownModel());
          }
          boolean none = live.get().keys().isEmpty();
          return cache
              .load(wish.model(), live.get())
              .chain(() ->
                  none || loads == 0
                      ? Uni.createFrom().<LeaseResult>item(new NoUsableKey(null))
                      : choose(wish, loads - 1));
        });
  }

  private Uni<LeaseResult> withoutRedis(Wish wish) {
    return queries
        .live(wish.model())
        .chain(live ->
            live.isEmpty()
                ? Uni.createFrom().<LeaseResult>item(new UnknownModel())
                : live.get()
                    .slot("primary")
                    .or(() -> live.get().slot("fallback"))
                    .map(key -> uncached(wish, key))
                    .orElseGet(() -> Uni.createFrom().item(new NoUsableKey(null))));
  }

  private Uni<LeaseResult> uncached(Wish wish, Sealed key) {
    return switch (envelopes.open(key.envelope(), key.place(wish.model()))) {
      case Opened.Plain plain ->
          queries
              .useUncounted(wish.model(), key.slot(), key.version(), wish.actor(), wish.purpose())
              .chain(valid ->
                  valid
                      ? Uni.createFrom()
                          .<LeaseResult>item(
                              new Leased(
                                  new ApiKeyLease(
                                      wish.model(), key.slot(), key.version(), plain.text())))
                      // Rotated in between: what is there now is asked for once more.
                      : withoutRedis(wish));
      case Opened.UnknownKek unknown -> unopened(wish, 0, "unknown_kek " + unknown.id());
      case Opened.Broken broken -> unopened(wish, 0, "broken");
    };
  }

  /** Whether the slot is out then. */
  Uni<Boolean> report(String model, ApiKeyOutcome outcome, String actor) {
    if (outcome.outcome().equals("success")) {
      return Uni.createFrom().item(false);
    }
    return cache
        .refused(model, outcome.slot(), outcome.version())
        .chain(refusal ->
            switch (refusal) {
              case STALE, NOTED -> Uni.createFrom().item(false);
              case OUT_ALREADY -> Uni.createFrom().item(true);
              case OUT_NOW -> noteOut(model, outcome, actor).replaceWith(true);
            });
  }

  private Uni<Integer> noteOut(String model, ApiKeyOutcome outcome, String actor) {
    LOG.warnf(
        "event=api_key_slot_out model=%s slot=%s version=%d reason=%s",
        model, outcome.slot(), outcome.version(), outcome.outcome());
    meters.counter("coordination.key.slots.out", "slot", outcome.slot()).increment();
    return queries.note(
        model, outcome.slot(), outcome.version(), "slot_out", actor, outcome.outcome());
  }

  /** Empty: the model has no key that is not revoked. */
  Uni<Optional<ApiKeys>> find(String model) {
    return queries
        .list(model, "", 1)
        .chain(found ->
            found.isEmpty()
                ? Uni.createFrom().item(Optional.<ApiKeys>empty())
                : cache.outUntil(model).map(out -> Optional.of(withOut(found.getFirst(), out))));
  }

  private ApiKeys withOut(ApiKeys keys, List<Long> outUntil) {
    Instant now = clock.instant();
    var told = new ArrayList<ApiKeys.Key>();
    var seen = new ArrayList<String>();
    for (ApiKeys.Key key : keys.keys()) {
      Instant until = Instant.ofEpochMilli(outUntil.get(key.slot().equals("primary") ? 0 : 1));
      // Of several fallbacks the latest is the one that was leased, and comes first.
      boolean out = !seen.contains(key.slot()) && until.isAfter(now);
      told.add(out ? key.withOutUntil(until) : key);
      seen.add(key.slot());
    }
    return new ApiKeys(keys.model(), told);
  }

  /** Redis follows at once if it can, else when it is asked the next time. Never fails. */
  Uni<Void> refresh(String model) {
    return queries
        .live(model)
        .chain(live -> live.isEmpty() ? Uni.createFrom().voidItem() : cache.load(model, live.get()))
        .onFailure()
        .recoverWithNull();
  }

  private LeaseResult counted(LeaseResult result) {
    String outcome =
        switch (result) {
          case Leased leased -> leased.lease().slot();
          case UnknownModel unknown -> "unknown";
          case NoUsableKey none -> "none";
          case KekMissing missing -> "kek";
        };
    meters.counter("coordination.key.leases", "outcome", outcome).increment();
    return result;
  }
}
