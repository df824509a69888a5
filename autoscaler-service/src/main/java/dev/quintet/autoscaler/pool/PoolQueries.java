package dev.quintet.autoscaler.pool;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.quintet.common.api.autoscaler.Pool;
import dev.quintet.common.api.autoscaler.PoolRequest;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

@ApplicationScoped
class PoolQueries {
  /**
   * $1 node, $2 region, $3 status, $4 part of the name or of the cloud's id; each or NULL. $5 id to
   * start behind, $6 rows.
   */
  private static final String LIST =
      """
      SELECT autoscaler.pool_view(page.id)::text AS row
        FROM (SELECT p.id FROM autoscaler.pools p
               WHERE ($1::integer IS NULL OR p.node_id = $1)
                 AND ($2::text IS NULL OR p.region = $2)
                 AND ($3::text IS NULL OR p.status = $3::autoscaler.pool_status)
                 AND ($4::text IS NULL OR strpos(lower(p.name), lower($4)) > 0 OR strpos(lower(p.oracle_pool_id), lower($4)) > 0)
                 AND p.id > $5
               ORDER BY p.id
               LIMIT $6) AS page
       ORDER BY page.id
      """;

  /** $1 pool. NULL: there is none. */
  private static final String VIEW = "SELECT autoscaler.pool_view($1)::text AS row";

  /** $1 pool. No row: there is none. */
  private static final String LOCK = "SELECT id FROM autoscaler.pools WHERE id = $1 FOR UPDATE";

  /** $1 node. No row: there is none. It stays until the transaction ends. */
  private static final String NODE =
      """
      SELECT region, decommissioned_at IS NOT NULL AS decommissioned FROM autoscaler.nodes WHERE id = $1 FOR KEY SHARE
      """;

  /** $1 pool. Its node and $2, in the order of their ids: nodes are locked before pools. */
  private static final String NODES_OF_MOVE =
      """
      SELECT n.id FROM autoscaler.nodes n
       WHERE n.id = $2 OR n.id = (SELECT node_id FROM autoscaler.pools WHERE id = $1)
       ORDER BY n.id
         FOR KEY SHARE
      """;

  /**
   * $1 node_id, $2 oracle_pool_id, $3 name, $4 region, $5 min, $6 max, $7 current. No row: another
   * pool has this oracle_pool_id.
   */
  private static final String INSERT =
      """
      INSERT INTO autoscaler.pools (node_id, oracle_pool_id, name, region, min_instances, max_instances, current_instances, status)
      VALUES ($1, $2, $3, $4, $5, $6, $7, autoscaler.pool_health('healthy', $7, $5, $6))
      ON CONFLICT (oracle_pool_id) DO NOTHING
      RETURNING id
      """;

  /** $1 oracle_pool_id. No row: no pool has it. */
  private static final String OWNER =
      "SELECT node_id FROM autoscaler.pools WHERE oracle_pool_id = $1";

  /** $1 pool, $2 name, $3 region, $4 current_instances. */
  private static final String UPDATE =
      """
      UPDATE autoscaler.pools
         SET name = $2, region = $3, current_instances = $4, version = version + 1,
             status = CASE WHEN current_instances = $4 THEN status
                           ELSE autoscaler.pool_health(status, $4, min_instances, max_instances) END
       WHERE id = $1
      """;

  /** $1 pool, $2 min, $3 max. */
  private static final String SET_LIMITS =
      """
      UPDATE autoscaler.pools
         SET min_instances = $2, max_instances = $3, limits_source = 'api', version = version + 1,
             status = autoscaler.pool_health(status, current_instances, $2, $3)
       WHERE id = $1
      """;

  /** $1 pool, $2 mode. */
  private static final String SET_MODE =
      "UPDATE autoscaler.pools SET control_mode = $2, version = version + 1 WHERE id = $1";

  /** $1 pool. Whether there is something by which to manage it. */
  private static final String MANAGEABLE =
      """
      SELECT EXISTS (SELECT FROM autoscaler.scaling_policies y WHERE y.pool_id = p.id AND y.enabled)
          OR EXISTS (SELECT FROM autoscaler.schedules s
                      WHERE s.is_active AND (s.pool_id = p.id OR (s.pool_id IS NULL AND s.node_id = p.node_id))
                        AND (s.valid_until IS NULL OR s.valid_until >= (now() AT TIME ZONE s.timezone)::date)) AS manageable
        FROM autoscaler.pools p
       WHERE p.id = $1
      """;

  /** $1 pool, $2 node. Its own schedules go with it. */
  private static final String MOVE =
      """
      WITH pool AS (UPDATE autoscaler.pools SET node_id = $2, version = version + 1 WHERE id = $1)
      UPDATE autoscaler.schedules SET node_id = $2, updated_at = now(), version = version + 1 WHERE pool_id = $1
      """;

