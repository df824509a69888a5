package dev.quintet.autoscaler.isolation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.autoscaler.testing.Console;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * I40 with the service out of the way: SQL as the service's own role, in a transaction that acts
 * for a node. A new table with a node_id needs a row here, or the first test fails.
 */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the test resource fills the fields in
class NodeIsolationIT {
  private static final String ACT = "SELECT set_config('autoscaler.node_id', '%d', true)";

  /** $node and $pool are put in. */
  private static final Map<String, String> ROWS = rows();

  Database database;

  private static Map<String, String> rows() {
    var rows = new LinkedHashMap<String, String>();
    rows.put(
        "pools",
        "INSERT INTO autoscaler.pools (node_id, oracle_pool_id, name, region) VALUES ($node, gen_random_uuid()::text, 'p', 'r')");
    rows.put(
        "metrics",
        "INSERT INTO autoscaler.metrics (node_id, pool_id, metric_type, value, unit) VALUES ($node, $pool, 'cpu', 1, 'percent')");
    rows.put(
        "schedules",
        """
        INSERT INTO autoscaler.schedules (node_id, name, start_time, end_time, target_instances)
        VALUES ($node, 's', '09:00', '17:00', 1)
        """);
    rows.put(
        "node_configurations",
        """
        INSERT INTO autoscaler.node_configurations (node_id, yaml_config, config_hash, is_active)
        VALUES ($node, 'a', encode(sha256('a'), 'hex'), false)
        """);
    rows.put(
        "node_heartbeats",
        "INSERT INTO autoscaler.node_heartbeats (node_id, status) VALUES ($node, 'active')");
    rows.put(
        "node_lifecycle_logs",
        "INSERT INTO autoscaler.node_lifecycle_logs (node_id, event_type, new_status) VALUES ($node, 'REGISTERED', 'INACTIVE')");
    rows.put(
        "node_api_keys",
        "INSERT INTO autoscaler.node_api_keys (node_id, key_hash, key_prefix) VALUES ($node, gen_random_uuid()::text, 'ask_test')");
    rows.put(
        "pool_analytics",
        """
        INSERT INTO autoscaler.pool_analytics (pool_id, node_id, oracle_pool_id, current_instances, active_instances,
                                               avg_cpu_utilization, avg_memory_utilization)
        VALUES ($pool, $node, 'o', 1, 1, 1, 1)
        """);
    rows.put(
        "metric_batches",
        "INSERT INTO autoscaler.metric_batches (node_id, batch_id, rows) VALUES ($node, gen_random_uuid(), 1)");
    rows.put(
        "metrics_rollup",
        """
        INSERT INTO autoscaler.metrics_rollup (node_id, metric_type, unit, bucket_seconds, bucket, n, sum, min, max, last, last_at)
        VALUES ($node, gen_random_uuid()::text, 'u', 60, now(), 1, 1, 1, 1, 1, now())
        """);
    rows.put(
        "metric_unrolled",
        "INSERT INTO autoscaler.metric_unrolled (node_id, minutes) VALUES ($node, '{1}')");
    rows.put(
        "metric_series",
        """
        INSERT INTO autoscaler.metric_series (node_id, metric_type, unit, last_at)
        VALUES ($node, gen_random_uuid()::text, 'u', now())
        """);
    rows.put("events", "INSERT INTO autoscaler.events (kind, node_id) VALUES ('test', $node)");
    return rows;
  }

  private record Node(int id, int pool) {
    String filled(String sql) {
      return sql.replace("$node", Integer.toString(id)).replace("$pool", Integer.toString(pool));
    }
  }

  private Node node() {
    var console = new Console(database);
    int id = console.node().id();
    var node = new Node(id, console.pool(id, Console.unique("ocid")));
    ROWS.values().forEach(row -> database.update(node.filled(row)));
    return node;
  }

