package dev.quintet.coordination.modelkey;

import dev.quintet.common.api.coordination.ApiKeyRequest;
import dev.quintet.common.api.coordination.ApiKeyRotated;
import dev.quintet.common.api.coordination.ApiKeyRotation;
import dev.quintet.common.api.coordination.ApiKeyStored;
import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.api.coordination.Rewrap;
import dev.quintet.common.idempotency.Answer;
import dev.quintet.common.idempotency.Idempotency;
import dev.quintet.common.idempotency.Idempotency.Effect;
import dev.quintet.common.idempotency.IdempotencyKey;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.security.Caller;
import dev.quintet.coordination.modelkey.Envelopes.Opened;
import dev.quintet.coordination.modelkey.Envelopes.Place;
import dev.quintet.coordination.modelkey.Envelopes.Rewrapped;
import dev.quintet.coordination.modelkey.Keks.Kek;
import dev.quintet.coordination.modelkey.KeyQueries.Owned;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Sets, rotates and wraps keys anew. One change of a model's keys at a time; each is one
 * transaction, so at every moment PostgreSQL has a primary that can be leased.
 */
@ApplicationScoped
class KeyChanges {
  private static final Logger LOG = Logger.getLogger(KeyChanges.class);
  private static final int USUAL_GRACE_SECONDS = 3_600;
  private static final int REWRAP_BATCH = 50;
  private static final int MOST_REWRAP_BATCHES = 20;
  private static final String PRIMARY = "primary";
  private static final String FALLBACK = "fallback";

  private final KeyQueries queries;
  private final ModelKeys keys;
  private final Envelopes envelopes;
  private final Keks keks;
  private final Idempotency idempotency;

  KeyChanges(
      KeyQueries queries, ModelKeys keys, Envelopes envelopes, Keks keks, Idempotency idempotency) {
    this.queries = queries;
    this.keys = keys;
    this.envelopes = envelopes;
    this.keks = keks;
    this.idempotency = idempotency;
  }

  /** What an Idempotency-Key stands for, with fingerprints in place of keys. */
  private record Asked(
      String model, String primary, @Nullable String fallback, @Nullable Integer graceSeconds) {}

  /** Replaces all keys of the model. */
  Uni<Answer> put(
      @Nullable IdempotencyKey once, Caller caller, String model, ApiKeyRequest request) {
    Kek kek = kek();
    String fallback = request.fallback();
    var asked =
        new Asked(
            model,
            fingerprint(request.primary()),
            fallback == null ? null : fingerprint(fallback),
            null);
    return idempotency
        .once(
            once,
            caller,
            "put_api_key",
            asked,
            tx ->
                locked(tx, model)
                    .chain(() -> queries.lastVersion(tx, model))
                    .chain(last -> replace(tx, caller, model, request, kek, last)))
        .call(() -> keys.refresh(model));
  }

  private Uni<Effect> replace(
      SqlConnection tx, Caller caller, String model, ApiKeyRequest request, Kek kek, int last) {
    String fallback = request.fallback();
    int version = fallback == null ? last + 1 : last + 2;
    NewKey primary = sealed(request.primary(), new Place(model, PRIMARY, version), kek);
    Uni<Integer> stored = queries.revokeAll(tx, model);
    @Nullable String fallbackFingerprint = null;
    if (fallback != null) {
      // The lower version, so that the first rotation makes the primary the next.
      NewKey second = sealed(fallback, new Place(model, FALLBACK, last + 1), kek);
      fallbackFingerprint = second.fingerprint();
      stored = stored.chain(() -> queries.insert(tx, model, second));
    }
    var answer = new ApiKeyStored(model, version, primary.fingerprint(), fallbackFingerprint);
    return stored
        .chain(() -> queries.insert(tx, model, primary))
        .chain(() -> queries.note(tx, model, PRIMARY, version, "put", caller.subject()))
        .invoke(() -> LOG.infof("event=api_key_put model=%s version=%d", model, version))
        .replaceWith(() -> Effect.of(200, answer));
  }

  /** The new value is the primary from the commit on, and the old one the fallback for a while. */
  Uni<Answer> rotate(IdempotencyKey once, Caller caller, String model, ApiKeyRotation request) {
    Kek kek = kek();
    Integer given = request.graceSeconds();
    int grace = given == null ? USUAL_GRACE_SECONDS : given;
    return idempotency
        .once(
            once,
            caller,
            "rotate_api_key",
            new Asked(model, fingerprint(request.newPrimary()), null, grace),
            tx ->
                locked(tx, model)
                    .chain(() -> queries.primary(tx, model))
                    .map(found ->
                        found.orElseThrow(
                            () -> new ProblemException(CoordinationProblem.UNKNOWN_KEY)))
                    .chain(old -> succeed(tx, caller, model, request, kek, old, grace)))
        .call(() -> keys.refresh(model));
  }