  /** $1 pool. What its deletion takes along, by table. */
  private static final String COUNT =
      """
      SELECT json_build_object(
               'metrics', (SELECT count(*) FROM autoscaler.metrics WHERE pool_id = $1),
               'pool_analytics', (SELECT count(*) FROM autoscaler.pool_analytics WHERE pool_id = $1),
               'schedules', (SELECT count(*) FROM autoscaler.schedules WHERE pool_id = $1),
               'scaling_policies', (SELECT count(*) FROM autoscaler.scaling_policies WHERE pool_id = $1),
               'scaling_decisions', (SELECT count(*) FROM autoscaler.scaling_decisions WHERE pool_id = $1),
               'backtests', (SELECT count(*) FROM autoscaler.backtests WHERE pool_id = $1))::text AS row
      """;

  /** $1 pool. A trigger takes along what no foreign key does. */
  private static final String DELETE = "DELETE FROM autoscaler.pools WHERE id = $1";

  private final Statements statements;
  private final JsonRows json;

  PoolQueries(Statements statements, JsonRows json) {
    this.statements = statements;
    this.json = json;
  }

  /** What is null does not restrict. */
  record Filter(
      @Nullable Integer node,
      @Nullable String region,
      @Nullable String status,
      @Nullable String q) {}

  Uni<List<Pool>> list(Filter filter, int after, int rows) {
    return statements
        .run(
            LIST,
            Tuple.of(filter.node(), filter.region(), filter.status(), filter.q(), after, rows))
        .map(found -> json.of(found, "row", Pool.class));
  }

  Uni<Optional<Pool>> find(int id) {
    return statements
        .run(VIEW, Tuple.of(id))
        .map(found -> json.of(found, "row", Pool.class).stream().findFirst());
  }

  /** Empty: there is none. Nobody else changes it until the transaction ends. */
  Uni<Optional<Pool>> lock(SqlConnection tx, int id) {
    return tx.preparedQuery(LOCK)
        .execute(Tuple.of(id))
        .chain(locked ->
            locked.size() == 0
                ? Uni.createFrom().item(Optional.<Pool>empty())
                : view(tx, id).map(Optional::of));
  }

  Uni<Pool> view(SqlConnection tx, int id) {
    return tx.preparedQuery(VIEW)
        .execute(Tuple.of(id))
        .map(found -> json.of(found, "row", Pool.class).getFirst());
  }

  record Host(String region, boolean decommissioned) {}

  /** Empty: there is no such node. */
  Uni<Optional<Host>> node(SqlConnection tx, int id) {
    return tx.preparedQuery(NODE)
        .execute(Tuple.of(id))
        .map(rows -> {
          for (Row row : rows) {
            return Optional.of(new Host(row.getString("region"), row.getBoolean("decommissioned")));
          }
          return Optional.empty();
        });
  }

  Uni<Void> lockNodesOfMove(SqlConnection tx, int pool, int to) {
    return tx.preparedQuery(NODES_OF_MOVE).execute(Tuple.of(pool, to)).replaceWithVoid();
  }

  /** Empty: another pool has this oracle_pool_id. */
  Uni<Optional<Integer>> insert(SqlConnection tx, PoolRequest request, String region) {
    return tx.preparedQuery(INSERT)
        .execute(
            Tuple.tuple()
                .addInteger(request.nodeId())
                .addString(request.oraclePoolId())
                .addString(request.name())
                .addString(region)
                .addInteger(request.min())
                .addInteger(request.max())
                .addInteger(request.current()))
        .map(rows -> {
          for (Row row : rows) {
            return Optional.of(row.getInteger("id"));
          }
          return Optional.empty();
        });
  }

  /** The node of the pool that has it; empty where it is gone by now. */
  Uni<Optional<Integer>> owner(SqlConnection tx, String oraclePoolId) {
    return tx.preparedQuery(OWNER)
        .execute(Tuple.of(oraclePoolId))
        .map(rows -> {
          for (Row row : rows) {
            return Optional.of(row.getInteger("node_id"));
          }
          return Optional.empty();
        });
  }

  Uni<Void> update(SqlConnection tx, int id, String name, String region, int current) {
    return tx.preparedQuery(UPDATE).execute(Tuple.of(id, name, region, current)).replaceWithVoid();
  }

  Uni<Void> setLimits(SqlConnection tx, int id, int min, int max) {
    return tx.preparedQuery(SET_LIMITS).execute(Tuple.of(id, min, max)).replaceWithVoid();
  }

  Uni<Void> setMode(SqlConnection tx, int id, String mode) {
    return tx.preparedQuery(SET_MODE).execute(Tuple.of(id, mode)).replaceWithVoid();
  }

  Uni<Boolean> manageable(SqlConnection tx, int id) {
    return tx.preparedQuery(MANAGEABLE)
        .execute(Tuple.of(id))
        .map(rows -> rows.iterator().next().getBoolean("manageable"));
  }

  Uni<Void> move(SqlConnection tx, int id, int node) {
    return tx.preparedQuery(MOVE).execute(Tuple.of(id, node)).replaceWithVoid();
  }

  Uni<ObjectNode> count(SqlConnection tx, int id) {
    return tx.preparedQuery(COUNT)
        .execute(Tuple.of(id))
        .map(found -> json.of(found, "row", ObjectNode.class).getFirst());
  }

  Uni<Void> delete(SqlConnection tx, int id) {
    return tx.preparedQuery(DELETE).execute(Tuple.of(id)).replaceWithVoid();
  }
}
