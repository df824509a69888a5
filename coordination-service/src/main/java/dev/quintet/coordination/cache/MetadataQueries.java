package dev.quintet.coordination.cache;

import dev.quintet.common.api.coordination.CacheEntry;
import dev.quintet.common.api.coordination.CacheStats;
import dev.quintet.common.api.coordination.CacheTraffic;
import dev.quintet.common.api.coordination.SimilarDocument;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.security.Caller;
import dev.quintet.common.sql.CallerScope;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import dev.quintet.coordination.cache.CacheStore.Count;
import dev.quintet.coordination.cache.CacheStore.Counts;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** Rows of cache_metadata, which say what Redis should have, and what was asked of it. */
@ApplicationScoped
class MetadataQueries {
  private static final String USER_SCOPE = "coordination_user_scope";

  /**
   * $1 key, $2 type, $3 document, $4 user, $5 model, $6 bytes, $7 codec, $8 seconds by tier, $9
   * tier or NULL for the user's own (of nobody: basic), $10 seconds of grace. In whole
   * milliseconds, which is what Redis counts in.
   */
  private static final String REGISTER =
      """
      INSERT INTO coordination.cache_metadata AS m
             (cache_key, cache_type, document_id, user_id, created_at, accessed_at, access_count, ttl_seconds, size_bytes, model, codec)
      SELECT $1, $2, $3, $4, date_trunc('milliseconds', now()), now(), 0,
             ($8::integer[])[array_position(ARRAY['free', 'basic', 'pro', 'premium'], coalesce($9, u.subscription_tier, 'basic'))] + $10,
             $6, $5, $7
        FROM (SELECT) one LEFT JOIN coordination.users u ON u.id = $4
      ON CONFLICT (cache_key) DO UPDATE
         SET cache_type = excluded.cache_type, document_id = excluded.document_id, user_id = excluded.user_id,
             created_at = excluded.created_at, ttl_seconds = excluded.ttl_seconds, size_bytes = excluded.size_bytes,
             model = excluded.model, codec = excluded.codec
      RETURNING m.ttl_seconds, (extract(epoch FROM m.expires_at) * 1000)::bigint AS expires_at_ms
      """;

  /**
   * $1 rows as JSON, of values that were stored while the database was away. Those of documents and
   * users who are gone come back, for their values to be deleted.
   */
  private static final String REGISTER_LATE =
      """
      WITH late AS MATERIALIZED (
        SELECT DISTINCT ON (l.cache_key) l.cache_key, l.cache_type, l.document_id, l.user_id, l.ttl_seconds, l.size_bytes, l.model, l.codec,
               to_timestamp(l.created_at_ms / 1000.0) AS created_at,
               (l.document_id IS NULL OR EXISTS (SELECT FROM coordination.documents d WHERE d.id = l.document_id))
                 AND (l.user_id IS NULL OR EXISTS (SELECT FROM coordination.users u WHERE u.id = l.user_id)) AS known
          FROM json_to_recordset($1::text::json) AS l (cache_key text, cache_type text, document_id uuid, user_id uuid, ttl_seconds integer,
                                                        size_bytes integer, model text, codec text, created_at_ms bigint)
         ORDER BY l.cache_key, l.created_at_ms DESC),
      stored AS (
        INSERT INTO coordination.cache_metadata AS m
               (cache_key, cache_type, document_id, user_id, created_at, accessed_at, access_count, ttl_seconds, size_bytes, model, codec)
        SELECT cache_key, cache_type, document_id, user_id, created_at, created_at, 0, ttl_seconds, size_bytes, model, codec
          FROM late WHERE known
        ON CONFLICT (cache_key) DO UPDATE
           SET cache_type = excluded.cache_type, document_id = excluded.document_id, user_id = excluded.user_id,
               created_at = excluded.created_at, ttl_seconds = excluded.ttl_seconds, size_bytes = excluded.size_bytes,
               model = excluded.model, codec = excluded.codec
         WHERE m.created_at < excluded.created_at)
      SELECT cache_key FROM late WHERE NOT known
      """;

  /**
   * $1 name of the counts; the others as columns: $2 whether it was there, $3 user, $4 key, $5
   * count. Counts whose name is known change nothing. Values of a user count under his tier.
   */
  private static final String COUNT =
      """
      WITH once AS (INSERT INTO coordination.cache_hit_flushes (id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id),
      old AS (DELETE FROM coordination.cache_hit_flushes WHERE flushed_at < now() - interval '1 day'),
      seen AS MATERIALIZED (
        SELECT f.hit, f.user_id, f.cache_key, f.n
          FROM once, unnest($2::boolean[], $3::uuid[], $4::text[], $5::bigint[]) AS f (hit, user_id, cache_key, n)),
      counted AS (
        UPDATE coordination.cache_metadata m
           SET access_count = least(coalesce(m.access_count, 0) + s.n, 2147483647)::integer, accessed_at = now()
          FROM (SELECT cache_key, sum(n) AS n FROM seen WHERE hit GROUP BY cache_key) s
         WHERE m.cache_key = s.cache_key)
      INSERT INTO coordination.cache_totals AS t (cache_type, tier, hits, misses)
      SELECT CASE WHEN s.cache_key LIKE 'cache:enhance:%' THEN 'enhancement' ELSE 'document' END, coalesce(u.subscription_tier, 'shared'),
             coalesce(sum(s.n) FILTER (WHERE s.hit), 0), coalesce(sum(s.n) FILTER (WHERE NOT s.hit), 0)
        FROM seen s LEFT JOIN coordination.users u ON u.id = s.user_id
       GROUP BY 1, 2
      ON CONFLICT (cache_type, tier) DO UPDATE SET hits = t.hits + excluded.hits, misses = t.misses + excluded.misses
      """;

