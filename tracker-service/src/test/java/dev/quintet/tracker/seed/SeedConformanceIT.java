package dev.quintet.tracker.seed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quintet.tracker.testing.Refused;
import dev.quintet.tracker.testing.Session;
import dev.quintet.tracker.testing.TrackerDatabase;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The seed's table, functions, roles and queries, to the letter. */
class SeedConformanceIT {
  private final Session owner = TrackerDatabase.get().emptied().owner();

  @Nested
  class TheTable {
    @Test
    void hasTheSeedsColumnsInOrder() {
      assertThat(
              owner.lines(
                  """
                  SELECT a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'NOT NULL' ELSE 'NULL' END,
                         coalesce(pg_get_expr(d.adbin, d.adrelid), '')
                    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                   WHERE a.attrelid = 'tracker.cluster_management'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
                  """))
          .containsExactly(
              "id|uuid|NOT NULL|uuid_generate_v4()",
              "instance_id|text|NOT NULL|",
              "cluster_name|text|NOT NULL|",
              "shard_id|integer|NOT NULL|",
              "total_shards|integer|NOT NULL|2",
              "status|text|NOT NULL|'active'::text",
              "last_heartbeat|timestamp with time zone|NOT NULL|now()",
              "created_at|timestamp with time zone|NOT NULL|now()",
              "updated_at|timestamp with time zone|NOT NULL|now()",
              "hostname|text|NULL|",
              "pod_ip|inet|NULL|",
              "node_name|text|NULL|",
              "namespace|text|NULL|'discord'::text",
              "guild_count|integer|NULL|0",
              "latency_ms|numeric(10,2)|NULL|0",
              "memory_usage_mb|numeric(10,2)|NULL|0",
              "cpu_usage_percent|numeric(5,2)|NULL|0",
              "bot_version|text|NULL|",
              "deployment_version|text|NULL|");
    }

    @Test
    void hasTheSeedsKeysAndChecksAndNoOthers() {
      assertThat(
              owner.lines(
                  "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'tracker.cluster_management'::regclass ORDER BY 1"))
          .containsExactly(
              "CHECK ((guild_count >= 0))",
              "CHECK ((latency_ms >= (0)::numeric))",
              "CHECK ((shard_id >= 0))",
              "CHECK ((status = ANY (ARRAY['active'::text, 'inactive'::text, 'error'::text, 'starting'::text, 'stopping'::text])))",
              "CHECK ((total_shards > 0))",
              "PRIMARY KEY (id)",
              "UNIQUE (cluster_name, shard_id)",
              "UNIQUE (instance_id, cluster_name)");
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '~',
        textBlock =
            """
            shard_id                | -1
            shard_id, total_shards  | 0, 0
            shard_id, status        | 0, "gone"
            shard_id, guild_count   | 0, -1
            shard_id, latency_ms    | 0, -0.01
            """)
    void refusesWhatTheSeedForbids(String columns, String values) {
      assertThatThrownBy(() -> insert(columns, values.replace('"', '\'')))
          .isInstanceOfSatisfying(Refused.class, e -> assertThat(e.state()).isEqualTo("23514"));
    }

    @Test
    void refusesACpuLoadThatDoesNotFitItsColumn() {
      assertThatThrownBy(() -> insert("shard_id, cpu_usage_percent", "0, 1000"))
          .isInstanceOfSatisfying(Refused.class, e -> assertThat(e.state()).isEqualTo("22003"));
    }

    @Test
    void letsACallerInsertAShardBeyondTheDefaultTotal() {
      insert("shard_id", "5");

      assertThat(owner.line("SELECT shard_id, total_shards FROM tracker.cluster_management"))
          .isEqualTo("5|2");
    }

    private void insert(String columns, String values) {
      Session service = TrackerDatabase.get().service();
      service.run(
          "INSERT INTO tracker.cluster_management (instance_id, cluster_name, %s) VALUES ('a', 'c', %s)"
              .formatted(columns, values));
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '~',
        textBlock =
            """
            instance_lookup  | (instance_id, cluster_name)
            heartbeat        | (last_heartbeat DESC)
            active_status    | (status, cluster_name) WHERE (status = 'active'::text)
            shard_assignment | (cluster_name, shard_id)
            stale_cleanup    | (last_heartbeat) WHERE (status <> 'inactive'::text)
            """)
    void hasTheFiveIndexes(String name, String definition) {
      assertThat(
              String.valueOf(
                  owner.value(
                      "SELECT pg_get_indexdef(?::regclass)",
                      "tracker.idx_cluster_management_" + name)))
          .isEqualTo(
              "CREATE INDEX idx_cluster_management_%s ON tracker.cluster_management USING btree %s"
                  .formatted(name, definition));
    }

