package dev.quintet.common.migration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.sql.FlywaySessionLock;
import dev.quintet.common.sql.SqlFile;
import dev.quintet.common.testing.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Up, filled with data, down by the twins, and up again: the catalog is the same to the letter. */
class MigrationRoundTripIT {
  private static final Path MIGRATIONS = Path.of("src/main/resources/db/migration");
  private static final Path ROLLBACKS = Path.of("src/main/resources/db/rollback");

  /** What makes a schema worth rolling back. Schemas that are not here are rolled back empty. */
  private static final Map<String, List<String>> DATA =
      Map.of(
          "tracker",
          List.of(
              "SELECT tracker.create_cluster('round', 4)",
              "SELECT tracker.acquire_shards('round', 'bot-1', gen_random_uuid(), NULL, 2)",
              "SELECT * FROM tracker.upsert_instance_assignment('bot-2', 'trip', 'host', '10.244.1.5'::inet, 'node')",
              "INSERT INTO tracker.idempotency_keys (subject, operation, key, request_hash, status) VALUES ('s', 'o', 'k', '', 201)"),
          "autoscaler",
          List.of(
              "INSERT INTO autoscaler.users (email, full_name) VALUES ('a@example.org', 'A')",
              "INSERT INTO autoscaler.audit_logs (action, category) VALUES ('NODE_CREATED', 'NODE')",
              "INSERT INTO autoscaler.nodes (name, region) VALUES ('n', 'r')",
              "INSERT INTO autoscaler.node_api_keys (node_id, key_hash, key_prefix) SELECT id, 'h', 'ask_aaaa' FROM autoscaler.nodes",
              "INSERT INTO autoscaler.enrollment_tokens (token_hash, token_prefix, expires_at) VALUES ('h', 'ent_aaaa', now())",
              "INSERT INTO autoscaler.node_configurations (node_id, yaml_config, config_hash) SELECT id, 'a', encode(sha256('a'), 'hex') FROM autoscaler.nodes",
              "INSERT INTO autoscaler.node_lifecycle_logs (node_id, event_type, new_status) SELECT id, 'REGISTERED', 'INACTIVE' FROM autoscaler.nodes",
              "INSERT INTO autoscaler.pools (node_id, oracle_pool_id, name, region) SELECT id, 'ocid', 'p', 'r' FROM autoscaler.nodes",
              "INSERT INTO autoscaler.schedules (node_id, name, start_time, end_time, target_instances) SELECT id, 's', '09:00', '24:00', 1 FROM autoscaler.nodes",
              "INSERT INTO autoscaler.scaling_policies (pool_id, name, type, spec) SELECT id, 'p', 'threshold', '{}' FROM autoscaler.pools",
              "INSERT INTO autoscaler.pool_scaling_state (pool_id, target) SELECT id, 1 FROM autoscaler.pools",
              "INSERT INTO autoscaler.metrics (node_id, pool_id, metric_type, value, unit) SELECT node_id, id, 'cpu', 1, 'percent' FROM autoscaler.pools",
              "INSERT INTO autoscaler.node_heartbeats (node_id, status) SELECT id, 'active' FROM autoscaler.nodes",
              "INSERT INTO autoscaler.pool_analytics (pool_id, node_id, oracle_pool_id, current_instances, active_instances, avg_cpu_utilization, avg_memory_utilization) SELECT id, node_id, 'ocid', 1, 1, 1, 1 FROM autoscaler.pools",
              "INSERT INTO autoscaler.events (kind) VALUES ('test')",
              "INSERT INTO autoscaler.idempotency_keys (subject, operation, key, request_hash, status) VALUES ('s', 'o', 'k', '', 201)"),
          "coordination",
          List.of(
              "INSERT INTO coordination.users (id, email) VALUES ('00000000-0000-4000-8000-000000000001', 'a@example.org')",
              "INSERT INTO coordination.documents (id, user_id) VALUES ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001')",
              "INSERT INTO coordination.ai_usage_tracking (id, model, cost_usd) VALUES (gen_random_uuid(), 'gpt-4o-mini', 0.01)",
              "INSERT INTO coordination.cache_metadata (cache_key, cache_type, document_id, ttl_seconds) VALUES ('cache:doc:a:b', 'document', '00000000-0000-4000-8000-000000000002', 60)",
              "INSERT INTO coordination.distributed_locks (lock_key, lock_holder, expires_at) VALUES ('k', 'h', now() + interval '1 min')",
              "INSERT INTO coordination.performance_metrics (metric_type, metric_name, metric_value) VALUES ('t', 'n', 1)",
              "INSERT INTO coordination.perceptual_hashes (document_id, phash) VALUES ('00000000-0000-4000-8000-000000000002', -1)",
              "SELECT coordination.cleanup_expired_cache()"));