  @Test
  void everyTableOfANodeIsTriedHere() {
    var tables = new TreeSet<String>();
    database
        .rows(
            """
            SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'node_id'
             WHERE c.relnamespace = 'autoscaler'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            """)
        .forEach(row -> tables.add(String.valueOf(row.get("relname"))));

    assertThat(ROWS.keySet()).containsExactlyInAnyOrderElementsOf(tables);
  }

  @Test
  void aNodeSeesItsOwnRowsOnly() throws SQLException {
    Node mine = node();
    Node other = node();
    try (var service = acting(mine)) {
      for (String table : ROWS.keySet()) {
        assertThat(count(service, table, "node_id = " + mine.id())).as(table).isPositive();
        assertThat(count(service, table, "node_id IS DISTINCT FROM " + mine.id()))
            .as(table)
            .isZero();
      }
      assertThat(count(service, "nodes", "true")).isEqualTo(1);
      assertThat(count(service, "nodes", "id = " + other.id())).isZero();
    }
  }

  @Test
  void aNodeChangesAndDeletesNobodyElsesRows() throws SQLException {
    Node mine = node();
    Node other = node();
    for (String table : ROWS.keySet()) {
      for (String statement :
          List.of(
              "UPDATE autoscaler.%s SET node_id = node_id WHERE node_id = %d",
              "UPDATE autoscaler.%s SET node_id = %2$d",
              "DELETE FROM autoscaler.%s WHERE node_id = %d")) {
        try (var service = acting(mine)) {
          assertThat(changed(service, statement.formatted(table, other.id())))
              .as(table + ": " + statement)
              .isNotPositive();
        }
      }
    }
    try (var service = acting(mine)) {
      assertThat(
              changed(service, "UPDATE autoscaler.nodes SET name = 'x' WHERE id = " + other.id()))
          .isZero();
    }
  }

  @Test
  void aNodeWritesUnderItsOwnNumberOnly() throws SQLException {
    Node mine = node();
    Node other = node();
    for (var row : ROWS.entrySet()) {
      try (var service = acting(mine)) {
        assertThat(changed(service, other.filled(row.getValue())))
            .as(row.getKey())
            .isEqualTo(REFUSED);
      }
      try (var service = acting(mine)) {
        assertThat(changed(service, mine.filled(row.getValue()))).as(row.getKey()).isEqualTo(1);
      }
    }
  }

  @Test
  void aKeyNarrowsTheRestOfItsTransaction() throws SQLException {
    var made = new Console(database).node();
    node();
    try (var service = database.connect("autoscaler_service", "autoscaler-dev")) {
      service.setAutoCommit(false);
      try (var check =
          service.prepareStatement("SELECT autoscaler.authenticate_node(?, ?, NULL)")) {
        check.setString(1, dev.quintet.autoscaler.access.NodeKey.sha256(made.key()));
        check.setInt(2, made.id());
        check.execute();
      }
      assertThat(count(service, "nodes", "true")).isEqualTo(1);
      service.commit();
      assertThat(count(service, "nodes", "true")).as("the next transaction").isGreaterThan(1);
    }
  }

  private Connection acting(Node node) throws SQLException {
    Connection service = database.connect("autoscaler_service", "autoscaler-dev");
    service.setAutoCommit(false);
    try (var act = service.createStatement()) {
      act.execute(ACT.formatted(node.id()));
    }
    return service;
  }

  private static int count(Connection service, String table, String where) throws SQLException {
    try (var sql = service.createStatement();
        var found =
            sql.executeQuery("SELECT count(*) FROM autoscaler." + table + " WHERE " + where)) {
      found.next();
      return found.getInt(1);
    }
  }

  private static final int REFUSED = -1;

  /** Rows; {@link #REFUSED}: by a policy or for want of a right. */
  private static int changed(Connection service, String statement) throws SQLException {
    try (var sql = service.createStatement()) {
      return sql.executeUpdate(statement);
    } catch (SQLException e) {
      if (e.getSQLState().equals("42501")) {
        return REFUSED;
      }
      throw e;
    }
  }
}
