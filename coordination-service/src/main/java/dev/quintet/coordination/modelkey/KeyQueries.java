package dev.quintet.coordination.modelkey;

import dev.quintet.common.api.coordination.ApiKeyAudit;
import dev.quintet.common.api.coordination.ApiKeys;
import dev.quintet.common.sql.FleetLocks;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Envelopes of keys and what happened to them. A key can be leased while it is not revoked and its
 * time to retire has not come. Versions are a model's, not a slot's: a primary that becomes the
 * fallback keeps its number.
 */
@ApplicationScoped
class KeyQueries {
  /** $1 lock. One row; false: another change of the model's keys is under way. */
  private static final String TRY = "SELECT pg_try_advisory_xact_lock($1) AS mine";

  /** $1 model. One row. */
  private static final String LAST_VERSION =
      "SELECT coalesce(max(version), 0) AS version FROM coordination.api_keys WHERE model = $1";

  /** $1 model. What was there is gone at once, envelope and all. */
  private static final String REVOKE_ALL =
      """
      UPDATE coordination.api_keys SET state = 'revoked', envelope = '', retire_at = clock_timestamp()
       WHERE model = $1 AND state <> 'revoked'
      """;

  /** $1 model, $2 slot, $3 version, $4 envelope, $5 kek_id, $6 fingerprint. */
  private static final String INSERT =
      """
      INSERT INTO coordination.api_keys (model, slot, version, envelope, kek_id, fingerprint, created_at)
      VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp())
      """;

  /** $1 model. No row: it has no primary. */
  private static final String PRIMARY =
      """
      SELECT slot, version, envelope, NULL::bigint AS retire_at_ms FROM coordination.api_keys
       WHERE model = $1 AND slot = 'primary' AND state = 'active' FOR UPDATE
      """;

  /**
   * $1 model, $2 version, $3 envelope for its new place, $4 kek_id, $5 seconds of grace. One row.
   */
  private static final String DEMOTE =
      """
      UPDATE coordination.api_keys
         SET slot = 'fallback', envelope = $3, kek_id = $4, state = 'retiring', retire_at = clock_timestamp() + $5 * interval '1 s'
       WHERE model = $1 AND slot = 'primary' AND version = $2
      RETURNING retire_at
      """;

  /** $1 model, $2 slot, $3 version, $4 event, $5 actor, $6 purpose. */
  private static final String NOTE =
      "INSERT INTO coordination.api_key_audit (model, slot, version, event, actor, purpose) VALUES ($1, $2, $3, $4, $5, $6)";

  /**
   * $1 model. No row: it never had a key. The best of each slot that can be leased; of fallbacks
   * the latest.
   */
  private static final String LIVE =
      """
      SELECT coalesce(sum(k.usage_count), 0)::bigint AS usage_count,
             coalesce((extract(epoch FROM max(k.created_at) FILTER (WHERE k.slot = 'primary')) * 1000)::bigint, 0) AS last_rotated_ms,
             (SELECT json_agg(row_to_json(b)) FROM
               (SELECT DISTINCT ON (l.slot) l.slot, l.version, l.envelope, (extract(epoch FROM l.retire_at) * 1000)::bigint AS retire_at_ms
                  FROM coordination.api_keys l
                 WHERE l.model = $1 AND l.state <> 'revoked' AND (l.retire_at IS NULL OR l.retire_at > clock_timestamp())
                 ORDER BY l.slot, l.version DESC) AS b)::text AS keys
        FROM coordination.api_keys k
       WHERE k.model = $1
      HAVING count(*) > 0
      """;

  /**
   * $1 model, $2 slot, $3 version, $4 actor, $5 purpose. No row changed: that key cannot be leased
   * (any more), whatever Redis says.
   */
  private static final String USE =
      """
      INSERT INTO coordination.api_key_audit (model, slot, version, event, actor, purpose)
      SELECT k.model, k.slot, k.version, 'leased', $4, $5
        FROM coordination.api_keys k
       WHERE k.model = $1 AND k.slot = $2 AND k.version = $3 AND k.state <> 'revoked'
         AND (k.retire_at IS NULL OR k.retire_at > clock_timestamp())
      """;

  /** As USE, and counts the lease by itself: for when Redis cannot. */
  private static final String USE_AND_COUNT =
      """
      WITH used AS (UPDATE coordination.api_keys k SET usage_count = k.usage_count + 1
                     WHERE k.model = $1 AND k.slot = $2 AND k.version = $3 AND k.state <> 'revoked'
                       AND (k.retire_at IS NULL OR k.retire_at > clock_timestamp())
                    RETURNING k.model, k.slot, k.version)
      INSERT INTO coordination.api_key_audit (model, slot, version, event, actor, purpose)
      SELECT u.model, u.slot, u.version, 'leased', $4, $5 FROM used u
      """;

