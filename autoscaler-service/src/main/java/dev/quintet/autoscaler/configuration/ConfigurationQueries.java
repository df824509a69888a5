package dev.quintet.autoscaler.configuration;

import dev.quintet.autoscaler.configuration.ConfigurationRules.Limits;
import dev.quintet.common.api.autoscaler.ConfigurationSummary;
import dev.quintet.common.api.autoscaler.NodeConfiguration;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

@ApplicationScoped
class ConfigurationQueries {
  /** $1 node. No row: there is none. Two who change it at once wait here for each other. */
  private static final String LOCK =
      "SELECT name, allow_push FROM autoscaler.nodes WHERE id = $1 FOR UPDATE";

  /** $1 node. */
  private static final String KNOWN =
      "SELECT EXISTS (SELECT FROM autoscaler.nodes WHERE id = $1) AS known";

  /** $1 node. No row: none is active. */
  private static final String ACTIVE =
      """
      SELECT row_to_json(c)::text AS row
        FROM (SELECT id, node_id, yaml_config, config_hash, is_active, created_at, created_by, note
                FROM autoscaler.node_configurations WHERE node_id = $1 AND is_active) AS c
      """;

  /** $1 node, $2 version. No row: the node has no such version. */
  private static final String VERSION =
      """
      SELECT row_to_json(c)::text AS row
        FROM (SELECT id, node_id, yaml_config, config_hash, is_active, created_at, created_by, note
                FROM autoscaler.node_configurations WHERE node_id = $1 AND id = $2) AS c
      """;

  /** $1 node, $2 id to start below, $3 rows. No row: there is no such node; a NULL: no version. */
  private static final String LIST =
      """
      SELECT row_to_json(c)::text AS row
        FROM autoscaler.nodes n
        LEFT JOIN LATERAL (
          SELECT v.id, v.node_id, v.config_hash, octet_length(v.yaml_config) AS bytes, v.is_active, v.created_at, v.created_by, v.note
            FROM autoscaler.node_configurations v
           WHERE v.node_id = n.id AND v.id < $2
           ORDER BY v.id DESC
           LIMIT $3) AS c ON true
       WHERE n.id = $1
       ORDER BY c.id DESC
      """;

  /**
   * $1 node, $2 text, $3 hash, $4 user or NULL, $5 note, $6 oracle_pool_ids, $7 minima, $8 maxima:
   * a heartbeat that brings a new pool looks its limits up there. The count makes the insert wait
   * for the update: two active versions would break uq_node_config_active.
   */
  private static final String SWAP =
      """
      WITH old AS (UPDATE autoscaler.node_configurations SET is_active = false WHERE node_id = $1 AND is_active RETURNING id),
           gone AS (SELECT count(*) FROM old),
           made AS (INSERT INTO autoscaler.node_configurations (node_id, yaml_config, config_hash, created_by, note, pool_limits)
                    SELECT $1, $2, $3, $4, $5,
                           (SELECT coalesce(jsonb_object_agg(l.pool, jsonb_build_object('min', l.min, 'max', l.max)), '{}')
                              FROM unnest($6::text[], $7::integer[], $8::integer[]) AS l (pool, min, max))
                      FROM gone
                 RETURNING id, node_id, yaml_config, config_hash, is_active, created_at, created_by, note),
           told AS (INSERT INTO autoscaler.events (kind, node_id, payload)
                    SELECT 'config', node_id, jsonb_build_object('config_id', id, 'config_hash', config_hash) FROM made)
      SELECT row_to_json(made)::text AS row FROM made
      """;

  /**
   * $1 node, $2 oracle_pool_ids, $3 minima, $4 maxima. A row for each pool of the node that this
   * changed.
   */
  private static final String APPLY_LIMITS =
      """
      WITH wanted AS (SELECT * FROM unnest($2::text[], $3::integer[], $4::integer[]) AS w (oracle_pool_id, min, max)),
           old AS (SELECT p.id, p.min_instances, p.max_instances, p.limits_source, w.min, w.max
                     FROM autoscaler.pools p JOIN wanted w USING (oracle_pool_id)
                    WHERE p.node_id = $1
                      AND (p.min_instances, p.max_instances, p.limits_source) IS DISTINCT FROM (w.min, w.max, 'config')
                    ORDER BY p.id
                      FOR UPDATE OF p)
      UPDATE autoscaler.pools p
         SET min_instances = old.min, max_instances = old.max, limits_source = 'config', version = p.version + 1,
             status = autoscaler.pool_health(p.status, p.current_instances, old.min, old.max)
        FROM old
       WHERE p.id = old.id
      RETURNING p.id, p.name, old.min_instances AS was_min, old.max_instances AS was_max, old.limits_source AS was_source,
                p.min_instances, p.max_instances, p.limits_source
      """;