    @Test
    void hasTheTimestampTrigger() {
      assertThat(
              owner.lines(
                  """
                  SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = 'tracker.cluster_management'::regclass
                     AND tgname = 'trigger_update_cluster_management_updated_at'
                  """))
          .containsExactly(
              "CREATE TRIGGER trigger_update_cluster_management_updated_at BEFORE UPDATE ON tracker.cluster_management"
                  + " FOR EACH ROW EXECUTE FUNCTION tracker.update_updated_at_column()");
    }

    @Test
    void movesUpdatedAtWithEachUpdate() {
      insert("shard_id, updated_at", "0, now() - interval '1 day'");

      owner.run("UPDATE tracker.cluster_management SET guild_count = 3");

      assertThat(owner.value("SELECT updated_at = now() FROM tracker.cluster_management"))
          .isEqualTo(false);
      assertThat(
              owner.value(
                  "SELECT updated_at > now() - interval '1 min' FROM tracker.cluster_management"))
          .isEqualTo(true);
    }

    @Test
    void saysWhatItIsFor() {
      assertThat(owner.value("SELECT obj_description('tracker.cluster_management'::regclass)"))
          .isEqualTo("Discord bot shard coordination across clusters");
    }

    @ParameterizedTest
    @ValueSource(strings = {"instance_id", "cluster_name", "shard_id", "total_shards"})
    void explainsItsKeyColumns(String column) {
      assertThat(
              owner.value(
                  "SELECT col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = 'tracker.cluster_management'::regclass AND attname = ?",
                  column))
          .isNotNull();
    }
  }