  /**
   * $1 keys that were missed. Those of them that should be there; not the young ones, whose values
   * may be on their way.
   */
  private static final String MISSED =
      """
      SELECT cache_key FROM coordination.cache_metadata
       WHERE cache_key = ANY ($1::text[]) AND created_at < now() - interval '1 minute'
      """;

  private static final String QUIETLY = "SET LOCAL coordination.invalidating = 'on'";

  /** $1 keys without values. */
  private static final String DELETE_MISSED =
      """
      DELETE FROM coordination.cache_metadata
       WHERE cache_key = ANY ($1::text[]) AND created_at < now() - interval '1 minute'
      """;

  /**
   * $1 hash, $2 similar documents in their order, $3 type, $4 model or NULL, $5 preferences as in
   * the key. The first that has such a value and was not found unlike.
   */
  private static final String SIMILAR =
      """
      SELECT m.cache_key, s.document_id
        FROM unnest($2::uuid[]) WITH ORDINALITY AS s (document_id, n)
        JOIN coordination.cache_metadata m ON m.document_id = s.document_id
       WHERE m.cache_type = $3 AND m.model IS NOT DISTINCT FROM $4 AND m.expires_at > now()
         AND right(m.cache_key, length($5) + 1) = ':' || $5
         AND NOT EXISTS (SELECT FROM coordination.similarity_vetoes v WHERE v.document_id = s.document_id AND v.phash = $1)
       ORDER BY s.n, m.created_at DESC
       LIMIT 1
      """;

  /** $1 document, $2 hash. */
  private static final String VETO =
      "INSERT INTO coordination.similarity_vetoes (document_id, phash) VALUES ($1, $2) ON CONFLICT DO NOTHING";

  /** $1 type or NULL, $2 document or NULL, $3 key behind which, $4 rows. */
  private static final String LIST =
      """
      SELECT row_to_json(m)::text AS row FROM coordination.cache_metadata m
       WHERE ($1::text IS NULL OR m.cache_type = $1) AND ($2::uuid IS NULL OR m.document_id = $2)
         AND m.cache_key > $3 AND m.expires_at > now()
       ORDER BY m.cache_key
       LIMIT $4
      """;

  /** By type and by tier in one; of a row one of both is NULL. */
  private static final String STATS =
      """
      WITH held AS (
        SELECT m.cache_type, coalesce(u.subscription_tier, 'shared') AS tier, count(*) AS entries, coalesce(sum(m.size_bytes), 0) AS bytes
          FROM coordination.cache_metadata m LEFT JOIN coordination.users u ON u.id = m.user_id
         WHERE m.expires_at > now()
         GROUP BY 1, 2),
      traffic AS (
        SELECT cache_type, tier, coalesce(h.entries, 0) AS entries, coalesce(h.bytes, 0) AS bytes,
               coalesce(t.hits, 0) AS hits, coalesce(t.misses, 0) AS misses
          FROM held h FULL JOIN coordination.cache_totals t USING (cache_type, tier))
      SELECT cache_type, tier, coalesce(sum(entries), 0)::bigint AS entries, coalesce(sum(bytes), 0)::bigint AS bytes,
             coalesce(sum(hits), 0)::bigint AS hits, coalesce(sum(misses), 0)::bigint AS misses
        FROM traffic
       GROUP BY GROUPING SETS ((cache_type), (tier), ())
      """;

  private static final String CLEAN_UP = "SELECT coordination.cleanup_expired_cache()";

  private final Statements statements;
  private final CallerScope scope;
  private final JsonRows json;

  MetadataQueries(Statements statements, CallerScope scope, JsonRows json) {
    this.statements = statements;
    this.scope = scope;
    this.json = json;
  }

  /**
   * How long a value is to be kept.
   *
   * @param byTier seconds for each tier in rising order
   * @param tier whose seconds are meant; null: the user's
   * @param grace seconds for which it is served after that
   */
  record Keep(Integer[] byTier, @Nullable String tier, int grace) {}

  /**
   * @param ttlSeconds with the grace
   */
  record Registered(int ttlSeconds, long expiresAtMs) {}

  Uni<Void> cleanUp() {
    return statements.run(CLEAN_UP).replaceWithVoid();
  }

