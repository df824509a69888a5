package dev.quintet.autoscaler.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quintet.autoscaler.testing.AutoscalerDatabase;
import dev.quintet.autoscaler.testing.MeasuredNode;
import dev.quintet.common.testing.Race;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Partitions are there before they are needed, known when they are full, and gone in time. */
@SuppressWarnings("NullAway.Init") // filled in before each test
class PartitionsIT {
  private AutoscalerDatabase database;
  private MeasuredNode node;

  @BeforeEach
  void migrate() {
    database = new AutoscalerDatabase();
    node = MeasuredNode.create(database.superuser(), 1);
  }

  @AfterEach
  void drop() {
    database.close();
  }

  private Map<String, Object> upkeep(String settle) {
    return upkeep("metrics", settle);
  }

  private Map<String, Object> upkeep(String table, String settle) {
    return database
        .asService(
            "SELECT made, closed, dropped FROM autoscaler.upkeep_partitions(4711, ?, 10000000, 2, '14 days', ?::interval)",
            table,
            settle)
        .getFirst();
  }

  private void insert(String at) {
    var unused =
        database
            .superuser()
            .update(
                "INSERT INTO autoscaler.metrics (node_id, pool_id, metric_type, value, unit, \"timestamp\")"
                    + " VALUES (?, ?, 'cpu', 1, 'percent', now() + ?::interval)",
                node.id(),
                node.pools().getFirst().id(),
                at);
  }

  private void nextId(long id) {
    var unused = database.superuser().value("SELECT setval('autoscaler.metrics_id_seq', ?)", id);
  }

  private void age(String partition) {
    var aged =
        database
            .superuser()
            .update(
                "UPDATE autoscaler.partition_spans SET max_at = now() - interval '20 days' WHERE partition = ?",
                partition);
    assertThat(aged).isEqualTo(1);
  }

  private List<String> partitions() {
    return database
        .asService(
            "SELECT partition FROM autoscaler.partition_spans WHERE parent = 'metrics' ORDER BY from_id")
        .stream()
        .map(row -> String.valueOf(row.get("partition")))
        .toList();
  }

  private long found(String from) {
    return (long)
        database
            .asService(
                "SELECT count(*) AS n FROM autoscaler.metric_samples(?, NULL, 'cpu', NULL, now() + ?::interval, now())",
                node.pools().getFirst().id(),
                from)
            .getFirst()
            .get("n");
  }

  /** Partitions that a query of this window reads. */
  private List<String> read(String from, String to) {
    return database
        .asService(
            "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT count(*)"
                + " FROM autoscaler.metric_samples(%d, NULL, 'cpu', NULL, now() + '%s', now() + '%s')"
                    .formatted(node.pools().getFirst().id(), from, to))
        .stream()
        .map(row -> String.valueOf(row.values().iterator().next()))
        .filter(line -> line.contains("Scan") && line.contains(" on metrics_"))
        .filter(line -> !line.contains("never executed"))
        .map(line -> line.replaceAll(".* on (metrics_[a-z0-9]+).*", "$1"))
        .distinct()
        .toList();
  }

  private static int sum(List<Map<String, Object>> runs, String what) {
    return runs.stream().mapToInt(run -> run.get(what) instanceof Integer n ? n : 0).sum();
  }

  @Test
  void twentyReplicasMakeWhatIsMissingOnce() {
    assertThat(sum(Race.of(20, () -> upkeep("0")), "made")).isEqualTo(1);
    assertThat(partitions())
        .containsExactly("metrics_p000000", "metrics_p000001", "metrics_p000002");
    assertThat(upkeep("node_heartbeats", "0")).containsEntry("made", 1);
    assertThat(upkeep("node_heartbeats", "0")).containsEntry("made", 0);
  }

  @Test
  void aPartitionOfTheFunctionsMakingIsGuardedLikeTheFirst() throws SQLException {
    String rights =
        """
        SELECT c.relrowsecurity, c.relforcerowsecurity, c.relowner::regrole::text AS owner,
               (SELECT string_agg(a.grantee::regrole || ' ' || a.privilege_type, ',')
                  FROM aclexplode(c.relacl) AS a WHERE a.grantee <> c.relowner) AS grants,
               (SELECT count(*) FROM pg_constraint k WHERE k.conrelid = c.oid) AS constraints,
               (SELECT count(*) FROM pg_index i WHERE i.indrelid = c.oid) AS indexes
          FROM pg_class c WHERE c.oid = ?::regclass
        """;
    assertThat(upkeep("0")).containsEntry("made", 1);
    var first = database.superuser().rows(rights, "autoscaler.metrics_p000000").getFirst();
    var made = database.superuser().rows(rights, "autoscaler.metrics_p000002").getFirst();
    assertThat(made)
        .isEqualTo(first)
        .containsEntry("relrowsecurity", true)
        .containsEntry("relforcerowsecurity", true)
        .containsEntry("owner", "quintet_owner")
        .containsEntry("grants", null);
    try (Connection service = database.service();
        var sql = service.createStatement()) {
      assertThatThrownBy(() -> sql.execute("SELECT FROM autoscaler.metrics_p000002"))
          .hasMessageContaining("permission denied");
      assertThatThrownBy(() -> sql.execute("DROP TABLE autoscaler.metrics_p000002"))
          .hasMessageContaining("must be owner");
    }
  }

