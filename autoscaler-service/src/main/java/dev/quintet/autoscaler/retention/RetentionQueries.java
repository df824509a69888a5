package dev.quintet.autoscaler.retention;

import dev.quintet.common.sql.FleetLocks;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;

/**
 * One statement per table. Each holds an advisory lock as long as it runs, so that one replica at a
 * time deletes; a second one would find less to do and no harm. In all of them $1 is the lock, $2
 * the seconds that rows are kept, $3 the most rows to delete.
 */
@ApplicationScoped
class RetentionQueries {
  private static final String POOL_ANALYTICS =
      """
      WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($1) AS mine)
      DELETE FROM autoscaler.pool_analytics
       WHERE id = ANY (ARRAY(SELECT a.id FROM autoscaler.pool_analytics a
                              WHERE (SELECT mine FROM turn) AND a."timestamp" < now() - $2::float8 * interval '1 s'
                              ORDER BY a."timestamp" LIMIT $3))
      """;

  private static final String SYSTEM_ANALYTICS =
      """
      WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($1) AS mine)
      DELETE FROM autoscaler.system_analytics
       WHERE id = ANY (ARRAY(SELECT a.id FROM autoscaler.system_analytics a
                              WHERE (SELECT mine FROM turn) AND a."timestamp" < now() - $2::float8 * interval '1 s'
                              ORDER BY a."timestamp" LIMIT $3))
      """;

  private static final String DECISIONS =
      """
      WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($1) AS mine)
      DELETE FROM autoscaler.scaling_decisions
       WHERE id = ANY (ARRAY(SELECT d.id FROM autoscaler.scaling_decisions d
                              WHERE (SELECT mine FROM turn) AND d.at < now() - $2::float8 * interval '1 s'
                              ORDER BY d.at LIMIT $3))
      """;

  private static final String EVENTS =
      """
      WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($1) AS mine)
      DELETE FROM autoscaler.events
       WHERE id = ANY (ARRAY(SELECT e.id FROM autoscaler.events e
                              WHERE (SELECT mine FROM turn) AND e.at < now() - $2::float8 * interval '1 s'
                              ORDER BY e.at LIMIT $3))
      """;

  private static final String ROLLUP_MINUTES =
      """
      WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($1) AS mine)
      DELETE FROM autoscaler.metrics_rollup
       WHERE ctid = ANY (ARRAY(SELECT r.ctid FROM autoscaler.metrics_rollup r
                                WHERE (SELECT mine FROM turn) AND r.bucket_seconds = 60 AND r.bucket < now() - $2::float8 * interval '1 s'
                                ORDER BY r.bucket LIMIT $3 FOR UPDATE))
      """;

  private static final String ROLLUP_HOURS =
      """
      WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($1) AS mine)
      DELETE FROM autoscaler.metrics_rollup
       WHERE ctid = ANY (ARRAY(SELECT r.ctid FROM autoscaler.metrics_rollup r
                                WHERE (SELECT mine FROM turn) AND r.bucket_seconds = 3600 AND r.bucket < now() - $2::float8 * interval '1 s'
                                ORDER BY r.bucket LIMIT $3 FOR UPDATE))
      """;

  /** A series that has no rollups any more either. */
  private static final String SERIES =
      """
      WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($1) AS mine)
      DELETE FROM autoscaler.metric_series
       WHERE ctid = ANY (ARRAY(SELECT s.ctid FROM autoscaler.metric_series s
                                WHERE (SELECT mine FROM turn) AND s.last_at < now() - $2::float8 * interval '1 s' - interval '1 h'
                                LIMIT $3 FOR UPDATE))
      """;

  /** Once its samples would be refused as too old, a batch need not be known any more. */
  private static final String BATCHES =
      """
      WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($1) AS mine)
      DELETE FROM autoscaler.metric_batches
       WHERE (node_id, batch_id) IN (SELECT b.node_id, b.batch_id FROM autoscaler.metric_batches b
                                      WHERE (SELECT mine FROM turn) AND b.received_at < now() - $2::float8 * interval '1 s'
                                      ORDER BY b.received_at LIMIT $3)
      """;