  Uni<Registered> register(Place place, int bytes, String codec, Keep keep) {
    return statements
        .run(
            REGISTER,
            Tuple.tuple()
                .addString(place.key())
                .addString(place.type())
                .addUUID(place.documentId())
                .addUUID(place.userId())
                .addString(place.model())
                .addInteger(bytes)
                .addString(codec)
                .addArrayOfInteger(keep.byTier())
                .addString(keep.tier())
                .addInteger(keep.grace()))
        .map(rows -> rows.iterator().next())
        .map(row -> new Registered(row.getInteger("ttl_seconds"), row.getLong("expires_at_ms")));
  }

  /** Returns the keys of values whose documents or users are gone. */
  Uni<List<String>> registerLate(String rows) {
    return statements.run(REGISTER_LATE, Tuple.of(rows)).map(MetadataQueries::keys);
  }

  Uni<Void> count(Counts counts) {
    var hit = new ArrayList<Boolean>();
    var users = new ArrayList<@Nullable UUID>();
    var keys = new ArrayList<String>();
    var numbers = new ArrayList<Long>();
    add(true, counts.hits(), hit, users, keys, numbers);
    add(false, counts.misses(), hit, users, keys, numbers);
    return statements
        .run(
            COUNT,
            Tuple.tuple()
                .addUUID(counts.id())
                .addArrayOfBoolean(hit.toArray(Boolean[]::new))
                .addArrayOfUUID(users.toArray(UUID[]::new))
                .addArrayOfString(keys.toArray(String[]::new))
                .addArrayOfLong(numbers.toArray(Long[]::new)))
        .replaceWithVoid();
  }

  private static void add(
      boolean present,
      Map<Count, Long> counts,
      List<Boolean> hit,
      List<@Nullable UUID> users,
      List<String> keys,
      List<Long> numbers) {
    counts.forEach((count, number) -> {
      hit.add(present);
      users.add(count.user() == null ? null : UUID.fromString(count.user()));
      keys.add(count.cacheKey());
      numbers.add(number);
    });
  }

  Uni<List<String>> missed(List<String> cacheKeys) {
    return statements
        .run(MISSED, Tuple.tuple().addArrayOfString(cacheKeys.toArray(String[]::new)))
        .map(MetadataQueries::keys);
  }

  Uni<Integer> deleteMissed(List<String> cacheKeys) {
    return statements.together(tx ->
        tx.query(QUIETLY)
            .execute()
            .chain(() ->
                tx.preparedQuery(DELETE_MISSED)
                    .execute(Tuple.tuple().addArrayOfString(cacheKeys.toArray(String[]::new))))
            .map(RowSet::rowCount));
  }

  /**
   * A value of a document that looks alike.
   *
   * @param document the one that it was computed for
   */
  record Similar(String cacheKey, SimilarDocument document) {}

  /** Null: there is none. */
  Uni<@Nullable Similar> similar(Place place, long hash, List<SimilarDocument> documents) {
    return statements
        .run(
            SIMILAR,
            Tuple.tuple()
                .addLong(hash)
                .addArrayOfUUID(
                    documents.stream().map(SimilarDocument::documentId).toArray(UUID[]::new))
                .addString(place.type())
                .addString(place.model())
                .addString(place.preferencesHash()))
        .map(rows -> {
          if (rows.size() == 0) {
            return null;
          }
          var row = rows.iterator().next();
          var id = row.getUUID("document_id");
          return new Similar(
              row.getString("cache_key"),
              documents.stream()
                  .filter(near -> near.documentId().equals(id))
                  .findFirst()
                  .orElseThrow());
        });
  }

  Uni<Void> veto(UUID document, long hash) {
    return statements.run(VETO, Tuple.of(document, hash)).replaceWithVoid();
  }

  /**
   * @param type null: any
   * @param document null: any
   */
  record Filter(@Nullable String type, @Nullable UUID document) {}

  /** What the caller may see: his own, an administrator all. */
  Uni<List<CacheEntry>> list(Caller caller, Filter filter, PageRequest page) {
    return scope
        .as(
            USER_SCOPE,
            caller,
            tx ->
                tx.preparedQuery(LIST)
                    .execute(
                        Tuple.of(
                            filter.type(),
                            filter.document(),
                            page.cursor().map(cursor -> cursor.text(0)).orElse(""),
                            page.fetch())))
        .map(rows -> json.of(rows, "row", CacheEntry.class));
  }

  Uni<CacheStats> stats() {
    return statements
        .run(STATS)
        .map(rows -> {
          var byType = new java.util.TreeMap<String, CacheTraffic>();
          var byTier = new java.util.TreeMap<String, CacheTraffic>();
          var all = CacheTraffic.of(0, 0, 0, 0);
          for (Row row : rows) {
            var traffic =
                CacheTraffic.of(
                    row.getLong("entries"),
                    row.getLong("bytes"),
                    row.getLong("hits"),
                    row.getLong("misses"));
            String type = row.getString("cache_type");
            String tier = row.getString("tier");
            if (type != null) {
              byType.put(type, traffic);
            } else if (tier != null) {
              byTier.put(tier, traffic);
            } else {
              all = traffic;
            }
          }
          return CacheStats.of(all, byType, byTier);
        });
  }

  private static List<String> keys(RowSet<Row> rows) {
    return StreamSupport.stream(rows.spliterator(), false)
        .map(row -> row.getString("cache_key"))
        .toList();
  }
}
