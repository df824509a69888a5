package dev.quintet.autoscaler.node;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.quintet.autoscaler.node.Secrets.Secret;
import dev.quintet.common.api.autoscaler.Node;
import dev.quintet.common.api.autoscaler.NodeRequest;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Rows of nodes, node_api_keys and what a node's changes write to node_lifecycle_logs. */
@ApplicationScoped
class NodeQueries {
  /** $1 status, $2 region, $3 part of the name; each or NULL. $4 id to start behind, $5 rows. */
  private static final String LIST =
      """
      SELECT autoscaler.node_view(page.id)::text AS row
        FROM (SELECT n.id FROM autoscaler.nodes n
               WHERE ($1::text IS NULL OR n.status = $1::autoscaler.node_status)
                 AND ($2::text IS NULL OR n.region = $2)
                 AND ($3::text IS NULL OR strpos(lower(n.name), lower($3)) > 0)
                 AND n.id > $4
               ORDER BY n.id
               LIMIT $5) AS page
       ORDER BY page.id
      """;

  /** $1 node. NULL: there is none. */
  private static final String VIEW = "SELECT autoscaler.node_view($1)::text AS row";

  /** $1 node. No row: there is none. Every change of a node begins with this. */
  private static final String LOCK = "SELECT id FROM autoscaler.nodes WHERE id = $1 FOR UPDATE";

  /** $1 name, $2 region, $3 ip_address, $4 description. */
  private static final String INSERT =
      """
      INSERT INTO autoscaler.nodes (name, region, ip_address, description) VALUES ($1, $2, $3, $4) RETURNING id
      """;

  /**
   * $1 node, $2 name, $3 region, $4 ip_address, $5 description, $6 status, $7 heartbeat interval,
   * $8 allow_push.
   */
  private static final String UPDATE =
      """
      UPDATE autoscaler.nodes
         SET name = $2, region = $3, ip_address = $4, description = $5, status = $6::text::autoscaler.node_status,
             heartbeat_interval_seconds = $7, allow_push = $8
       WHERE id = $1
      """;

  /**
   * $1 node, $2 key hash, $3 key prefix, $4 by whom, $5 seconds that older keys stay valid. One
   * row: when the last of those ends, or NULL.
   */
  private static final String ISSUE_KEY =
      """
      WITH older AS (UPDATE autoscaler.node_api_keys
                        SET expires_at = least(expires_at, now() + make_interval(secs => $5))
                      WHERE node_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
                  RETURNING expires_at),
           key AS (INSERT INTO autoscaler.node_api_keys (node_id, key_hash, key_prefix, created_by)
                   VALUES ($1, $2, $3, $4) RETURNING node_id, key_hash),
           node AS (UPDATE autoscaler.nodes n SET api_key_hash = key.key_hash FROM key WHERE n.id = key.node_id)
      SELECT max(expires_at) AS older_end FROM older
      """;

  /** $1 node. One row: how many keys were still valid. */
  private static final String REVOKE_KEYS =
      """
      WITH revoked AS (UPDATE autoscaler.node_api_keys SET revoked_at = now()
                        WHERE node_id = $1 AND revoked_at IS NULL
                    RETURNING expires_at IS NULL OR expires_at > now() AS valid),
           node AS (UPDATE autoscaler.nodes SET api_key_hash = NULL WHERE id = $1)
      SELECT count(*) FILTER (WHERE valid) AS valid FROM revoked
      """;

  /** $1 node. */
  private static final String DECOMMISSION =
      "UPDATE autoscaler.nodes SET status = 'OFFLINE', decommissioned_at = now() WHERE id = $1";

  /** $1 node, $2 event_type, $3 previous_status, $4 new_status, $5 reason, $6 extra_data. */
  private static final String LOG =
      """
      INSERT INTO autoscaler.node_lifecycle_logs (node_id, event_type, previous_status, new_status, reason, triggered_by, extra_data)
      VALUES ($1, $2, $3, $4, $5, 'manual', $6)
      """;

  /** $1 node. What its deletion takes along, by table. */
  private static final String COUNT =
      """
      SELECT json_build_object(
               'pools', (SELECT count(*) FROM autoscaler.pools WHERE node_id = $1),
               'metrics', (SELECT count(*) FROM autoscaler.metrics WHERE node_id = $1),
               'schedules', (SELECT count(*) FROM autoscaler.schedules WHERE node_id = $1),
               'node_configurations', (SELECT count(*) FROM autoscaler.node_configurations WHERE node_id = $1),
               'node_heartbeats', (SELECT count(*) FROM autoscaler.node_heartbeats WHERE node_id = $1),
               'node_lifecycle_logs', (SELECT count(*) FROM autoscaler.node_lifecycle_logs WHERE node_id = $1),
               'pool_analytics', (SELECT count(*) FROM autoscaler.pool_analytics WHERE node_id = $1),
               'node_api_keys', (SELECT count(*) FROM autoscaler.node_api_keys WHERE node_id = $1))::text AS row
      """;

