package dev.quintet.coordination.metric;

import dev.quintet.common.api.coordination.PerformanceMetric;
import dev.quintet.common.security.Caller;
import dev.quintet.common.sql.CallerScope;
import dev.quintet.common.sql.JsonRows;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads metrics with the rights of the person who asks: the seed's policy shows them to
 * administrators, and this code has no say in it.
 */
@ApplicationScoped
class MetricReadQueries {
  static final int MOST_EXACT_POINTS = 10_000;

  /** Each has a histogram to be read. */
  static final int MOST_ROLLED_POINTS = 2_000;

  private static final String SCOPE = "coordination_user_scope";

  /**
   * $1 type, $2 name, each or NULL; $3 from, $4 to (exclusive), $5 and $6 time and id to start
   * below, $7 rows.
   */
  private static final String ROWS =
      """
      SELECT row_to_json(page)::text AS row
        FROM (SELECT m.id, m.metric_type, m.metric_name, m.metric_value, m.dimensions, m.timestamp, m.created_at
                FROM coordination.performance_metrics m
               WHERE ($1::text IS NULL OR m.metric_type = $1)
                 AND ($2::text IS NULL OR m.metric_name = $2)
                 AND m.timestamp >= $3 AND m.timestamp < $4 AND m.timestamp <= $5
                 AND (m.timestamp, m.id) < ($5, $6::uuid)
               ORDER BY m.timestamp DESC, m.id DESC
               LIMIT $7) AS page
      """;

  /** $1 type, $2 name, $3 from, $4 to, $5 where to stop counting. */
  private static final String COUNT =
      """
      SELECT count(*) AS n
        FROM (SELECT FROM coordination.performance_metrics m
               WHERE m.metric_type = $1 AND m.metric_name = $2 AND m.timestamp >= $3 AND m.timestamp < $4
               LIMIT $5) AS counted
      """;

  /**
   * $1 type, $2 name, $3 from, $4 to, $5 seconds of a step or NULL, $6 dimension or NULL, $7
   * fractions, $8 rows.
   */
  private static final String EXACT =
      """
      SELECT CASE WHEN $5::float8 IS NULL THEN $3::timestamptz
                  ELSE to_timestamp(floor(extract(epoch FROM m.timestamp) / $5::float8) * $5::float8) END AS at,
             CASE WHEN $6::text IS NULL THEN NULL ELSE m.dimensions ->> $6::text END AS grp,
             count(*) AS count, min(m.metric_value)::float8 AS min, max(m.metric_value)::float8 AS max, avg(m.metric_value)::float8 AS avg,
             percentile_cont($7::float8[]) WITHIN GROUP (ORDER BY m.metric_value::float8) AS percentiles
        FROM coordination.performance_metrics m
       WHERE m.metric_type = $1 AND m.metric_name = $2 AND m.timestamp >= $3 AND m.timestamp < $4
       GROUP BY 1, 2
       ORDER BY 2, 1
       LIMIT $8
      """;

  /** As EXACT, from rollups; $7 rows. The bars of each histogram in rising order. */
  private static final String ROLLED =
      """
      WITH part AS MATERIALIZED (
             SELECT p.*, dense_rank() OVER (ORDER BY p.grp, p.at) AS place
               FROM (SELECT CASE WHEN $5::float8 IS NULL THEN $3::timestamptz
                                 ELSE to_timestamp(floor(extract(epoch FROM r.minute) / $5::float8) * $5::float8) END AS at,
                            CASE WHEN $6::text IS NULL THEN NULL ELSE r.dimensions ->> $6::text END AS grp,
                            r.count, r.sum, r.min, r.max, r.histogram
                       FROM coordination.performance_metric_rollups r
                      WHERE r.metric_type = $1 AND r.metric_name = $2 AND r.minute >= $3 AND r.minute < $4) AS p),
           total AS (SELECT place, min(at) AS at, min(grp) AS grp, sum(count)::bigint AS count, min(min)::float8 AS min, max(max)::float8 AS max,
                            (sum(sum) / sum(count))::float8 AS avg
                       FROM part WHERE place <= $7 GROUP BY place),
           bar AS (SELECT part.place, part.histogram[i][1] AS bucket, sum(part.histogram[i][2])::bigint AS n
                     FROM part CROSS JOIN LATERAL generate_subscripts(part.histogram, 1) AS i
                    WHERE part.place <= $7 GROUP BY 1, 2)
      SELECT t.at, t.grp, t.count, t.min, t.max, t.avg, b.buckets, b.counts
        FROM total t
        JOIN (SELECT place, array_agg(bucket ORDER BY bucket) AS buckets, array_agg(n ORDER BY bucket) AS counts FROM bar GROUP BY place) AS b
       USING (place)
       ORDER BY place
      """;