  private Database database;

  static Stream<String> schemas() throws IOException {
    try (var folders = Files.list(MIGRATIONS)) {
      return folders.map(folder -> folder.getFileName().toString()).sorted().toList().stream();
    }
  }

  @BeforeEach
  void database() {
    database = Database.create("roundtrip");
    var unused = flyway("auth").migrate();
  }

  @AfterEach
  void dropped() {
    database.close();
  }

  @ParameterizedTest(name = "schema {0}")
  @MethodSource("schemas")
  void everyVersionHasATwinThatForgetsIt(String schema) throws IOException {
    try (var files = Files.list(MIGRATIONS.resolve(schema))) {
      assertThat(
              files
                  .map(file -> file.getFileName().toString())
                  .filter(name -> name.matches("V.*\\.sql")))
          .allSatisfy(name -> {
            assertThat(ROLLBACKS.resolve(schema).resolve(name)).exists();
            String twin = Files.readString(ROLLBACKS.resolve(schema).resolve(name));
            String version = name.substring(1, name.indexOf("__"));
            assertThat(twin.strip())
                .endsWith(
                    "DELETE FROM "
                        + schema
                        + ".flyway_schema_history WHERE version = '"
                        + version
                        + "';");
          });
    }
  }

  @ParameterizedTest(name = "schema {0}")
  @MethodSource("schemas")
  void downAndUpAgainIsTheSameCatalog(String schema) throws SQLException {
    var unused = flyway(schema).migrate();
    List<String> before = catalog(schema);
    assertThat(before).isNotEmpty();
    fill(schema);

    down(schema);
    assertThat(catalog(schema)).as("left over after the way down").isEmpty();

    var again = flyway(schema).migrate();
    assertThat(again.success).isTrue();
    assertThat(catalog(schema)).containsExactlyElementsOf(before);
    fill(schema);
  }

  @ParameterizedTest(name = "schema {0}")
  @MethodSource("schemas")
  void aSecondRunChangesNothing(String schema) {
    var first = flyway(schema).migrate();
    var second = flyway(schema).migrate();
    assertThat(first.migrationsExecuted).isNotNegative();
    assertThat(second.migrationsExecuted).isZero();
  }

  private Flyway flyway(String schema) {
    return FlywaySessionLock.on(
        Flyway.configure()
            .dataSource(database.jdbcUrl(), "quintet_owner", "owner-dev")
            .locations("filesystem:" + MIGRATIONS.resolve(schema))
            .schemas(schema)
            .load());
  }

  private void fill(String schema) throws SQLException {
    for (String statement : DATA.getOrDefault(schema, List.of())) {
      try (Connection service = database.connect(schema + "_service", schema + "-dev");
          var sql = service.createStatement()) {
        boolean unused = sql.execute(statement);
      }
    }
  }

