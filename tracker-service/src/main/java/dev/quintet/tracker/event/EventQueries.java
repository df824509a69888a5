package dev.quintet.tracker.event;

import dev.quintet.common.api.tracker.ShardEvent;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

@ApplicationScoped
class EventQueries {
  /**
   * $1 cluster, $2 kinds or NULL, $3 shard or NULL, $4 cluster_seq to start below, $5 rows. No row:
   * there never was such a cluster.
   */
  private static final String LIST =
      """
      SELECT row_to_json(e)::text AS row
        FROM tracker.clusters c
        LEFT JOIN LATERAL (
          SELECT e.id, e.at, e.cluster_name, e.cluster_seq, e.kind, e.generation, e.shard_id, e.epoch, e.instance_id, e.actor, e.detail
            FROM tracker.shard_events e
           WHERE e.cluster_name = c.cluster_name AND e.cluster_seq < $4
             AND ($2::text[] IS NULL OR e.kind = ANY ($2))
             AND ($3::integer IS NULL OR e.shard_id = $3)
           ORDER BY e.cluster_seq DESC
           LIMIT $5) AS e ON true
       WHERE c.cluster_name = $1
       ORDER BY e.cluster_seq DESC
      """;

  /** $1 cluster or NULL. One row; first_id NULL: no events are kept. */
  private static final String BOUNDS =
      """
      SELECT k.last_id, (SELECT min(e.id) FROM tracker.shard_events e) AS first_id,
             $1::text IS NULL OR EXISTS (SELECT FROM tracker.clusters c WHERE c.cluster_name = $1) AS known
        FROM tracker.event_counter k
      """;

  /**
   * $1 id to start behind, $2 cluster or NULL, $3 names in the caller's scope or NULL, $4 rows. The
   * counter's row is locked from an event's insert to its commit, so all up to last_id are there.
   */
  private static final String AFTER =
      """
      SELECT k.last_id, row_to_json(e)::text AS row
        FROM tracker.event_counter k
        LEFT JOIN LATERAL (
          SELECT e.id, e.at, e.cluster_name, e.cluster_seq, e.kind, e.generation, e.shard_id, e.epoch, e.instance_id, e.actor, e.detail
            FROM tracker.shard_events e
           WHERE e.id > $1
             AND ($2::text IS NULL OR e.cluster_name = $2)
             AND ($3::text[] IS NULL OR e.cluster_name = ANY ($3))
           ORDER BY e.id
           LIMIT $4) AS e ON true
       ORDER BY e.id
      """;

  private final Statements statements;
  private final JsonRows json;

  EventQueries(Statements statements, JsonRows json) {
    this.statements = statements;
    this.json = json;
  }

  /** What a list is restricted to; null does not restrict. */
  record Filter(@Nullable Set<String> kinds, @Nullable Integer shard) {}

  /** Empty: there never was such a cluster. A deleted one keeps its history. */
  Uni<Optional<List<ShardEvent>>> list(String cluster, Filter filter, long below, int rows) {
    return statements
        .run(LIST, Tuple.of(cluster, array(filter.kinds()), filter.shard(), below, rows))
        .map(found ->
            found.size() == 0
                ? Optional.empty()
                : Optional.of(json.of(found, "row", ShardEvent.class)));
  }

  /**
   * @param firstId oldest event still kept; one more than lastId when there is none
   * @param known whether the cluster asked for exists
   */
  record Bounds(long firstId, long lastId, boolean known) {}

  Uni<Bounds> bounds(@Nullable String cluster) {
    return statements
        .run(BOUNDS, Tuple.of(cluster))
        .map(found -> {
          var row = found.iterator().next();
          long last = row.getLong("last_id");
          Long first = row.getLong("first_id");
          return new Bounds(first == null ? last + 1 : first, last, row.getBoolean("known"));
        });
  }

  /**
   * @param upTo all events up to this id have been looked at, whether they are of interest or not
   */
  record Slice(List<ShardEvent> events, long upTo) {}

  Uni<Slice> after(long id, @Nullable String cluster, @Nullable Set<String> scope, int rows) {
    return statements
        .run(AFTER, Tuple.of(id, cluster, array(scope), rows))
        .map(found -> {
          var events = json.of(found, "row", ShardEvent.class);
          long last = found.iterator().next().getLong("last_id");
          return new Slice(events, events.size() < rows ? last : events.getLast().id());
        });
  }

  private static String @Nullable [] array(@Nullable Set<String> texts) {
    return texts == null ? null : texts.toArray(String[]::new);
  }
}