  private static final String DELETE = "DELETE FROM autoscaler.nodes WHERE id = $1";

  private final Statements statements;
  private final JsonRows json;

  NodeQueries(Statements statements, JsonRows json) {
    this.statements = statements;
    this.json = json;
  }

  /** What is null does not restrict. */
  record Filter(@Nullable String status, @Nullable String region, @Nullable String q) {}

  Uni<List<Node>> list(Filter filter, int after, int rows) {
    return statements
        .run(LIST, Tuple.of(filter.status(), filter.region(), filter.q(), after, rows))
        .map(found -> json.of(found, "row", Node.class));
  }

  Uni<Optional<Node>> find(int id) {
    return statements
        .run(VIEW, Tuple.of(id))
        .map(found -> json.of(found, "row", Node.class).stream().findFirst());
  }

  /** Empty: there is none. Nobody else changes it until the transaction ends. */
  Uni<Optional<Node>> lock(SqlConnection tx, int id) {
    return tx.preparedQuery(LOCK)
        .execute(Tuple.of(id))
        .chain(locked ->
            locked.size() == 0
                ? Uni.createFrom().item(Optional.<Node>empty())
                : view(tx, id).map(Optional::of));
  }

  Uni<Node> view(SqlConnection tx, int id) {
    return tx.preparedQuery(VIEW)
        .execute(Tuple.of(id))
        .map(found -> json.of(found, "row", Node.class).getFirst());
  }

  Uni<Integer> insert(SqlConnection tx, NodeRequest request) {
    return tx.preparedQuery(INSERT)
        .execute(
            Tuple.of(request.name(), request.region(), request.ipAddress(), request.description()))
        .map(made -> made.iterator().next().getInteger("id"));
  }

  Uni<Void> update(SqlConnection tx, Node node) {
    return tx.preparedQuery(UPDATE)
        .execute(
            Tuple.tuple()
                .addInteger(node.id())
                .addString(node.name())
                .addString(node.region())
                .addString(node.ipAddress())
                .addString(node.description())
                .addString(node.status().name())
                .addInteger(node.heartbeatIntervalSeconds())
                .addBoolean(node.allowPush()))
        .replaceWithVoid();
  }

  /** Empty: the key is the node's only one. */
  Uni<Optional<Instant>> issueKey(
      SqlConnection tx, int node, Secret key, String by, int graceSeconds) {
    return tx.preparedQuery(ISSUE_KEY)
        .execute(Tuple.of(node, key.hash(), key.prefix(), by, (double) graceSeconds))
        .map(rows -> {
          Row row = rows.iterator().next();
          @Nullable OffsetDateTime end = row.getOffsetDateTime("older_end");
          return Optional.ofNullable(end).map(OffsetDateTime::toInstant);
        });
  }

  /** How many keys could still be used until now. */
  Uni<Long> revokeKeys(SqlConnection tx, int node) {
    return tx.preparedQuery(REVOKE_KEYS)
        .execute(Tuple.of(node))
        .map(rows -> rows.iterator().next().getLong("valid"));
  }

  Uni<Void> decommission(SqlConnection tx, int node) {
    return tx.preparedQuery(DECOMMISSION).execute(Tuple.of(node)).replaceWithVoid();
  }

  /**
   * An entry of the lifecycle log, made by hand.
   *
   * @param extra JSON, or null
   */
  record Event(
      int node,
      String type,
      @Nullable String previous,
      String now,
      @Nullable String reason,
      @Nullable String extra) {}

  Uni<Void> log(SqlConnection tx, Event event) {
    return tx.preparedQuery(LOG)
        .execute(
            Tuple.of(
                event.node(),
                event.type(),
                event.previous(),
                event.now(),
                event.reason(),
                event.extra()))
        .replaceWithVoid();
  }

  Uni<ObjectNode> count(SqlConnection tx, int node) {
    return tx.preparedQuery(COUNT)
        .execute(Tuple.of(node))
        .map(found -> json.of(found, "row", ObjectNode.class).getFirst());
  }

  Uni<Void> delete(SqlConnection tx, int node) {
    return tx.preparedQuery(DELETE).execute(Tuple.of(node)).replaceWithVoid();
  }
}