  /** $1 models, $2 versions, $3 leases. */
  private static final String COUNT =
      """
      UPDATE coordination.api_keys k SET usage_count = k.usage_count + u.n
        FROM (SELECT t.model, t.version, sum(t.n) AS n
                FROM unnest($1::text[], $2::integer[], $3::bigint[]) AS t (model, version, n) GROUP BY 1, 2) AS u
       WHERE k.model = u.model AND k.version = u.version
      """;

  /** The count of rows is how many retired. */
  private static final String RETIRE =
      """
      WITH gone AS (UPDATE coordination.api_keys SET state = 'revoked', envelope = ''
                     WHERE state = 'retiring' AND retire_at <= clock_timestamp()
                    RETURNING model, slot, version)
      INSERT INTO coordination.api_key_audit (model, slot, version, event) SELECT model, slot, version, 'revoked' FROM gone
      """;

  /** $1 kek_id, $2 most rows. Envelopes under another one. */
  private static final String TO_REWRAP =
      """
      SELECT model, slot, version, envelope, NULL::bigint AS retire_at_ms FROM coordination.api_keys
       WHERE kek_id <> $1 AND state <> 'revoked' ORDER BY model, version LIMIT $2 FOR UPDATE
      """;

  /** $1 models, $2 versions, $3 envelopes, $4 kek_id, $5 actor. */
  private static final String REWRAP =
      """
      WITH done AS (UPDATE coordination.api_keys k SET envelope = t.envelope, kek_id = $4
                      FROM unnest($1::text[], $2::integer[], $3::text[]) AS t (model, version, envelope)
                     WHERE k.model = t.model AND k.version = t.version AND k.state <> 'revoked'
                    RETURNING k.model, k.slot, k.version)
      INSERT INTO coordination.api_key_audit (model, slot, version, event, actor) SELECT model, slot, version, 'rewrapped', $5 FROM done
      """;

  /** $1 kek_id. One row. */
  private static final String REMAINING =
      "SELECT count(*) AS n FROM coordination.api_keys WHERE kek_id <> $1 AND state <> 'revoked'";

  /** $1 model or NULL for all, $2 model to start behind, $3 rows. */
  private static final String LIST =
      """
      SELECT json_build_object('model', k.model, 'keys', json_agg(json_build_object(
               'slot', k.slot, 'version', k.version, 'fingerprint', k.fingerprint, 'kek_id', k.kek_id, 'state', k.state,
               'usage_count', k.usage_count, 'created_at', k.created_at, 'retire_at', k.retire_at)
               ORDER BY k.slot DESC, k.version DESC))::text AS row
        FROM coordination.api_keys k
       WHERE k.state <> 'revoked' AND ($1::text IS NULL OR k.model = $1) AND k.model > $2
       GROUP BY k.model
       ORDER BY k.model
       LIMIT $3
      """;

  /** $1 model, $2 id to start below, $3 rows. */
  private static final String AUDIT =
      """
      SELECT row_to_json(a)::text AS row FROM coordination.api_key_audit a
       WHERE a.model = $1 AND a.id < $2 ORDER BY a.id DESC LIMIT $3
      """;

  private final Statements statements;
  private final JsonRows json;

  KeyQueries(Statements statements, JsonRows json) {
    this.statements = statements;
    this.json = json;
  }

  /** An envelope and the model whose it is. */
  record Owned(String model, Sealed sealed) {}

  /** False: somebody else changes the model's keys. True lasts until the transaction ends. */
  Uni<Boolean> lock(SqlConnection tx, String model) {
    return tx.preparedQuery(TRY)
        .execute(Tuple.of(FleetLocks.key("coordination", "api-key-rotate:" + model)))
        .map(rows -> rows.iterator().next().getBoolean("mine"));
  }

  Uni<Integer> lastVersion(SqlConnection tx, String model) {
    return tx.preparedQuery(LAST_VERSION)
        .execute(Tuple.of(model))
        .map(rows -> rows.iterator().next().getInteger("version"));
  }

  Uni<Integer> revokeAll(SqlConnection tx, String model) {
    return tx.preparedQuery(REVOKE_ALL).execute(Tuple.of(model)).map(RowSet::rowCount);
  }

  Uni<Integer> insert(SqlConnection tx, String model, NewKey key) {
    return tx.preparedQuery(INSERT)
        .execute(
            Tuple.of(
                model, key.slot(), key.version(), key.envelope(), key.kekId(), key.fingerprint()))
        .map(RowSet::rowCount);
  }

  Uni<Optional<Sealed>> primary(SqlConnection tx, String model) {
    return tx.preparedQuery(PRIMARY)
        .execute(Tuple.of(model))
        .map(rows -> rows.stream().map(KeyQueries::sealed).findFirst());
  }

