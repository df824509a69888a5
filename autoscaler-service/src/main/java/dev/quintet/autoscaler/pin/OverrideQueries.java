package dev.quintet.autoscaler.pin;

import dev.quintet.common.api.autoscaler.PoolOverride;
import dev.quintet.common.api.autoscaler.PoolOverrideRequest;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The one row of pool_overrides that a pool may have. */
@ApplicationScoped
class OverrideQueries {
  /**
   * $1 pool. Before the statement that changes: one that waits for the lock itself would go on with
   * what it saw before it waited, and tell the audit trail of an override that was none any more.
   */
  private static final String LOCK = "SELECT 1 FROM autoscaler.pools WHERE id = $1 FOR UPDATE";

  /**
   * $1 pool, $2 target, $3 reason, $4 who, $5 expires_at. One row with the pool's name, what was
   * and what is; {@code is} is NULL where expires_at is not within the next 7 days. No row: no such
   * pool. One that has expired was none any more.
   */
  private static final String PUT =
      """
      WITH pool AS (SELECT id, node_id, name, min_instances AS lo, max_instances AS hi
                      FROM autoscaler.pools WHERE id = $1),
           was AS (SELECT o.* FROM autoscaler.pool_overrides o JOIN pool ON o.pool_id = pool.id WHERE o.expires_at > now()),
           put AS (INSERT INTO autoscaler.pool_overrides AS o (pool_id, target, reason, created_by, expires_at)
                   SELECT id, least(greatest($2::integer, lo), hi), $3, $4, $5 FROM pool
                    WHERE $5::timestamptz > now() AND $5 <= now() + interval '7 days'
                       ON CONFLICT (pool_id) DO UPDATE SET target = excluded.target, reason = excluded.reason, created_by = excluded.created_by,
                                                           created_at = excluded.created_at, expires_at = excluded.expires_at
                   RETURNING o.*),
           told AS (INSERT INTO autoscaler.events (kind, node_id, pool_id, payload)
                    SELECT 'override', pool.node_id, put.pool_id, jsonb_build_object('target', put.target, 'expires_at', put.expires_at)
                      FROM put JOIN pool ON pool.id = put.pool_id)
      SELECT pool.name,
             (SELECT row_to_json(w)::text FROM (SELECT was.*, '[]'::json AS warnings FROM was) w) AS was,
             (SELECT row_to_json(p)::text
                FROM (SELECT put.*, CASE WHEN put.target = $2 THEN '[]'::json ELSE '["target_clamped"]' END AS warnings FROM put) p) AS is
        FROM pool
      """;

  /** $1 pool. One row; {@code was} is NULL where there was none. No row: no such pool. */
  private static final String DELETE =
      """
      WITH pool AS (SELECT id, node_id, name FROM autoscaler.pools WHERE id = $1),
           was AS (DELETE FROM autoscaler.pool_overrides o USING pool WHERE o.pool_id = pool.id RETURNING o.*),
           told AS (INSERT INTO autoscaler.events (kind, node_id, pool_id, payload)
                    SELECT 'override', pool.node_id, pool.id, '{"target": null}' FROM was JOIN pool ON pool.id = was.pool_id)
      SELECT pool.name,
             (SELECT row_to_json(w)::text FROM (SELECT was.*, '[]'::json AS warnings FROM was WHERE expires_at > now()) w) AS was,
             NULL::text AS is
        FROM pool
      """;

  /** $1 pool. One row; {@code is} is NULL where none is in force. No row: no such pool. */
  private static final String FIND =
      """
      SELECT p.name, NULL::text AS was,
             (SELECT row_to_json(w)::text
                FROM (SELECT o.*, '[]'::json AS warnings
                        FROM autoscaler.pool_overrides o WHERE o.pool_id = p.id AND o.expires_at > now()) w) AS is
        FROM autoscaler.pools p WHERE p.id = $1
      """;

  private final Statements statements;
  private final JsonRows json;

  OverrideQueries(Statements statements, JsonRows json) {
    this.statements = statements;
    this.json = json;
  }

  /** A pool with the override it had and the one it has. */
  record Pinned(String poolName, @Nullable PoolOverride was, @Nullable PoolOverride is) {}

  Uni<Optional<Pinned>> put(
      SqlConnection tx,
      int pool,
      PoolOverrideRequest request,
      int target,
      Instant until,
      String who) {
    return locked(
        tx, PUT, Tuple.of(pool, target, request.reason(), who, until.atOffset(ZoneOffset.UTC)));
  }

  Uni<Optional<Pinned>> delete(SqlConnection tx, int pool) {
    return locked(tx, DELETE, Tuple.of(pool));
  }

  Uni<Optional<Pinned>> find(int pool) {
    return statements.run(FIND, Tuple.of(pool)).map(this::pinned);
  }

  private Uni<Optional<Pinned>> locked(SqlConnection tx, String change, Tuple values) {
    return tx.preparedQuery(LOCK)
        .execute(Tuple.of(values.getInteger(0)))
        .chain(() -> tx.preparedQuery(change).execute(values))
        .map(this::pinned);
  }

  private Optional<Pinned> pinned(RowSet<Row> rows) {
    if (rows.size() == 0) {
      return Optional.empty();
    }
    String name = rows.iterator().next().getString("name");
    return Optional.of(new Pinned(name, only(rows, "was"), only(rows, "is")));
  }

  private @Nullable PoolOverride only(RowSet<Row> rows, String column) {
    List<PoolOverride> found = json.of(rows, column, PoolOverride.class);
    return found.isEmpty() ? null : found.getFirst();
  }
}
