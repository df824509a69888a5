package dev.quintet.autoscaler.metric;

import dev.quintet.autoscaler.metric.Window.Source;
import dev.quintet.common.api.autoscaler.MetricRow;
import dev.quintet.common.api.autoscaler.MetricType;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads metrics. Sums leave the database divided by 2^64, which is exact: two values near the end
 * of the doubles' range would overflow there, and the whole query with them.
 */
@ApplicationScoped
class MetricQueries {
  /** More buckets than a reply can hold come only from many units. */
  static final int MOST_BUCKETS = 10 * Window.MOST_POINTS;

  /**
   * $1 pool, $2 node (either may be NULL, not both; without a pool: the node's own rows and its
   * pools'), $3 metric type or NULL, $4 and $5 from and to, $6 and $7 time and id to go on behind,
   * $8 rows. Newest first.
   */
  private static final String ROWS_OF_POOL =
      """
      SELECT row_to_json(f)::text AS row
        FROM (SELECT m.id, m.node_id, m.pool_id, m.metric_type, m.value, m.unit, m."timestamp"
                FROM autoscaler.metrics m
               WHERE m.pool_id = $1::bigint AND ($2::bigint IS NULL OR m.node_id = $2) AND ($3::text IS NULL OR m.metric_type = $3)
                 AND m."timestamp" >= $4 AND m."timestamp" < $5 AND (m."timestamp", m.id) < ($6, $7::bigint)
               ORDER BY m."timestamp" DESC, m.id DESC
               LIMIT $8) AS f
      """;

  /** $1 NULL, the rest as above. */
  private static final String ROWS_OF_NODE =
      """
      SELECT row_to_json(f)::text AS row
        FROM (SELECT m.id, m.node_id, m.pool_id, m.metric_type, m.value, m.unit, m."timestamp"
                FROM autoscaler.metrics m
               WHERE $1::bigint IS NULL AND m.node_id = $2::bigint AND ($3::text IS NULL OR m.metric_type = $3)
                 AND m."timestamp" >= $4 AND m."timestamp" < $5 AND (m."timestamp", m.id) < ($6, $7::bigint)
               ORDER BY m."timestamp" DESC, m.id DESC
               LIMIT $8) AS f
      """;

  /**
   * $1 pool or NULL, $2 node, $3 metric type, $4 unit or NULL, $5 and $6 from and to, $7 step in s,
   * $8 rows. One row per unit and bucket that has samples.
   */
  private static final String RAW =
      """
      SELECT f.unit, extract(epoch FROM f.bucket)::bigint AS at, count(*) AS n, sum(f.value) FILTER (WHERE abs(f.value) < 1e270) AS sum,
             sum(f.value / 18446744073709551616) FILTER (WHERE abs(f.value) >= 1e270) AS huge,
             min(f.value) AS min, max(f.value) AS max, NULL::float8 AS last
        FROM (SELECT s.unit, s.value, date_bin($7::float8 * interval '1 s', s."timestamp", 'epoch') AS bucket
                FROM autoscaler.metric_samples($1, $2, $3, $4, $5, $6) AS s) AS f
       GROUP BY f.unit, f.bucket
       ORDER BY f.unit, f.bucket
       LIMIT $8
      """;

  /** As above. */
  private static final String RAW_LAST =
      """
      SELECT DISTINCT ON (f.unit, f.bucket) f.unit, extract(epoch FROM f.bucket)::bigint AS at, 1::bigint AS n, NULL::float8 AS sum,
             NULL::float8 AS huge, NULL::float8 AS min, NULL::float8 AS max, f.value AS last
        FROM (SELECT s.id, s.unit, s.value, s."timestamp", date_bin($7::float8 * interval '1 s', s."timestamp", 'epoch') AS bucket
                FROM autoscaler.metric_samples($1, $2, $3, $4, $5, $6) AS s) AS f
       ORDER BY f.unit, f.bucket, f."timestamp" DESC, f.id DESC
       LIMIT $8
      """;

