package dev.quintet.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Scenarios 15, 16 and 20: who still speaks the seed's SQL finds it working, and nothing of it
 * breaks a fenced lease.
 */
@ResourceLock("tracker")
class SeedDoorE2E {
  private static final Database DB = Tracker.fleet().database();

  @Test
  void theSeedsCallTwiceIsOneShard() {
    String cluster = "seed-" + UUID.randomUUID().toString().substring(0, 8);
    Map<String, Object> call =
        Map.of(
            "p_instance_id",
            "discord-bot-001",
            "p_cluster_name",
            cluster,
            "p_hostname",
            "pod-discord-bot-001",
            "p_pod_ip",
            "10.244.1.5",
            "p_node_name",
            "node-1");

    var first = Tracker.as("service").post("/rpc/upsert_instance_assignment", call).body().get(0);
    var second = Tracker.as("service").post("/rpc/upsert_instance_assignment", call).body().get(0);

    assertThat(first.path("assigned_shard_id").asInt()).isZero();
    assertThat(first.path("is_new_assignment").asBoolean()).isTrue();
    assertThat(second.path("assigned_shard_id").asInt()).isZero();
    assertThat(second.path("assignment_strategy").asText()).isEqualTo("existing_assignment");
    assertThat(second.path("is_new_assignment").asBoolean()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"anon", "authenticated"})
  void theDeniedRolesReachNeitherTableNorFunction(String role) {
    assertThatThrownBy(
            () -> DB.execute("SET ROLE " + role + "; SELECT * FROM tracker.cluster_management"))
        .cause()
        .hasMessageContaining("permission denied");
    assertThatThrownBy(() ->
            DB.execute("SET ROLE " + role + "; SELECT * FROM tracker.cleanup_stale_assignments()"))
        .cause()
        .hasMessageContaining("permission denied");
  }

  @Test
  void aRowWrittenBySqlIsAnUnfencedLeaseThatTheApiShows() {
    String cluster = Tracker.newCluster(4);
    insert(cluster, "sql-bot", 2);

    var shard = shard(cluster, 2);

    assertThat(shard.path("instance_id").asText()).isEqualTo("sql-bot");
    assertThat(shard.path("fenced").asBoolean()).isFalse();
    DB.execute(
        "UPDATE tracker.cluster_management SET status = 'inactive' WHERE cluster_name = '"
            + cluster
            + "'");
    var freed = shard(cluster, 2);
    assertThat(freed.path("instance_id").isMissingNode() || freed.path("instance_id").isNull())
        .isTrue();
    assertThat(freed.path("epoch").asLong()).isEqualTo(shard.path("epoch").asLong() + 1);
  }

  @Test
  void aRowOverALiveLeaseIsRefusedAndNamesTheHolder() {
    String cluster = Tracker.newCluster(4);
    new Pod(cluster, "bot-7").with("want", 3).acquire();
    var before = Facts.of(cluster).placement();

    assertThatThrownBy(() -> insert(cluster, "sql-bot", 2))
        .cause()
        .hasMessageContaining("leased to bot-7 (epoch 1)");

    assertThat(Facts.of(cluster).placement()).isEqualTo(before);
  }

  @Test
  void theJobRemovesAStaleRowOnceAndNeverALiveFencedLease() {
    String cluster = Tracker.newCluster(4, "lease_ttl_ms", "60000");
    new Pod(cluster, "bot-7").acquire();
    insert(cluster, "old", 3);
    DB.execute(
        "SET tracker.sync = 'off'; UPDATE tracker.cluster_management SET last_heartbeat = now() - interval '20 min' WHERE cluster_name = '"
            + cluster
            + "'");

    Eventually.holds(
        Duration.ofSeconds(15),
        () ->
            assertThat(
                    Facts.of(cluster)
                        .number(
                            "SELECT count(*) FROM tracker.cluster_management WHERE cluster_name = ?"))
                .isEqualTo(1));

    assertThat(Facts.of(cluster).events("shard.released")).hasSize(1);
    var operator = Tracker.as("devops").post("/maintenance/cleanup", Map.of("threshold_s", 0));
    assertThat(operator.status()).isEqualTo(200);
    assertThat(Facts.of(cluster).placement()).containsEntry(0, "bot-7 1");
  }

  @Test
  void threeReplicasRunTheCleanupOncePerTick() {
    var runs = new java.util.TreeSet<Double>();

    // Every run leaves its time; looking often enough sees them all.
    Eventually.holds(
        Duration.ofSeconds(30),
        () -> {
          runs.add(lastCleanup());
          assertThat(runs).hasSizeGreaterThanOrEqualTo(4);
        });

    assertThat(runs.stream().map(at -> Math.floor(at / 5))).doesNotHaveDuplicates();
  }

  private static double lastCleanup() {
    return ((Number)
            java.util.Objects.requireNonNull(
                DB.value(
                    "SELECT extract(epoch FROM last_cleanup)::float8 FROM tracker.service_state")))
        .doubleValue();
  }

  private static com.fasterxml.jackson.databind.JsonNode shard(String cluster, int shard) {
    return Tracker.as("user")
        .get("/clusters/" + cluster + "/shards?limit=200")
        .body()
        .path("items")
        .get(shard);
  }

  private static void insert(String cluster, String instance, int shard) {
    DB.execute(
        "INSERT INTO tracker.cluster_management (instance_id, cluster_name, shard_id, total_shards) VALUES ('%s', '%s', %d, 4)"
            .formatted(instance, cluster, shard));
  }
}