  /** When it retires. */
  Uni<Instant> demote(
      SqlConnection tx, String model, int version, String envelope, String kekId, int seconds) {
    return tx.preparedQuery(DEMOTE)
        .execute(Tuple.of(model, version, envelope, kekId, seconds))
        .map(rows -> rows.iterator().next().getOffsetDateTime("retire_at").toInstant());
  }

  Uni<Integer> note(
      SqlConnection tx,
      String model,
      @Nullable String slot,
      @Nullable Integer version,
      String event,
      @Nullable String actor) {
    return tx.preparedQuery(NOTE)
        .execute(Tuple.of(model, slot, version, event, actor, null))
        .map(RowSet::rowCount);
  }

  Uni<Integer> note(
      String model, String slot, int version, String event, String actor, String purpose) {
    return statements
        .run(NOTE, Tuple.of(model, slot, version, event, actor, purpose))
        .map(RowSet::rowCount);
  }

  /** Empty: the model never had a key. */
  Uni<Optional<LiveKeys>> live(String model) {
    return statements
        .run(LIVE, Tuple.of(model))
        .map(rows ->
            rows.stream()
                .map(row ->
                    new LiveKeys(
                        keys(row), row.getLong("usage_count"), row.getLong("last_rotated_ms")))
                .findFirst());
  }

  /** False: PostgreSQL does not let this key be leased. True: it stands in the audit. */
  Uni<Boolean> use(String model, String slot, int version, String actor, String purpose) {
    return statements
        .run(USE, Tuple.of(model, slot, version, actor, purpose))
        .map(rows -> rows.rowCount() == 1);
  }

  /** As {@link #use}, counted here. */
  Uni<Boolean> useUncounted(String model, String slot, int version, String actor, String purpose) {
    return statements
        .run(USE_AND_COUNT, Tuple.of(model, slot, version, actor, purpose))
        .map(rows -> rows.rowCount() == 1);
  }

  Uni<Integer> count(List<KeyUsage> usage) {
    return statements
        .run(
            COUNT,
            Tuple.of(
                usage.stream().map(KeyUsage::model).toArray(String[]::new),
                usage.stream().map(KeyUsage::version).toArray(Integer[]::new),
                usage.stream().map(KeyUsage::leases).toArray(Long[]::new)))
        .map(RowSet::rowCount);
  }

  Uni<Integer> retire() {
    return statements.run(RETIRE).map(RowSet::rowCount);
  }

  Uni<List<Owned>> toRewrap(SqlConnection tx, String kekId, int most) {
    return tx.preparedQuery(TO_REWRAP)
        .execute(Tuple.of(kekId, most))
        .map(rows ->
            rows.stream()
                .map(row -> new Owned(row.getString("model"), sealed(row)))
                .collect(Collectors.toList()));
  }

  Uni<Integer> rewrap(SqlConnection tx, List<Owned> rewrapped, String kekId, String actor) {
    return tx.preparedQuery(REWRAP)
        .execute(
            Tuple.of(
                rewrapped.stream().map(Owned::model).toArray(String[]::new),
                rewrapped.stream().map(key -> key.sealed().version()).toArray(Integer[]::new),
                rewrapped.stream().map(key -> key.sealed().envelope()).toArray(String[]::new),
                kekId,
                actor))
        .map(RowSet::rowCount);
  }

  <T> Uni<T> together(java.util.function.Function<SqlConnection, Uni<T>> work) {
    return statements.together(work);
  }

  Uni<Long> remaining(String kekId) {
    return statements
        .run(REMAINING, Tuple.of(kekId))
        .map(rows -> rows.iterator().next().getLong("n"));
  }

  Uni<List<ApiKeys>> list(@Nullable String model, String behind, int most) {
    return statements
        .run(LIST, Tuple.of(model, behind, most))
        .map(rows -> json.of(rows, "row", ApiKeys.class));
  }

  Uni<List<ApiKeyAudit>> audit(String model, long below, int most) {
    return statements
        .run(AUDIT, Tuple.of(model, below, most))
        .map(rows -> json.of(rows, "row", ApiKeyAudit.class));
  }

  private static Sealed sealed(Row row) {
    return new Sealed(
        row.getString("slot"),
        row.getInteger("version"),
        row.getString("envelope"),
        row.getLong("retire_at_ms"));
  }

  private static List<Sealed> keys(Row row) {
    @Nullable String text = row.getString("keys");
    return text == null
        ? List.of()
        : new JsonArray(text)
            .stream()
                .map(JsonObject.class::cast)
                .map(key ->
                    new Sealed(
                        key.getString("slot"),
                        key.getInteger("version"),
                        key.getString("envelope"),
                        key.getLong("retire_at_ms")))
                .toList();
  }
}