  /** As above, and $9 the percentile as a fraction. */
  private static final String RAW_PERCENTILE =
      """
      SELECT f.unit, extract(epoch FROM f.bucket)::bigint AS at, count(*) AS n, NULL::float8 AS sum, NULL::float8 AS huge,
             min(f.value) AS min, max(f.value) AS max,
             least(greatest(percentile_cont($9::float8) WITHIN GROUP (ORDER BY f.value), min(f.value)), max(f.value)) AS last
        FROM (SELECT s.unit, s.value, date_bin($7::float8 * interval '1 s', s."timestamp", 'epoch') AS bucket
                FROM autoscaler.metric_samples($1, $2, $3, $4, $5, $6) AS s) AS f
       GROUP BY f.unit, f.bucket
       ORDER BY f.unit, f.bucket
       LIMIT $8
      """;

  /**
   * As RAW, and $9 the seconds of the rollup. What a batch wrote to and no job has rolled yet is
   * read from the raw rows, so the answer lacks nothing and is the same whenever the job last ran.
   */
  private static final String ROLLED =
      """
      WITH writers AS (
        SELECT p.node_id FROM autoscaler.pools p WHERE p.id = $1::bigint
        UNION SELECT s.node_id FROM autoscaler.metric_series s WHERE s.pool_id = $1::bigint
        UNION SELECT n.id FROM autoscaler.nodes n WHERE n.id = $2::bigint),
      unrolled AS MATERIALIZED (
        SELECT DISTINCT to_timestamp(m.minute * 60 / $9::bigint * $9::bigint) AS bucket
          FROM autoscaler.metric_unrolled u
          JOIN writers w ON w.node_id = u.node_id
         CROSS JOIN LATERAL unnest(u.minutes) AS m (minute)
         WHERE m.minute >= extract(epoch FROM $5::timestamptz) / 60 AND m.minute < extract(epoch FROM $6::timestamptz) / 60),
      parts AS (
        SELECT r.unit::text, r.bucket AS at, r.n, r.sum, r.min, r.max, r.last, r.last_at
          FROM autoscaler.metric_series s
          JOIN autoscaler.metrics_rollup r
            ON r.node_id = s.node_id AND r.pool_id = s.pool_id AND r.metric_type = s.metric_type AND r.unit = s.unit
         WHERE s.pool_id = coalesce($1::bigint, 0) AND ($2::bigint IS NULL OR s.node_id = $2)
           AND s.metric_type = $3 AND ($4::text IS NULL OR s.unit = $4)
           AND r.bucket_seconds = $9::bigint AND r.bucket >= $5 AND r.bucket < $6
           AND r.bucket <> ALL (ARRAY(SELECT bucket FROM unrolled))
        UNION ALL
        SELECT x.unit, x."timestamp", 1, x.value, x.value, x.value, x.value, x."timestamp"
          FROM unrolled u
         CROSS JOIN LATERAL autoscaler.metric_samples($1, $2, $3, $4, u.bucket, u.bucket + $9::float8 * interval '1 s') AS x)
      SELECT f.unit, extract(epoch FROM f.bucket)::bigint AS at, sum(f.n)::bigint AS n,
             sum(f.sum) FILTER (WHERE abs(f.sum) < 1e270) AS sum,
             sum(f.sum / 18446744073709551616) FILTER (WHERE abs(f.sum) >= 1e270) AS huge, min(f.min) AS min, max(f.max) AS max, (array_agg(f.last ORDER BY f.last_at DESC))[1] AS last
        FROM (SELECT p.*, date_bin($7::float8 * interval '1 s', p.at, 'epoch') AS bucket FROM parts p) AS f
       GROUP BY f.unit, f.bucket
       ORDER BY f.unit, f.bucket
       LIMIT $8
      """;

  /** $1 pool or NULL, $2 node or NULL, $3 and $4 type and unit to start behind, $5 rows. */
  private static final String KINDS =
      """
      SELECT row_to_json(f)::text AS row
        FROM (SELECT s.metric_type, s.unit, count(*) AS series, max(s.last_at) AS last_at
                FROM autoscaler.metric_series s
               WHERE ($1::bigint IS NULL OR s.pool_id = $1) AND ($2::bigint IS NULL OR s.node_id = $2)
                 AND (s.metric_type, s.unit) > ($3::text, $4::text)
               GROUP BY s.metric_type, s.unit
               ORDER BY s.metric_type, s.unit
               LIMIT $5) AS f
      """;

