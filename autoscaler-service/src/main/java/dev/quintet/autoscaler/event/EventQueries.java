package dev.quintet.autoscaler.event;

import dev.quintet.autoscaler.access.NodeKey;
import dev.quintet.autoscaler.access.NodeKeyQueries;
import dev.quintet.common.api.autoscaler.FleetEvent;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads autoscaler.events in the order (xid, id), and only what is below the oldest transaction
 * that still runs: nothing can be inserted there any more, so a reader skips nothing.
 */
@ApplicationScoped
class EventQueries {
  /** One row; {@code first_…} NULL: no events are kept. */
  private static final String BOUNDS =
      """
      SELECT pg_snapshot_xmin(s.now)::text::bigint AS xmin, pg_snapshot_xmax(s.now)::text::bigint AS xmax,
             f.xid::text::bigint AS first_xid, f.id AS first_id
        FROM (SELECT pg_current_snapshot() AS now) AS s
        LEFT JOIN LATERAL (SELECT e.xid, e.id FROM autoscaler.events e ORDER BY e.xid, e.id LIMIT 1) AS f ON true
      """;

  /**
   * $1 xid and $2 id to start behind, $3 rows. At least one row; {@code row} NULL: nothing new.
   * {@code held}: there is more, committed, but above a transaction that still runs.
   */
  private static final String AFTER =
      """
      SELECT pg_snapshot_xmin(s.now)::text::bigint AS xmin, true AS admitted,
             EXISTS (SELECT FROM autoscaler.events h WHERE h.xid >= pg_snapshot_xmin(s.now)) AS held, e.row, e.xid, e.id
        FROM (SELECT pg_current_snapshot() AS now) AS s
        LEFT JOIN LATERAL (
          SELECT e.xid::text::bigint AS xid, e.id,
                 json_build_object('kind', e.kind, 'at', e.at, 'node_id', e.node_id, 'pool_id', e.pool_id, 'payload', e.payload)::text AS row
            FROM autoscaler.events e
           WHERE (e.xid, e.id) > ($1::text::xid8, $2::bigint) AND e.xid < pg_snapshot_xmin(s.now)
           ORDER BY e.xid, e.id
           LIMIT $3) AS e ON true
       ORDER BY e.xid, e.id
      """;

  /**
   * As AFTER, for a node: $4 node, $5 its key's hash; only what agents act on. {@code admitted}
   * false: the key is not valid any more.
   */
  private static final String AFTER_OF_NODE =
      """
      SELECT pg_snapshot_xmin(s.now)::text::bigint AS xmin,
             EXISTS (SELECT FROM autoscaler.node_api_keys k
                      WHERE k.key_hash = $5 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())) AS admitted,
             EXISTS (SELECT FROM autoscaler.events h WHERE h.node_id = $4 AND h.xid >= pg_snapshot_xmin(s.now)) AS held,
             e.row, e.xid, e.id
        FROM (SELECT pg_current_snapshot() AS now) AS s
        LEFT JOIN LATERAL (
          SELECT e.xid::text::bigint AS xid, e.id,
                 json_build_object('kind', e.kind, 'at', e.at, 'node_id', e.node_id, 'pool_id', e.pool_id, 'payload', e.payload)::text AS row
            FROM autoscaler.events e
           WHERE e.node_id = $4 AND e.kind IN ('config', 'target', 'override')
             AND (e.xid, e.id) > ($1::text::xid8, $2::bigint) AND e.xid < pg_snapshot_xmin(s.now)
           ORDER BY e.xid, e.id
           LIMIT $3) AS e ON true
       ORDER BY e.xid, e.id
      """;

  private final Statements statements;
  private final NodeKeyQueries keys;
  private final JsonRows json;

  EventQueries(Statements statements, NodeKeyQueries keys, JsonRows json) {
    this.keys = keys;
    this.statements = statements;
    this.json = json;
  }

  /**
   * @param now everything before it is over and done
   * @param xmax the next transaction's id: no event can have it yet
   * @param first the oldest event that is kept; null: none is
   */
  record Bounds(Position now, long xmax, @Nullable Position first) {}

  Uni<Bounds> bounds() {
    return statements
        .run(BOUNDS)
        .map(rows -> {
          Row row = rows.iterator().next();
          Long first = row.getLong("first_xid");
          return new Bounds(
              new Position(row.getLong("xmin"), 0),
              row.getLong("xmax"),
              first == null ? null : new Position(first, row.getLong("first_id")));
        });
  }

  Uni<Void> authenticate(NodeKey key, int node, @Nullable String ip) {
    return statements.together(tx -> keys.authenticate(tx, key, node, ip));
  }

  record Placed(Position at, FleetEvent event) {}

  /**
   * @param upTo where to read on
   * @param admitted whether the reader may still read
   * @param held whether there is more that may not be read yet
   */
  record Slice(List<Placed> events, Position upTo, boolean admitted, boolean held) {}

  Uni<Slice> after(Position place, int rows) {
    return statements
        .run(AFTER, Tuple.of(Long.toString(place.xid()), place.id(), rows))
        .map(found -> slice(found, place, rows));
  }

  Uni<Slice> after(Position place, int rows, int node, NodeKey key) {
    return statements
        .run(
            AFTER_OF_NODE, Tuple.of(Long.toString(place.xid()), place.id(), rows, node, key.hash()))
        .map(found -> slice(found, place, rows));
  }

  private Slice slice(RowSet<Row> found, Position place, int most) {
    var events = new ArrayList<Placed>();
    List<FleetEvent> read = json.of(found, "row", FleetEvent.class);
    Row last = found.iterator().next();
    for (Row row : found) {
      last = row;
      if (row.getLong("id") != null) {
        events.add(
            new Placed(
                new Position(row.getLong("xid"), row.getLong("id")), read.get(events.size())));
      }
    }
    var below = new Position(last.getLong("xmin"), 0);
    Position upTo = events.size() == most ? events.getLast().at() : below;
    // The oldest running transaction never gets older, but a fail-over may begin anew.
    return new Slice(
        events,
        upTo.compareTo(place) > 0 ? upTo : place,
        last.getBoolean("admitted"),
        last.getBoolean("held"));
  }
}