  /** As an operator does it: the twins of what is applied, newest first, as the owner. */
  private void down(String schema) throws SQLException {
    List<String> applied =
        Arrays.stream(flyway(schema).info().applied())
            .filter(MigrationInfo::isVersioned)
            .map(MigrationInfo::getScript)
            .filter(script -> script.endsWith(".sql"))
            .toList()
            .reversed();
    assertThat(applied).isNotEmpty();
    try (Connection owner = database.connect("quintet_owner", "owner-dev")) {
      for (String script : applied) {
        String name = Path.of(script).getFileName().toString();
        boolean concurrent = Files.exists(MIGRATIONS.resolve(schema).resolve(name + ".conf"));
        owner.setAutoCommit(concurrent);
        String twin = SqlFile.of(SqlFile.class, "/db/rollback/" + schema + "/" + name);
        try (var sql = owner.createStatement()) {
          // What runs outside a transaction goes statement by statement.
          for (String part : concurrent ? List.of(twin.split(";\\s*\\n")) : List.of(twin)) {
            boolean unused = sql.execute(part);
          }
        } catch (SQLException e) {
          throw new AssertionError("the twin " + name + " failed", e);
        }
        if (!concurrent) {
          owner.commit();
        }
      }
    }
  }

  /** Everything in the schema but Flyway's own table, with definitions and rights. */
  private List<String> catalog(String schema) {
    return database
        .rows(
            """
            WITH n AS (SELECT oid FROM pg_namespace WHERE nspname = ?),
                 r AS (SELECT c.* FROM pg_class c JOIN n ON c.relnamespace = n.oid WHERE c.relname NOT LIKE 'flyway_schema_history%')
            SELECT line FROM (
              SELECT concat_ws(' ', 'relation', relkind, relname, relrowsecurity, relforcerowsecurity, reloptions,
                     (SELECT string_agg(a::text, ',' ORDER BY a::text) FROM unnest(relacl) a), obj_description(oid, 'pg_class')) AS line FROM r
              UNION ALL
              SELECT concat_ws(' ', 'column', r.relname, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                     a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid), col_description(r.oid, a.attnum))
                FROM r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
                LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum WHERE r.relkind IN ('r', 'p', 'v')
              UNION ALL
              SELECT concat_ws(' ', 'constraint', r.relname, k.conname, pg_get_constraintdef(k.oid)) FROM r JOIN pg_constraint k ON k.conrelid = r.oid
              UNION ALL
              SELECT concat_ws(' ', 'index', pg_get_indexdef(r.oid), i.indisvalid) FROM r JOIN pg_index i ON i.indexrelid = r.oid
              UNION ALL
              SELECT concat_ws(' ', 'view', relname, pg_get_viewdef(r.oid)) FROM r WHERE relkind = 'v'
              UNION ALL
              SELECT concat_ws(' ', 'trigger', r.relname, pg_get_triggerdef(t.oid)) FROM r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
              UNION ALL
              SELECT concat_ws(' ', 'policy', tablename, policyname, permissive, cmd, roles, qual, with_check)
                FROM pg_policies JOIN n ON n.oid = to_regnamespace(schemaname)
              UNION ALL
              SELECT concat_ws(' ', 'routine', pg_get_functiondef(p.oid),
                     coalesce((SELECT string_agg(a::text, ',' ORDER BY a::text) FROM unnest(p.proacl) a), 'default'))
                FROM pg_proc p JOIN n ON p.pronamespace = n.oid WHERE p.prokind IN ('f', 'p')
              UNION ALL
              SELECT concat_ws(' ', 'type', t.typname) FROM pg_type t JOIN n ON t.typnamespace = n.oid WHERE t.typtype IN ('e', 'd')
              UNION ALL
              SELECT concat_ws(' ', 'default rights', d.defaclobjtype, d.defaclacl) FROM pg_default_acl d JOIN n ON d.defaclnamespace = n.oid
            ) all_lines ORDER BY line
            """,
            schema)
        .stream()
        .map(row -> String.valueOf(row.get("line")))
        .toList();
  }
}