  private static final String TICKS =
      """
      WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($1) AS mine)
      DELETE FROM autoscaler.job_ticks
       WHERE (job, tick) IN (SELECT t.job, t.tick FROM autoscaler.job_ticks t
                              WHERE (SELECT mine FROM turn) AND t.tick < now() - $2::float8 * interval '1 s' LIMIT $3)
      """;

  private static final String REVOKED_TOKENS =
      """
      WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($1) AS mine)
      DELETE FROM autoscaler.revoked_tokens
       WHERE jti = ANY (ARRAY(SELECT t.jti FROM autoscaler.revoked_tokens t
                               WHERE (SELECT mine FROM turn) AND t.expires_at < now() - $2::float8 * interval '1 s' LIMIT $3))
      """;

  private static final String LOGIN_THROTTLE =
      """
      WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($1) AS mine)
      DELETE FROM autoscaler.login_throttle
       WHERE (kind, subject) IN (SELECT t.kind, t.subject FROM autoscaler.login_throttle t
                                  WHERE (SELECT mine FROM turn) AND t.window_start < now() - $2::float8 * interval '1 s'
                                  LIMIT $3 FOR UPDATE)
      """;

  private static final String LIFECYCLE =
      "SELECT autoscaler.retain_lifecycle_logs($1, $2::float8 * interval '1 s', $3)";

  private static final String AUDIT =
      "SELECT autoscaler.retain_audit_logs($1, $2::float8 * interval '1 s', $3)";

  /** $1 lock, $2 table, $3 ids of a partition, $4 partitions ahead, $5 kept and $6 settle in s. */
  private static final String PARTITIONS =
      """
      SELECT made, closed, dropped
        FROM autoscaler.upkeep_partitions($1, $2, $3, $4, $5::float8 * interval '1 s', $6::float8 * interval '1 s')
      """;

  private final Statements statements;

  RetentionQueries(Statements statements) {
    this.statements = statements;
  }

  /** A table whose rows grow old, and how long they are kept. */
  enum Rows {
    POOL_ANALYTICS(RetentionQueries.POOL_ANALYTICS),
    SYSTEM_ANALYTICS(RetentionQueries.SYSTEM_ANALYTICS),
    DECISIONS(RetentionQueries.DECISIONS),
    EVENTS(RetentionQueries.EVENTS),
    ROLLUP_MINUTES(RetentionQueries.ROLLUP_MINUTES),
    ROLLUP_HOURS(RetentionQueries.ROLLUP_HOURS),
    SERIES(RetentionQueries.SERIES),
    BATCHES(RetentionQueries.BATCHES),
    TICKS(RetentionQueries.TICKS),
    REVOKED_TOKENS(RetentionQueries.REVOKED_TOKENS),
    LOGIN_THROTTLE(RetentionQueries.LOGIN_THROTTLE),
    LIFECYCLE(RetentionQueries.LIFECYCLE),
    AUDIT(RetentionQueries.AUDIT);

    private final String sql;
    private final long turn;

    Rows(String sql) {
      this.sql = sql;
      this.turn = FleetLocks.key("autoscaler", "retain " + name());
    }
  }

  /** What one run did to the partitions of a table. */
  record Upkeep(int made, int closed, int dropped) {
    static final Upkeep NOTHING = new Upkeep(0, 0, 0);
  }

  /** How many rows went. */
  Uni<Integer> delete(Rows rows, Duration keep, int most) {
    return statements
        .run(rows.sql, Tuple.of(rows.turn, (double) keep.toSeconds(), most))
        // The owner's functions say it in a row.
        .map(done -> done.size() == 0 ? done.rowCount() : done.iterator().next().getInteger(0));
  }

  Uni<Upkeep> upkeep(Partitioned table, Duration keep, RetentionConfig config) {
    return statements
        .run(
            PARTITIONS,
            Tuple.of(
                FleetLocks.key("autoscaler", "partitions " + table.table()),
                table.table(),
                config.partitionSize(),
                config.partitionsAhead(),
                (double) keep.toSeconds(),
                (double) config.partitionSettle().toSeconds()))
        .map(rows -> upkeep(rows.iterator().next()));
  }

  private static Upkeep upkeep(Row row) {
    Integer made = row.getInteger(0);
    return made == null ? Upkeep.NOTHING : new Upkeep(made, row.getInteger(1), row.getInteger(2));
  }
}
