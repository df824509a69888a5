package dev.quintet.coordination.metric;

import dev.quintet.common.api.coordination.MetricPartition;
import dev.quintet.common.sql.DatabaseError;
import dev.quintet.common.sql.FleetLocks;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Writes metrics, and looks after their tables. */
@ApplicationScoped
class MetricQueries {
  /**
   * $1 ids, $2 types, $3 names, $4 values, $5 dimensions, $6 times. The count of rows is how many
   * were new. Neither RETURNING nor the columns of the conflict: both would ask the policy for
   * reading, which the service has none of. In the order of ids, so that two batches with the same
   * metrics wait for each other once, and not both ways.
   */
  private static final String INGEST =
      """
      INSERT INTO coordination.performance_metrics (id, metric_type, metric_name, metric_value, dimensions, timestamp)
      SELECT m.id, m.type, m.name, m.value::numeric, m.dimensions::jsonb, m.at
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
               AS m (id, type, name, value, dimensions, at)
       ORDER BY m.id
      ON CONFLICT DO NOTHING
      """;

  /** $1 times, in order. Their months are there then. */
  private static final String ENSURE =
      "SELECT coordination.ensure_metric_partition(m.at) FROM unnest($1::timestamptz[]) AS m (at)";

  private static final String CREATE_AHEAD = "SELECT coordination.create_monthly_partition()";

  /** $1 months that rows are kept. NULL: nothing is that old. */
  private static final String DROP_OLDEST = "SELECT coordination.drop_metric_partition($1) AS name";

  /** $1 months that rollups are kept, $2 most rows. */
  private static final String DELETE_ROLLUPS =
      """
      DELETE FROM coordination.performance_metric_rollups
       WHERE ctid = ANY (ARRAY(SELECT r.ctid FROM coordination.performance_metric_rollups r
                                WHERE r.minute < now() - make_interval(months => $1)
                                ORDER BY r.minute LIMIT $2 FOR UPDATE SKIP LOCKED))
      """;

  /** $1 lock, $2 minutes. How many were rolled; NULL: another session is at it. */
  private static final String ROLL = "SELECT coordination.roll_metrics($1, $2) AS rolled";

  /** The statistics are the server's own, and cost no look at the rows. */
  private static final String PARTITIONS =
      """
      SELECT row_to_json(p)::text AS row
        FROM (SELECT c.relname AS name,
                     substring(b.bound FROM 'FROM \\(''([^'']+)''\\)')::timestamptz AS "from",
                     substring(b.bound FROM 'TO \\(''([^'']+)''\\)')::timestamptz AS "to",
                     pg_stat_get_live_tuples(c.oid) AS rows,
                     pg_total_relation_size(c.oid) AS bytes
                FROM pg_inherits i
                JOIN pg_class c ON c.oid = i.inhrelid
               CROSS JOIN LATERAL (SELECT pg_get_expr(c.relpartbound, c.oid) AS bound) AS b
               WHERE i.inhparent = 'coordination.performance_metrics'::regclass) AS p
       ORDER BY p."from"
      """;

  private static final String NO_PARTITION = "23514";
  private static final long ROLL_TURN = FleetLocks.key("coordination", "roll-metrics");

  private final Statements statements;
  private final JsonRows json;

  MetricQueries(Statements statements, JsonRows json) {
    this.statements = statements;
    this.json = json;
  }

  /**
   * Stores what is not there yet; returns how many that were. A month that nobody made yet is made,
   * and then it is tried once more.
   */
  Uni<Integer> ingest(MetricColumns metrics) {
    return insert(metrics)
        .onFailure(MetricQueries::isMonthMissing)
        .recoverWithUni(() -> ensure(metrics).chain(() -> insert(metrics)));
  }

  private Uni<Integer> insert(MetricColumns metrics) {
    return statements
        .run(
            INGEST,
            Tuple.of(
                metrics.ids(),
                metrics.types(),
                metrics.names(),
                metrics.values(),
                metrics.dimensions(),
                metrics.times()))
        .map(RowSet::rowCount);
  }

  private Uni<Void> ensure(MetricColumns metrics) {
    return statements.run(ENSURE, Tuple.of(metrics.months())).replaceWithVoid();
  }

  /** The same state as a CHECK's, which has a name. */
  private static boolean isMonthMissing(Throwable failure) {
    return DatabaseError.in(failure)
        .filter(error -> error.sqlState().equals(NO_PARTITION) && error.constraint() == null)
        .isPresent();
  }

  Uni<Void> createAhead() {
    return statements.run(CREATE_AHEAD).replaceWithVoid();
  }

  /** The name of the partition that went. */
  Uni<Optional<String>> dropOldest(int months) {
    return statements
        .run(DROP_OLDEST, Tuple.of(months))
        .map(rows -> {
          @Nullable String name = rows.iterator().next().getString("name");
          return Optional.ofNullable(name);
        });
  }

  Uni<Integer> deleteRollups(int months, int most) {
    return statements.run(DELETE_ROLLUPS, Tuple.of(months, most)).map(RowSet::rowCount);
  }

  Uni<Integer> roll(int minutes) {
    return statements
        .run(ROLL, Tuple.of(ROLL_TURN, minutes))
        .map(rows -> {
          @Nullable Integer rolled = rows.iterator().next().getInteger("rolled");
          return rolled == null ? 0 : rolled;
        });
  }

  Uni<List<MetricPartition>> partitions() {
    return statements.run(PARTITIONS).map(rows -> json.of(rows, "row", MetricPartition.class));
  }
}