  private final CallerScope scope;
  private final JsonRows json;

  MetricReadQueries(CallerScope scope, JsonRows json) {
    this.scope = scope;
    this.json = json;
  }

  /** Null: any. {@code before}: where the page starts. */
  record Listing(
      @Nullable String type,
      @Nullable String name,
      OffsetDateTime from,
      OffsetDateTime to,
      OffsetDateTime before,
      UUID beforeId) {}

  /** A point before it has a name; {@code values} in the order of the fractions. */
  record Found(
      Instant at,
      @Nullable String group,
      long count,
      double min,
      double max,
      double avg,
      List<Double> values) {}

  /** Points, and whether they come from rollups. */
  record Answer(boolean rolled, List<Found> points) {}

  Uni<List<PerformanceMetric>> rows(Caller caller, Listing listing, int rows) {
    return scope.as(
        SCOPE,
        caller,
        tx ->
            tx.preparedQuery(ROWS)
                .execute(
                    Tuple.tuple()
                        .addString(listing.type())
                        .addString(listing.name())
                        .addValue(listing.from())
                        .addValue(listing.to())
                        .addValue(listing.before())
                        .addUUID(listing.beforeId())
                        .addInteger(rows))
                .map(found -> json.of(found, "row", PerformanceMetric.class)));
  }

  /**
   * Exact where there are no more rows than {@code exactRows}, else from rollups. One point more
   * than may be shown tells that there are too many.
   */
  Uni<Answer> percentiles(Caller caller, Subject subject, List<Double> fractions, int exactRows) {
    return scope.as(
        SCOPE,
        caller,
        tx ->
            count(tx, subject, exactRows + 1)
                .chain(rows ->
                    rows <= exactRows
                        ? exact(tx, subject, fractions).map(points -> new Answer(false, points))
                        : rolled(tx, subject.toWholeMinutes(), fractions)
                            .map(points -> new Answer(true, points))));
  }

  private static Uni<Long> count(SqlConnection tx, Subject subject, int most) {
    return tx.preparedQuery(COUNT)
        .execute(Tuple.of(subject.type(), subject.name(), subject.fromUtc(), subject.toUtc(), most))
        .map(rows -> rows.iterator().next().getLong("n"));
  }

  private static Uni<List<Found>> exact(SqlConnection tx, Subject subject, List<Double> fractions) {
    return tx.preparedQuery(EXACT)
        .execute(
            values(subject)
                .addValue(fractions.toArray(Double[]::new))
                .addInteger(MOST_EXACT_POINTS + 1))
        .map(rows ->
            rows.stream()
                .map(row -> found(row, Arrays.asList(row.getArrayOfDoubles("percentiles"))))
                .collect(Collectors.toList()));
  }

  private static Uni<List<Found>> rolled(
      SqlConnection tx, Subject subject, List<Double> fractions) {
    return tx.preparedQuery(ROLLED)
        .execute(values(subject).addInteger(MOST_ROLLED_POINTS + 1))
        .map(rows ->
            rows.stream()
                .map(row -> {
                  var histogram =
                      new Histogram(
                          Arrays.asList(row.getArrayOfIntegers("buckets")),
                          Arrays.asList(row.getArrayOfLongs("counts")),
                          row.getDouble("min"),
                          row.getDouble("max"));
                  return found(row, fractions.stream().map(histogram::percentile).toList());
                })
                .collect(Collectors.toList()));
  }

  private static Tuple values(Subject subject) {
    Long step = subject.stepSeconds();
    return Tuple.tuple()
        .addString(subject.type())
        .addString(subject.name())
        .addValue(subject.fromUtc())
        .addValue(subject.toUtc())
        .addDouble(step == null ? null : (Double) (double) step)
        .addString(subject.dimension());
  }

  private static Found found(Row row, List<Double> values) {
    return new Found(
        row.getOffsetDateTime("at").toInstant(),
        row.getString("grp"),
        row.getLong("count"),
        row.getDouble("min"),
        row.getDouble("max"),
        row.getDouble("avg"),
        values);
  }
}