  private Uni<Effect> succeed(
      SqlConnection tx,
      Caller caller,
      String model,
      ApiKeyRotation request,
      Kek kek,
      Sealed old,
      int grace) {
    // An envelope is bound to its slot: for another one the key is sealed anew.
    String plain =
        switch (envelopes.open(old.envelope(), old.place(model))) {
          case Opened.Plain opened -> opened.text();
          case Opened.UnknownKek unknown -> throw kekUnavailable();
          case Opened.Broken broken -> throw kekUnavailable();
        };
    String demoted = envelopes.seal(plain, new Place(model, FALLBACK, old.version()), kek);
    return queries
        .lastVersion(tx, model)
        .chain(last -> {
          NewKey primary = sealed(request.newPrimary(), new Place(model, PRIMARY, last + 1), kek);
          return queries
              .demote(tx, model, old.version(), demoted, kek.id(), grace)
              .call(() -> queries.insert(tx, model, primary))
              .call(() ->
                  queries.note(tx, model, PRIMARY, primary.version(), "rotated", caller.subject()))
              .invoke(() ->
                  LOG.infof(
                      "event=api_key_rotated model=%s version=%d grace_seconds=%d",
                      model, primary.version(), grace))
              .map(retires ->
                  Effect.of(
                      202,
                      new ApiKeyRotated(
                          model,
                          primary.version(),
                          primary.fingerprint(),
                          old.version(),
                          retires)));
        });
  }

  /**
   * Wraps data keys with another key-encryption key, batch by batch; each batch is done when it is
   * done, so a repeat goes on where this one stopped. Both are accepted meanwhile.
   */
  Uni<Rewrap> rewrap(Caller caller, String kekId) {
    Kek kek = kek();
    Kek to =
        keks.find(kekId)
            .orElseThrow(() ->
                new ProblemException(
                    CoordinationProblem.UNKNOWN_KEK, "the active one is " + kek.id()));
    return Multi.createBy()
        .repeating()
        .uni(() -> batch(caller, to))
        .whilst(done -> done == REWRAP_BATCH)
        .select()
        .first(MOST_REWRAP_BATCHES)
        .collect()
        .with(Collectors.summingInt(Integer::intValue))
        .chain(done -> queries.remaining(kekId).map(rest -> new Rewrap(kekId, done, rest)))
        .invoke(done ->
            LOG.infof(
                "event=api_keys_rewrapped kek=%s rewrapped=%d remaining=%d",
                kekId, done.rewrapped(), done.remaining()));
  }

  private Uni<Integer> batch(Caller caller, Kek to) {
    return queries
        .together(tx ->
            queries
                .toRewrap(tx, to.id(), REWRAP_BATCH)
                .map(found -> found.stream().map(key -> rewrapped(key, to)).toList())
                .call(done -> queries.rewrap(tx, done, to.id(), caller.subject())))
        .call(this::refreshed)
        .map(List::size);
  }

  private Owned rewrapped(Owned key, Kek to) {
    Sealed sealed = key.sealed();
    return switch (envelopes.rewrap(sealed.envelope(), sealed.place(key.model()), to)) {
      case Rewrapped.Done done ->
          new Owned(
              key.model(), new Sealed(sealed.slot(), sealed.version(), done.envelope(), null));
      case Rewrapped.Not not -> {
        LOG.errorf(
            "event=api_key_unreadable model=%s version=%d reason=\"%s\"",
            key.model(), sealed.version(), not.reason());
        throw kekUnavailable();
      }
    };
  }

  private Uni<Long> refreshed(List<Owned> done) {
    return Multi.createFrom()
        .iterable(done.stream().map(Owned::model).distinct().toList())
        .onItem()
        .transformToUniAndConcatenate(model -> keys.refresh(model).replaceWith(1L))
        .collect()
        .with(Collectors.counting());
  }

  private Uni<Void> locked(SqlConnection tx, String model) {
    return queries
        .lock(tx, model)
        .invoke(mine -> {
          if (!mine) {
            throw new ProblemException(CoordinationProblem.ROTATION_IN_PROGRESS)
                .retryAfter(java.time.Duration.ofSeconds(1));
          }
        })
        .replaceWithVoid();
  }

  private NewKey sealed(String text, Place place, Kek kek) {
    return new NewKey(
        place.slot(),
        place.version(),
        envelopes.seal(text, place, kek),
        kek.id(),
        fingerprint(text));
  }

  private Kek kek() {
    return keks.active().orElseThrow(KeyChanges::kekUnavailable);
  }

  private static ProblemException kekUnavailable() {
    return new ProblemException(CoordinationProblem.KEK_UNAVAILABLE)
        .retryAfter(java.time.Duration.ofSeconds(60));
  }

  /** Enough to tell keys apart, of a text that nobody can guess. */
  private static String fingerprint(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