  @Test
  void onlyTheServiceMayCallTheOwnersFunctions() {
    assertThat(
            database
                .superuser()
                .rows(
                    """
                    SELECT p.proname FROM pg_proc p
                     WHERE p.pronamespace = 'autoscaler'::regnamespace AND p.prosecdef
                       AND (NOT p.proconfig @> ARRAY['search_path=""'] OR has_function_privilege('anon', p.oid, 'EXECUTE')
                            OR has_function_privilege('tracker_service', p.oid, 'EXECUTE')
                            OR NOT has_function_privilege('autoscaler_service', p.oid, 'EXECUTE'))
                    """))
        .isEmpty();
    for (String wrong : List.of("'nodes', 1000, 2, '14 days'", "'metrics', 1000, 2, '1 h'")) {
      assertThatThrownBy(() ->
              database.asService("SELECT autoscaler.upkeep_partitions(1, " + wrong + ", '0')"))
          .hasStackTraceContaining("out of range");
    }
  }

  @Test
  void aFullPartitionIsClosedWithItsTimesOnceWritersAreDone() throws SQLException {
    insert("-10 days");
    insert("-9 days");
    nextId(10_000_000);
    insert("-1 hour");
    try (Connection writer = database.superuser().connect();
        var sql = writer.createStatement()) {
      // Drew its id before the partition was full, and is slow.
      writer.setAutoCommit(false);
      int late =
          sql.executeUpdate(
              "INSERT INTO autoscaler.metrics (id, node_id, metric_type, value, unit, \"timestamp\") VALUES (9999999, "
                  + node.id()
                  + ", 'late', 1, 'percent', now() - interval '12 days')");
      assertThat(late).isEqualTo(1);
      assertThat(upkeep("1 h")).containsEntry("closed", 0);
      assertThatThrownBy(() -> upkeep("0")).hasStackTraceContaining("lock timeout");
      writer.commit();
    }
    assertThat(upkeep("0")).containsEntry("closed", 1).containsEntry("dropped", 0);
    assertThat(
            database.asService(
                "SELECT partition, round(extract(epoch FROM now() - min_at) / 86400)::integer AS oldest,"
                    + " round(extract(epoch FROM now() - max_at) / 86400)::integer AS newest"
                    + " FROM autoscaler.partition_spans WHERE closed_at IS NOT NULL"))
        .containsExactly(Map.of("partition", "metrics_p000000", "oldest", 12, "newest", 9));
    assertThat(upkeep("0")).containsEntry("closed", 0);

    assertThat(read("-11 days", "-9 days")).contains("metrics_p000000");
    assertThat(read("-1 day", "0")).contains("metrics_p000001").doesNotContain("metrics_p000000");
    assertThat(read("-30 days", "-20 days")).doesNotContain("metrics_p000000");
    assertThat(found("-30 days")).isEqualTo(3);
  }

  @Test
  void aPartitionGoesWhenItsNewestRowIsTooOld() {
    insert("-10 days");
    nextId(10_000_000);
    insert("-1 hour");
    assertThat(upkeep("1 h")).containsEntry("closed", 0);
    assertThat(upkeep("0")).containsEntry("closed", 1).containsEntry("dropped", 0);
    age("metrics_p000000");
    assertThat(sum(Race.of(10, () -> upkeep("0")), "dropped")).isEqualTo(1);
    assertThat(partitions()).startsWith("metrics_p000001");
    assertThat(database.superuser().value("SELECT to_regclass('autoscaler.metrics_p000000')::text"))
        .isNull();
    assertThat(database.superuser().count("autoscaler.metrics")).isEqualTo(1);
  }

  @Test
  void whatFoundNoPartitionIsFoundAndRetiredToo() {
    nextId(25_000_000);
    insert("-2 hours");
    insert("-1 hour");
    assertThat(upkeep("0").get("made")).isEqualTo(2);
    assertThat(partitions()).contains("metrics_default");
    insert("-40 minutes");
    nextId(27_000_000);
    insert("-30 minutes");
    assertThat(read("-3 hours", "0")).contains("metrics_default");
    assertThat(found("-3 hours")).isEqualTo(4);
    assertThat(upkeep("0").get("closed")).isNotEqualTo(0);
    age("metrics_default");
    assertThat(found("-3 hours")).isEqualTo(1);
    for (int run = 0; run < 10 && partitions().contains("metrics_default"); run++) {
      assertThat(upkeep("0").get("dropped")).isEqualTo(1);
    }
    assertThat(partitions()).doesNotContain("metrics_default");
    assertThat(database.superuser().count("autoscaler.metrics_default")).isZero();
    assertThat(database.superuser().count("autoscaler.metrics")).isEqualTo(1);
  }
}
