package dev.quintet.coordination.cache;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.common.api.coordination.CacheStored;
import dev.quintet.common.api.coordination.SimilarDocument;
import dev.quintet.common.api.coordination.Tiers;
import dev.quintet.common.sql.Outages;
import dev.quintet.coordination.cache.CacheStore.Found;
import dev.quintet.coordination.cache.MetadataQueries.Keep;
import dev.quintet.coordination.cache.MetadataQueries.Registered;
import dev.quintet.coordination.phash.PerceptualHashes;
import dev.quintet.coordination.redis.RedisAway;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Values found and stored. While Redis is away nothing is found and nothing is stored; while
 * PostgreSQL is away values are stored, and it is told of them later.
 *
 * <p>A value is stored in this order, which {@link Invalidations} relies on: its token is checked,
 * PostgreSQL learns of its key, Redis stores it if the token still is good. So whoever makes tokens
 * worthless and then asks PostgreSQL for keys knows of every value that was stored before, and none
 * is stored after.
 */
@ApplicationScoped
class Caches {
  private static final Logger LOG = Logger.getLogger(Caches.class);
  private static final int SIMILAR = 20;
  private static final long MS = 1_000;

  private final CacheStore store;
  private final MetadataQueries metadata;
  private final PerceptualHashes hashes;
  private final ObjectMapper json;
  private final MeterRegistry meters;

  Caches(
      CacheStore store,
      MetadataQueries metadata,
      PerceptualHashes hashes,
      ObjectMapper json,
      MeterRegistry meters) {
    this.store = store;
    this.metadata = metadata;
    this.hashes = hashes;
    this.json = json;
    this.meters = meters;
  }

  Uni<Found> get(Place place) {
    return store
        .get(place)
        .onFailure(RedisAway.class)
        .recoverWithItem(new Found.Miss(null))
        .invoke(found -> counted(place, result(found)));
  }

  private static String result(Found found) {
    return switch (found) {
      case Found.Hit hit -> "hit";
      case Found.Stale stale -> "stale";
      case Found.Miss miss -> miss.fillToken() == null ? "degraded" : "miss";
    };
  }

  private void counted(Place place, String result) {
    meters
        .counter("coordination.cache.requests", "type", place.type(), "result", result)
        .increment();
  }

  /**
   * A fresh value of another document.
   *
   * @param document the one that it was computed for
   */
  record SimilarHit(Payload value, long leftMs, String cacheKey, SimilarDocument document) {}

  /**
   * The value of the nearest document that has one for these preferences. Null: none is near.
   *
   * @param phash 16 hexadecimal digits
   */
  Uni<@Nullable SimilarHit> similar(Place place, String phash, int distance) {
    return hashes
        .search(phash, distance, SIMILAR)
        .chain(near ->
            near.isEmpty()
                ? Uni.createFrom().<MetadataQueries.@Nullable Similar>nullItem()
                : metadata.similar(place, Long.parseUnsignedLong(phash, 16), near))
        .chain(found ->
            found == null
                ? Uni.createFrom().<@Nullable SimilarHit>nullItem()
                : store
                    .get(found.cacheKey(), place.userId())
                    .map(value ->
                        value instanceof Found.Hit(Payload payload, long left)
                            ? new SimilarHit(payload, left, found.cacheKey(), found.document())
                            : null))
        .invoke(found -> {
          if (found != null) {
            counted(place, "similar_hit");
          }
        })
        .onFailure(failure -> failure instanceof RedisAway || Outages.isOutage(failure))
        .recoverWithItem(() -> null);
  }

  /**
   * Something to be stored.
   *
   * @param token given by a look that missed; null: the caller takes it on himself that nothing has
   *     changed
   */
  record Fill(Payload value, Keep keep, @Nullable String token) {}

  /** What has become of it. */
  sealed interface Filled {
    record Stored(CacheStored value) implements Filled {}

    /** What it was computed from has changed since. */
    record Outdated() implements Filled {}

    /** Redis is away. */
    record NotStored(CacheStored value) implements Filled {}
  }

  Uni<Filled> put(Place place, Fill fill) {
    return store
        .token(place, fill.token())
        .chain(token ->
            token.isEmpty()
                ? Uni.createFrom().<Filled>item(new Filled.Outdated())
                : put(place, fill, token))
        .onFailure(RedisAway.class)
        .recoverWithItem(() ->
            new Filled.NotStored(
                new CacheStored(place.key(), false, null, null, null, null, true)));
  }

  private Uni<Filled> put(Place place, Fill fill, String token) {
    int size = fill.value().size(fill.keep().grace() > 0);
    return metadata
        .register(place, size, fill.value().codec(), fill.keep())
        .map(registered -> new Known(registered, false))
        .onFailure(Outages::isOutage)
        .recoverWithUni(away -> {
          LOG.debugf("event=cache_metadata_queued reason=\"%s\"", away.getMessage());
          return later(place, size, fill);
        })
        .chain(known -> store(place, fill, token, size, known));
  }

  /**
   * What PostgreSQL knows of the value, or will know.
   *
   * @param later it is away
   */
  private record Known(Registered registered, boolean later) {}

  private Uni<Known> later(Place place, int size, Fill fill) {
    // The user's tier cannot be asked for; it is as if it were the middle one.
    String tier = fill.keep().tier() == null ? Tiers.BASIC : fill.keep().tier();
    int ttl = fill.keep().byTier()[Tiers.ALL.indexOf(tier)] + fill.keep().grace();
    var row = new LinkedHashMap<String, @Nullable Object>();
    row.put("cache_key", place.key());
    row.put("cache_type", place.type());
    row.put("document_id", place.documentId());
    row.put("user_id", place.userId());
    row.put("ttl_seconds", ttl);
    row.put("size_bytes", size);
    row.put("model", place.model());
    row.put("codec", fill.value().codec());
    try {
      return store
          .queue(json.writeValueAsString(row))
          .map(now -> new Known(new Registered(ttl, now + ttl * MS), true));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a row of texts and numbers cannot be written", e);
    }
  }

  private Uni<Filled> store(Place place, Fill fill, String token, int size, Known known) {
    int grace = fill.keep().grace();
    long endsAt = known.registered().expiresAtMs();
    var bytes =
        grace == 0 ? fill.value().stored() : fill.value().storedWithGrace(endsAt - grace * MS);
    return store
        .fill(place, token, bytes, endsAt)
        .map(good ->
            good
                ? new Filled.Stored(
                    new CacheStored(
                        place.key(),
                        true,
                        known.registered().ttlSeconds() - grace,
                        Instant.ofEpochMilli(endsAt),
                        size,
                        fill.value().codec(),
                        known.later()))
                : new Filled.Outdated());
  }

  /** Which of the places have a value; null: Redis is away. */
  Uni<@Nullable List<Boolean>> present(List<Place> places) {
    return store
        .present(places.stream().map(Place::key).toList())
        .onFailure(RedisAway.class)
        .recoverWithItem(() -> null);
  }

  Uni<Void> veto(java.util.UUID document, String phash) {
    return metadata.veto(document, Long.parseUnsignedLong(phash, 16));
  }
}