  private final Statements statements;
  private final JsonRows json;

  ConfigurationQueries(Statements statements, JsonRows json) {
    this.statements = statements;
    this.json = json;
  }

  record Owner(String name, boolean allowPush) {}

  /** Empty: there is no such node. */
  Uni<Optional<Owner>> lock(SqlConnection tx, int node) {
    return tx.preparedQuery(LOCK)
        .execute(Tuple.of(node))
        .map(rows -> {
          for (Row row : rows) {
            return Optional.of(new Owner(row.getString("name"), row.getBoolean("allow_push")));
          }
          return Optional.empty();
        });
  }

  Uni<Boolean> known(int node) {
    return statements
        .run(KNOWN, Tuple.of(node))
        .map(rows -> rows.iterator().next().getBoolean("known"));
  }

  Uni<Optional<NodeConfiguration>> active(SqlConnection tx, int node) {
    return tx.preparedQuery(ACTIVE)
        .execute(Tuple.of(node))
        .map(rows -> json.of(rows, "row", NodeConfiguration.class).stream().findFirst());
  }

  Uni<Optional<NodeConfiguration>> active(int node) {
    return statements
        .run(ACTIVE, Tuple.of(node))
        .map(rows -> json.of(rows, "row", NodeConfiguration.class).stream().findFirst());
  }

  Uni<Optional<NodeConfiguration>> version(int node, int version) {
    return statements
        .run(VERSION, Tuple.of(node, version))
        .map(rows -> json.of(rows, "row", NodeConfiguration.class).stream().findFirst());
  }

  /** Empty: there is no such node. */
  Uni<Optional<List<ConfigurationSummary>>> list(int node, long below, int rows) {
    return statements
        .run(LIST, Tuple.of(node, (int) Math.min(below, Integer.MAX_VALUE), rows))
        .map(found ->
            found.size() == 0
                ? Optional.empty()
                : Optional.of(json.of(found, "row", ConfigurationSummary.class)));
  }

  /**
   * @param by a row of users
   */
  record Version(
      int node,
      String text,
      String hash,
      @Nullable Integer by,
      @Nullable String note,
      List<Limits> limits) {}

  Uni<NodeConfiguration> swap(SqlConnection tx, Version version) {
    return tx.preparedQuery(SWAP)
        .execute(
            Tuple.tuple()
                .addInteger(version.node())
                .addString(version.text())
                .addString(version.hash())
                .addInteger(version.by())
                .addString(version.note())
                .addArrayOfString(pools(version.limits()))
                .addArrayOfInteger(minima(version.limits()))
                .addArrayOfInteger(maxima(version.limits())))
        .map(rows -> json.of(rows, "row", NodeConfiguration.class).getFirst());
  }

  /** Limits of a pool, as the audit trail shows them. */
  record PoolLimits(int minInstances, int maxInstances, String limitsSource) {}

  record Applied(int pool, String name, PoolLimits before, PoolLimits now) {}

  Uni<List<Applied>> apply(SqlConnection tx, int node, List<Limits> limits) {
    return tx.preparedQuery(APPLY_LIMITS)
        .execute(Tuple.of(node, pools(limits), minima(limits), maxima(limits)))
        .map(rows -> {
          var applied = new ArrayList<Applied>();
          for (Row row : rows) {
            applied.add(
                new Applied(
                    row.getInteger("id"),
                    row.getString("name"),
                    new PoolLimits(
                        row.getInteger("was_min"),
                        row.getInteger("was_max"),
                        row.getString("was_source")),
                    new PoolLimits(
                        row.getInteger("min_instances"),
                        row.getInteger("max_instances"),
                        row.getString("limits_source"))));
          }
          return applied;
        });
  }

  private static String[] pools(List<Limits> limits) {
    return limits.stream().map(Limits::oraclePoolId).toArray(String[]::new);
  }

  private static Integer[] minima(List<Limits> limits) {
    return limits.stream().map(Limits::min).toArray(Integer[]::new);
  }

  private static Integer[] maxima(List<Limits> limits) {
    return limits.stream().map(Limits::max).toArray(Integer[]::new);
  }
}