  /** $1 advisory key, $2 batches, $3 seconds that raw rows are kept. NULL: not this replica. */
  private static final String ROLL =
      "SELECT autoscaler.roll_metrics($1, $2, $3::float8 * interval '1 s')";

  private final Statements statements;
  private final JsonRows json;

  MetricQueries(Statements statements, JsonRows json) {
    this.statements = statements;
    this.json = json;
  }

  /** Whose metric: of a pool, of a pool as one node saw it, or with no pool of a node. */
  record Subject(@Nullable Long poolId, @Nullable Long nodeId) {}

  /** Which rows to list, and behind which to go on. */
  record Listing(
      Subject of,
      @Nullable String metricType,
      Instant from,
      Instant to,
      Instant behind,
      long behindId) {}

  /**
   * The samples of one bucket.
   *
   * @param at its beginning, in seconds since 1970
   * @param sum of what is not huge; null where all is
   * @param huge the sum of what is huge, divided by 2^64; null where nothing is
   * @param last the last value, or the percentile asked for
   */
  record Bucket(
      String unit,
      long at,
      long n,
      @Nullable Double sum,
      @Nullable Double huge,
      @Nullable Double min,
      @Nullable Double max,
      @Nullable Double last) {}

  Uni<List<MetricRow>> rows(Listing listing, int rows) {
    return statements
        .run(
            listing.of().poolId() == null ? ROWS_OF_NODE : ROWS_OF_POOL,
            Tuple.tuple()
                .addLong(listing.of().poolId())
                .addLong(listing.of().nodeId())
                .addString(listing.metricType())
                .addOffsetDateTime(utc(listing.from()))
                .addOffsetDateTime(utc(listing.to()))
                .addOffsetDateTime(utc(listing.behind()))
                .addLong(listing.behindId())
                .addInteger(rows))
        .map(found -> json.of(found, "row", MetricRow.class));
  }

  Uni<List<Bucket>> buckets(
      Subject of, String metricType, @Nullable String unit, Window window, Aggregate agg) {
    Tuple values =
        Tuple.tuple()
            .addLong(of.poolId())
            .addLong(of.nodeId())
            .addString(metricType)
            .addString(unit)
            .addOffsetDateTime(utc(window.from()))
            .addOffsetDateTime(utc(window.to()))
            .addDouble((double) window.stepSeconds())
            .addInteger(MOST_BUCKETS + 1);
    if (window.source() != Source.RAW) {
      return read(ROLLED, values.addLong(window.source().seconds()));
    }
    if (agg.isPercentile()) {
      return read(RAW_PERCENTILE, values.addDouble(agg.fraction()));
    }
    return read(agg == Aggregate.LAST ? RAW_LAST : RAW, values);
  }

  private Uni<List<Bucket>> read(String sql, Tuple values) {
    return statements.run(sql, values).map(MetricQueries::buckets);
  }

  private static List<Bucket> buckets(RowSet<Row> rows) {
    var all = new ArrayList<Bucket>(rows.size());
    for (Row row : rows) {
      all.add(
          new Bucket(
              row.getString(0),
              row.getLong(1),
              row.getLong(2),
              row.getDouble(3),
              row.getDouble(4),
              row.getDouble(5),
              row.getDouble(6),
              row.getDouble(7)));
    }
    return all;
  }

  Uni<List<MetricType>> kinds(Subject of, String afterType, String afterUnit, int rows) {
    return statements
        .run(
            KINDS,
            Tuple.tuple()
                .addLong(of.poolId())
                .addLong(of.nodeId())
                .addString(afterType)
                .addString(afterUnit)
                .addInteger(rows))
        .map(found -> json.of(found, "row", MetricType.class));
  }

  /** How many batches were rolled; 0 also where another replica is at it. */
  Uni<Integer> roll(long turn, int batches, double keepSeconds) {
    return statements
        .run(ROLL, Tuple.of(turn, batches, keepSeconds))
        .map(rows -> rows.iterator().next().getInteger(0))
        .map(taken -> taken == null ? 0 : taken);
  }

  private static OffsetDateTime utc(Instant at) {
    return at.atOffset(ZoneOffset.UTC);
  }
}
