package dev.quintet.autoscaler.analytics;

import dev.quintet.common.api.autoscaler.PoolFigures;
import dev.quintet.common.api.autoscaler.SystemAnalytics;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The figures of the fleet and of its pools. Ages are by the database's clock. */
@ApplicationScoped
class AnalyticsQueries {
  /** $1 how long after a minute its row is written, $2 fresh, $3 offline after; all in seconds. */
  private static final String RECORD =
      """
      SELECT autoscaler.record_system_analytics(date_trunc('minute', now() - $1::float8 * interval '1 s'),
                                                $2::float8 * interval '1 s', $3::float8 * interval '1 s')
      """;

  /** $1 seconds after which it is stale. No row: none was ever written. */
  private static final String NEWEST =
      """
      SELECT row_to_json(f)::text AS row
        FROM (SELECT s.id, s."timestamp", s.total_active_pools, s.total_current_instances, s.total_active_instances, s.avg_system_cpu,
                     s.avg_system_memory, s.max_system_cpu, s.max_system_memory, s.peak_instances_24h, s.max_active_pools_24h,
                     s.active_nodes, s.interval_peak_instances, s."timestamp" < now() - $1::float8 * interval '1 s' AS stale
                FROM autoscaler.system_analytics s
               ORDER BY s."timestamp" DESC
               LIMIT 1) AS f
      """;

  /**
   * $1 seconds after which one is stale, $2 hours, $3 and $4 time and id to go on behind, $5 rows.
   */
  private static final String HISTORY =
      """
      SELECT row_to_json(f)::text AS row
        FROM (SELECT s.id, s."timestamp", s.total_active_pools, s.total_current_instances, s.total_active_instances, s.avg_system_cpu,
                     s.avg_system_memory, s.max_system_cpu, s.max_system_memory, s.peak_instances_24h, s.max_active_pools_24h,
                     s.active_nodes, s.interval_peak_instances, s."timestamp" < now() - $1::float8 * interval '1 s' AS stale
                FROM autoscaler.system_analytics s
               WHERE s."timestamp" > now() - $2::float8 * interval '1 h' AND (s."timestamp", s.id) < ($3, $4::bigint)
               ORDER BY s."timestamp" DESC, s.id DESC
               LIMIT $5) AS f
      """;

  /** $1 seconds that one is fresh, $2 node or NULL, $3 hours, $4 pool to start behind, $5 rows. */
  private static final String POOLS =
      """
      SELECT row_to_json(f)::text AS row
        FROM (SELECT a.*, a."timestamp" <= now() - $1::float8 * interval '1 s' AS stale
                FROM autoscaler.pools p
               CROSS JOIN LATERAL (
                 SELECT * FROM autoscaler.pool_analytics o
                  WHERE o.pool_id = p.id AND o."timestamp" > now() - $3::float8 * interval '1 h'
                  ORDER BY o."timestamp" DESC, o.id DESC
                  LIMIT 1) AS a
               WHERE ($2::bigint IS NULL OR p.node_id = $2) AND p.id > $4::bigint
               ORDER BY p.id
               LIMIT $5) AS f
      """;

  /**
   * $1 seconds that one is fresh, $2 pool, $3 hours, $4 and $5 time and id to go on behind, $6
   * rows. No row: no such pool. One with a NULL: the pool has none.
   */
  private static final String POOL =
      """
      SELECT row_to_json(f)::text AS row
        FROM autoscaler.pools p
        LEFT JOIN LATERAL (
          SELECT a.*, a."timestamp" <= now() - $1::float8 * interval '1 s' AS stale
            FROM autoscaler.pool_analytics a
           WHERE a.pool_id = p.id AND a."timestamp" > now() - $3::float8 * interval '1 h' AND (a."timestamp", a.id) < ($4, $5::bigint)
           ORDER BY a."timestamp" DESC, a.id DESC
           LIMIT $6) AS f ON true
       WHERE p.id = $2::bigint
       ORDER BY f."timestamp" DESC, f.id DESC
      """;

  private final Statements statements;
  private final JsonRows json;
  private final AnalyticsConfig config;

  AnalyticsQueries(Statements statements, JsonRows json, AnalyticsConfig config) {
    this.statements = statements;
    this.json = json;
    this.config = config;
  }

  /** Where a page of a history goes on. */
  record Behind(Instant at, long id) {
    OffsetDateTime utc() {
      return at.atOffset(ZoneOffset.UTC);
    }
  }

  /** Writes the row of the last full minute, unless it is there. */
  Uni<Void> recordMinute() {
    return statements
        .run(
            RECORD,
            Tuple.of(
                (double) config.settle().toSeconds(),
                (double) config.fresh().toSeconds(),
                (double) config.offlineAfter().toSeconds()))
        .replaceWithVoid();
  }

  Uni<Optional<SystemAnalytics>> newest() {
    return statements
        .run(NEWEST, Tuple.of((double) config.staleAfter().toSeconds()))
        .map(rows -> json.of(rows, "row", SystemAnalytics.class).stream().findFirst());
  }

  Uni<List<SystemAnalytics>> history(int hours, Behind behind, int rows) {
    return statements
        .run(
            HISTORY,
            Tuple.of(
                (double) config.staleAfter().toSeconds(),
                (double) hours,
                behind.utc(),
                behind.id(),
                rows))
        .map(found -> json.of(found, "row", SystemAnalytics.class));
  }

  Uni<List<PoolFigures>> pools(@Nullable Long node, int hours, long afterPool, int rows) {
    return statements
        .run(
            POOLS,
            Tuple.tuple()
                .addDouble((double) config.fresh().toSeconds())
                .addLong(node)
                .addDouble((double) hours)
                .addLong(afterPool)
                .addInteger(rows))
        .map(found -> json.of(found, "row", PoolFigures.class));
  }

  /** Empty: there is no such pool. */
  Uni<Optional<List<PoolFigures>>> pool(long pool, int hours, Behind behind, int rows) {
    return statements
        .run(
            POOL,
            Tuple.of(
                (double) config.fresh().toSeconds(),
                pool,
                (double) hours,
                behind.utc(),
                behind.id(),
                rows))
        .map(found ->
            found.size() == 0
                ? Optional.empty()
                : Optional.of(json.of(found, "row", PoolFigures.class)));
  }
}