  @Nested
  class TheFunctions {
    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '~',
        textBlock =
            """
            get_next_available_shard   | p_cluster_name text, p_total_shards integer DEFAULT 2, p_active_threshold interval DEFAULT '00:05:00'::interval | TABLE(shard_id integer, assignment_strategy text, active_shards integer[])
            upsert_instance_assignment | p_instance_id text, p_cluster_name text, p_hostname text DEFAULT NULL::text, p_pod_ip inet DEFAULT NULL::inet, p_node_name text DEFAULT NULL::text, p_namespace text DEFAULT 'discord'::text, p_bot_version text DEFAULT NULL::text, p_deployment_version text DEFAULT NULL::text, p_total_shards integer DEFAULT 2 | TABLE(instance_id text, cluster_name text, assigned_shard_id integer, total_shards integer, assignment_strategy text, is_new_assignment boolean)
            cleanup_stale_assignments  | p_stale_threshold interval DEFAULT '00:10:00'::interval | TABLE(cleaned_count integer, affected_instances text[])
            """)
    void takeAndReturnWhatTheSeedsDo(String name, String parameters, String result) {
      assertThat(
              owner.lines(
                  """
                  SELECT pg_get_function_arguments(oid), pg_get_function_result(oid) FROM pg_proc
                   WHERE pronamespace = 'tracker'::regnamespace AND proname = ?
                  """,
                  name))
          .containsExactly(parameters + "|" + result);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "get_next_available_shard",
          "upsert_instance_assignment",
          "cleanup_stale_assignments"
        })
    void runAsTheirOwnerWithNoSearchPath(String name) {
      assertThat(
              owner.line(
                  """
                  SELECT l.lanname, p.prosecdef, p.proconfig, p.proowner::regrole FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
                   WHERE p.pronamespace = 'tracker'::regnamespace AND p.proname = ?
                  """,
                  name))
          .isEqualTo("plpgsql|true|[search_path=\"\"]|quintet_owner");
    }

    @Test
    void setTheTimestampWithNoSearchPath() {
      assertThat(
              owner.line(
                  """
                  SELECT p.prorettype::regtype, p.pronargs, p.proconfig FROM pg_proc p
                   WHERE p.pronamespace = 'tracker'::regnamespace AND p.proname = 'update_updated_at_column'
                  """))
          .isEqualTo("trigger|0|[search_path=\"\"]");
    }

    @Test
    void neverLeaveTheSearchPathOfADefinerToTheCaller() {
      assertThat(
              owner.lines(
                  """
                  SELECT oid::regprocedure FROM pg_proc
                   WHERE pronamespace = 'tracker'::regnamespace AND prosecdef AND 'search_path=""' = ANY (proconfig) IS NOT TRUE
                  """))
          .isEmpty();
    }
  }

  @Nested
  class TheRoles {
    @Test
    void seeNoTableWithoutForcedRowSecurity() {
      assertThat(
              owner.lines(
                  """
                  SELECT oid::regclass FROM pg_class
                   WHERE relnamespace = 'tracker'::regnamespace AND relkind IN ('r', 'p') AND relname <> 'flyway_schema_history'
                     AND NOT (relrowsecurity AND relforcerowsecurity)
                  """))
          .isEmpty();
    }

    @Test
    void haveTheSeedsThreePoliciesOnEveryTable() {
      assertThat(
              owner.lines(
                  """
                  SELECT c.relname, array_agg(p.polname || ' ' || p.polcmd::text || ' ' || p.polroles::regrole[]::text || ' ' ||
                           pg_get_expr(p.polqual, c.oid) || ' ' || coalesce(pg_get_expr(p.polwithcheck, c.oid), '') ORDER BY p.polname)
                    FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid
                   WHERE c.relnamespace = 'tracker'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                     AND c.relname NOT IN ('flyway_schema_history', 'idempotency_keys')
                   GROUP BY c.relname
                  """))
          .hasSizeGreaterThan(10)
          .allSatisfy(line ->
              assertThat(line)
                  .endsWith(
                      "[deny_anon_access * {anon} false , deny_authenticated_access * {authenticated} false ,"
                          + " service_role_full_access * {tracker_role} true true]"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"service_role", "tracker_service"})
    void givesTheServiceEverything(String role) {
      assertThat(
              owner.lines(
                  """
                  SELECT DISTINCT has_schema_privilege(r, 'tracker', 'USAGE'), pg_has_role(r, 'tracker_role', 'USAGE'),
                         has_table_privilege(r, 'tracker.cluster_management', 'SELECT') AND has_table_privilege(r, 'tracker.cluster_management', 'INSERT')
                         AND has_table_privilege(r, 'tracker.cluster_management', 'UPDATE') AND has_table_privilege(r, 'tracker.cluster_management', 'DELETE'),
                         bool_and(has_function_privilege(r, p.oid, 'EXECUTE')) OVER ()
                    FROM (SELECT ?::name AS r) AS who, pg_proc p WHERE p.pronamespace = 'tracker'::regnamespace
                  """,
                  role))
          .containsExactly("true|true|true|true");
    }

    @ParameterizedTest
    @ValueSource(strings = {"anon", "authenticated", "public"})
    void givesOthersNoRightOnAnything(String role) {
      assertThat(
              owner.lines(
                  """
                  SELECT 'schema' WHERE has_schema_privilege(?1, 'tracker', 'USAGE') OR has_schema_privilege(?1, 'tracker', 'CREATE')
                  UNION ALL SELECT c.oid::regclass::text FROM pg_class c
                   WHERE c.relnamespace = 'tracker'::regnamespace AND c.relkind IN ('r', 'p', 'v')
                     AND has_table_privilege(?1, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
                  UNION ALL SELECT c.oid::regclass::text FROM pg_class c
                   WHERE c.relnamespace = 'tracker'::regnamespace AND CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(?1, c.oid, 'USAGE, SELECT, UPDATE') END
                  UNION ALL SELECT p.oid::regprocedure::text FROM pg_proc p
                   WHERE p.pronamespace = 'tracker'::regnamespace AND has_function_privilege(?1, p.oid, 'EXECUTE')
                  """
                      .replace("?1", "'" + role + "'")))
          .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "SELECT * FROM tracker.cluster_management",
          "INSERT INTO tracker.cluster_management (instance_id, cluster_name, shard_id) VALUES ('a', 'c', 0)",
          "UPDATE tracker.cluster_management SET status = 'inactive'",
          "DELETE FROM tracker.cluster_management",
          "SELECT * FROM tracker.get_next_available_shard('c')",
          "SELECT * FROM tracker.upsert_instance_assignment('a', 'c')",
          "SELECT * FROM tracker.cleanup_stale_assignments()",
          "SELECT session_id FROM tracker.shard_leases",
          "SELECT * FROM tracker.v_shards"
        })
    void deniesAnonymousAndAuthenticatedCallersEachDoor(String sql) {
      for (String role : List.of("anon", "authenticated")) {
        Session caller = TrackerDatabase.get().as(role);
        assertThatThrownBy(() -> caller.run(sql))
            .as(role)
            .isInstanceOfSatisfying(Refused.class, e -> assertThat(e.state()).isEqualTo("42501"));
      }
    }

    @Test
    void keepThePoliciesShutEvenAfterAnUnluckyGrant() {
      owner.run(
          "SELECT * FROM tracker.upsert_instance_assignment('a', 'c'); GRANT USAGE ON SCHEMA tracker TO anon; GRANT SELECT ON tracker.cluster_management TO anon");
      Session anon = TrackerDatabase.get().as("anon");
      try {
        assertThat(anon.lines("SELECT * FROM tracker.cluster_management")).isEmpty();
      } finally {
        owner.run(
            "REVOKE SELECT ON tracker.cluster_management FROM anon; REVOKE USAGE ON SCHEMA tracker FROM anon");
      }
    }

    @Test
    void grantNewFunctionsToNobodyElse() {
      Session migration = TrackerDatabase.get().as("quintet_owner");
      try {
        migration.run(
            "CREATE FUNCTION tracker.brand_new() RETURNS integer LANGUAGE sql SECURITY DEFINER SET search_path = '' RETURN 1");

        assertThat(
                owner.line(
                    """
                    SELECT has_function_privilege('public', 'tracker.brand_new()', 'EXECUTE'), has_function_privilege('service_role', 'tracker.brand_new()', 'EXECUTE')
                    """))
            .isEqualTo("false|true");
      } finally {
        owner.run("DROP FUNCTION tracker.brand_new()");
      }
    }
  }

  @Nested
  class TheUsageExamples {
    private static final String UPSERT =
        """
        -- Get/create shard assignment for a bot instance
        SELECT * FROM tracker.upsert_instance_assignment(
            'discord-bot-001',        -- instance_id
            'production-cluster',     -- cluster_name\s
            'pod-discord-bot-001',   -- hostname
            '10.244.1.5'::inet,      -- pod_ip
            'node-1'                 -- node_name
        );
        """;
    private static final String CLEANUP =
        "SELECT * FROM tracker.cleanup_stale_assignments('15 minutes'::interval);";
    private static final String ACTIVE_INSTANCES =
        """
        -- Active instances per cluster
        SELECT cluster_name, COUNT(*) as active_instances
        FROM tracker.cluster_management\s
        WHERE status = 'active'\s
        AND last_heartbeat > NOW() - INTERVAL '5 minutes'
        GROUP BY cluster_name;
        """;
    private static final String DISTRIBUTION =
        """
        -- Shard distribution
        SELECT cluster_name, shard_id, instance_id, last_heartbeat
        FROM tracker.cluster_management
        WHERE status = 'active'
        ORDER BY cluster_name, shard_id;
        """;

    @ParameterizedTest
    @ValueSource(strings = {"service_role", "tracker_service"})
    void assignTheFirstShardToTheSeedsBot(String role) {
      Session caller = TrackerDatabase.get().as(role);
      assertThat(caller.line(UPSERT))
          .isEqualTo("discord-bot-001|production-cluster|0|2|first_assignment|true");
    }

    @Test
    void confirmTheAssignmentTheSecondTime() {
      Session caller = TrackerDatabase.get().as("service_role");
      caller.run(UPSERT);

      assertThat(caller.line(UPSERT))
          .isEqualTo("discord-bot-001|production-cluster|0|2|existing_assignment|false");
    }

    @Test
    void keepTheMetadataOfTheCall() {
      Session caller = TrackerDatabase.get().as("service_role");
      caller.run(UPSERT);

      assertThat(
              owner.line(
                  "SELECT hostname, host(pod_ip), node_name, namespace, status, bot_version FROM tracker.cluster_management"))
          .isEqualTo("pod-discord-bot-001|10.244.1.5|node-1|discord|active|null");
    }

    @Test
    void cleanUpWhatIsOlderThanTheThreshold() {
      Session caller = TrackerDatabase.get().as("service_role");
      caller.run(
          """
          INSERT INTO tracker.cluster_management (instance_id, cluster_name, shard_id, last_heartbeat) VALUES
            ('old', 'cc', 0, now() - interval '20 minutes'), ('young', 'cc', 1, now() - interval '14 minutes')
          """);

      assertThat(caller.line(CLEANUP)).isEqualTo("1|[old/cc]");
    }

    @Test
    void cleanUpNothingWhenNothingIsStale() {
      Session caller = TrackerDatabase.get().as("service_role");
      assertThat(caller.line(CLEANUP)).isEqualTo("0|[]");
    }

    @Test
    void countTheActiveInstancesOfEachCluster() {
      Session caller = TrackerDatabase.get().as("service_role");
      fleet(caller);

      assertThat(caller.lines(ACTIVE_INSTANCES)).containsExactlyInAnyOrder("east|2", "west|1");
    }

    @Test
    void listTheShardDistribution() {
      Session caller = TrackerDatabase.get().as("service_role");
      fleet(caller);

      assertThat(
              caller.rows(DISTRIBUTION).stream()
                  .map(row ->
                      row.get("cluster_name")
                          + " "
                          + row.get("shard_id")
                          + " "
                          + row.get("instance_id")))
          .containsExactly("east 0 a", "east 1 b", "west 0 late", "west 1 c");
    }

    private void fleet(Session caller) {
      caller.run(
          """
          SELECT tracker.upsert_instance_assignment('a', 'east');
          SELECT tracker.upsert_instance_assignment('b', 'east');
          INSERT INTO tracker.cluster_management (instance_id, cluster_name, shard_id, status, last_heartbeat) VALUES
            ('late', 'west', 0, 'active', now() - interval '6 minutes'), ('c', 'west', 1, 'active', now()),
            ('closing', 'west', 2, 'stopping', now()), ('off', 'north', 0, 'inactive', now())
          """);
    }
  }

  @Nested
  class TheAdvice {
    @Test
    void isShardZeroForAnUnknownCluster() {
      assertThat(advice("'c'")).isEqualTo("0|first_assignment|[]");
    }

    @Test
    void isTheLowestGap() {
      owner.run(
          """
          INSERT INTO tracker.cluster_management (instance_id, cluster_name, shard_id, total_shards) VALUES ('a', 'c', 0, 4), ('b', 'c', 2, 4)
          """);

      assertThat(advice("'c', 4")).isEqualTo("1|available_slot|[0, 2]");
    }

    @Test
    void isNobodysShardWhenAllAreTaken() {
      owner.run(
          "SELECT tracker.upsert_instance_assignment('a', 'c'); SELECT tracker.upsert_instance_assignment('b', 'c')");

      assertThat(advice("'c'")).isEqualTo("null|none_available|[0, 1]");
    }

    @Test
    void countsAHeartbeatBeyondTheThresholdAsFree() {
      owner.run(
          "INSERT INTO tracker.cluster_management (instance_id, cluster_name, shard_id, last_heartbeat) VALUES ('a', 'c', 0, now() - interval '2 min')");

      assertThat(advice("'c', 2, '1 minute'")).isEqualTo("0|first_assignment|[]");
      assertThat(advice("'c', 2, '3 minutes'")).isEqualTo("1|available_slot|[0]");
    }

    @Test
    void writesNothing() {
      String unused = advice("'c'");

      assertThat(owner.number("SELECT count(*) FROM tracker.clusters")).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "NULL"})
    void refusesATotalThatIsNone(String total) {
      assertThatThrownBy(() -> advice("'c', " + total))
          .isInstanceOf(Refused.class)
          .hasMessageContaining("Total shards must be greater than 0");
    }

    private String advice(String arguments) {
      Session caller = TrackerDatabase.get().as("service_role");
      return caller.line("SELECT * FROM tracker.get_next_available_shard(" + arguments + ")");
    }
  }
}
