package dev.quintet.autoscaler.node;

import dev.quintet.common.api.autoscaler.LifecycleLog;
import dev.quintet.common.api.autoscaler.PoolObservation;
import dev.quintet.common.api.autoscaler.StoredHeartbeat;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What nodes sent and what happened to them, newest first. */
@ApplicationScoped
class NodeHistoryQueries {
  /** $1 node or NULL, $2 event_type or NULL, $3 from, $4 before, each or NULL; $5 id, $6 rows. */
  private static final String LIFECYCLE =
      """
      SELECT row_to_json(l)::text AS row
        FROM (SELECT id, node_id, event_type, previous_status, new_status, reason, triggered_by,
                     autoscaler.json_of_text(extra_data) AS extra_data, "timestamp"
                FROM autoscaler.node_lifecycle_logs
               WHERE ($1::integer IS NULL OR node_id = $1)
                 AND ($2::text IS NULL OR event_type = $2)
                 AND ($3::timestamptz IS NULL OR "timestamp" >= $3)
                 AND ($4::timestamptz IS NULL OR "timestamp" < $4)
                 AND id < $5
               ORDER BY id DESC
               LIMIT $6) AS l
      """;

  /**
   * $1 node, $2 and $3 timestamp and id to start behind, $4 rows. No row: no such node; a NULL: no
   * heartbeat.
   */
  private static final String HEARTBEATS =
      """
      SELECT row_to_json(h)::text AS row
        FROM autoscaler.nodes n
        LEFT JOIN LATERAL (
          SELECT b.id, b.node_id, b.config_hash, b.status, b.error_message,
                 autoscaler.json_of_text(b.metrics_data) AS metrics_data, b."timestamp"
            FROM autoscaler.node_heartbeats b
           WHERE b.node_id = n.id AND b."timestamp" <= $2 AND (b."timestamp", b.id) < ($2, $3)
           ORDER BY b."timestamp" DESC, b.id DESC
           LIMIT $4) AS h ON true
       WHERE n.id = $1
       ORDER BY h."timestamp" DESC, h.id DESC
      """;

  /**
   * $1 node, $2 and $3 timestamp and id to start behind, $4 rows, $5 from or NULL. No row: no such
   * node; a NULL: no observation.
   */
  private static final String OBSERVATIONS =
      """
      SELECT row_to_json(o)::text AS row
        FROM autoscaler.nodes n
        LEFT JOIN LATERAL (
          SELECT a.*
            FROM autoscaler.pool_analytics a
           WHERE a.node_id = n.id AND a."timestamp" <= $2 AND (a."timestamp", a.id) < ($2, $3)
             AND ($5::timestamptz IS NULL OR a."timestamp" >= $5)
           ORDER BY a."timestamp" DESC, a.id DESC
           LIMIT $4) AS o ON true
       WHERE n.id = $1
       ORDER BY o."timestamp" DESC, o.id DESC
      """;

  private final Statements statements;
  private final JsonRows json;

  NodeHistoryQueries(Statements statements, JsonRows json) {
    this.statements = statements;
    this.json = json;
  }

  /** What is null does not restrict. */
  record LifecycleFilter(
      @Nullable Integer node,
      @Nullable String eventType,
      @Nullable OffsetDateTime from,
      @Nullable OffsetDateTime to) {}

  Uni<List<LifecycleLog>> lifecycle(LifecycleFilter filter, long below, int rows) {
    return statements
        .run(
            LIFECYCLE,
            Tuple.of(filter.node(), filter.eventType(), filter.from(), filter.to(), below, rows))
        .map(found -> json.of(found, "row", LifecycleLog.class));
  }

  /** Behind which row a page of such a list starts. */
  record Before(OffsetDateTime at, long id) {}

  /** Empty: there is no such node. */
  Uni<Optional<List<StoredHeartbeat>>> heartbeats(int node, Before before, int rows) {
    return statements
        .run(HEARTBEATS, Tuple.of(node, before.at(), before.id(), rows))
        .map(found -> ofNode(found, StoredHeartbeat.class));
  }

  /** Empty: there is no such node. */
  Uni<Optional<List<PoolObservation>>> observations(
      int node, @Nullable OffsetDateTime from, Before before, int rows) {
    return statements
        .run(OBSERVATIONS, Tuple.of(node, before.at(), before.id(), rows, from))
        .map(found -> ofNode(found, PoolObservation.class));
  }

  private <T> Optional<List<T>> ofNode(RowSet<Row> found, Class<T> type) {
    return found.size() == 0 ? Optional.empty() : Optional.of(json.of(found, "row", type));
  }
}
