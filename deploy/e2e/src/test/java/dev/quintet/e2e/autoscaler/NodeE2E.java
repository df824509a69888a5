package dev.quintet.e2e.autoscaler;

import static dev.quintet.e2e.autoscaler.Autoscaler.expect;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.Race;
import dev.quintet.e2e.fleet.Answer;
import dev.quintet.e2e.fleet.Pauses;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Nodes: their keys, their lives, what they should run, and their end. */
@ResourceLock(value = "autoscaler", mode = ResourceAccessMode.READ)
class NodeE2E {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Map<String, Object> ALIVE = Map.of("status", "active");

  private final Database database = Autoscaler.fleet().database();

  @Test
  void a1TheKeyIsShownOnceAndOnlyItsHashIsKept() {
    var node = Node.create();

    var read = node.read();
    assertThat(read.path("has_api_key").asBoolean()).isTrue();
    assertThat(read.toString()).doesNotContain(node.key()).doesNotContain("hash");
    assertThat(database.value("SELECT api_key_hash FROM autoscaler.nodes WHERE id = ?", node.id()))
        .isEqualTo(Autoscaler.sha256(node.key()));

    assertThat(node.send(ALIVE).status()).isEqualTo(200);
    int middle = node.key().length() / 2;
    char other = node.key().charAt(middle) == 'A' ? 'B' : 'A';
    var forged =
        new Node(
            node.fleet(),
            node.id(),
            node.name(),
            node.key().substring(0, middle) + other + node.key().substring(middle + 1));
    var refused = forged.send(ALIVE);
    assertThat(refused.status()).isEqualTo(401);
    assertThat(refused.code()).isEqualTo("key_unknown");
  }

  @Test
  void a2AnOldKeyWorksDuringItsGraceAndARevokedOneNowhere() {
    var node = Node.create();
    var rotated =
        expect(
                201,
                Autoscaler.as("devops")
                    .post("/nodes/" + node.id() + "/api-key/rotate", Map.of("grace_seconds", 5)))
            .body();
    var renewed = new Node(node.fleet(), node.id(), node.name(), rotated.path("api_key").asText());

    assertThat(node.send(ALIVE).status()).isEqualTo(200);
    assertThat(renewed.send(ALIVE).status()).isEqualTo(200);
    Eventually.holds(
        SOON,
        () -> {
          // Sixty a minute are allowed.
          Pauses.of(Duration.ofMillis(500));
          var late = node.send(ALIVE);
          assertThat(late.status()).isEqualTo(401);
          assertThat(late.code()).isEqualTo("key_expired");
        });
    assertThat(renewed.send(ALIVE).status()).isEqualTo(200);

    expect(204, Autoscaler.as("devops").send("DELETE", "/nodes/" + node.id() + "/api-key", null));
    assertThat(Autoscaler.fleet().replicas())
        .allSatisfy(replica -> {
          var revoked = renewed.send(replica.api(), ALIVE);
          assertThat(revoked.status()).isEqualTo(401);
          assertThat(revoked.code()).isEqualTo("key_revoked");
        });
  }

  @Test
  void a3ASilentNodeGoesOfflineOnceAndFiftyHeartbeatsBringItBackOnce() {
    var node = Node.create().every(1);
    assertThat(node.send(ALIVE).status()).isEqualTo(200);
    assertThat(node.read().path("status").asText()).isEqualTo("ACTIVE");
    Eventually.holds(
        SOON, () -> assertThat(node.read().path("status").asText()).isEqualTo("OFFLINE"));
    assertThat(node.life()).filteredOn(line -> line.startsWith("WENT")).hasSize(1);

    List<Answer> back = Race.of(50, () -> node.send(ALIVE));

    assertThat(back).extracting(Answer::status).containsOnly(200);
    assertThat(node.read().path("status").asText()).isEqualTo("ACTIVE");
    assertThat(node.life())
        .filteredOn(line -> line.startsWith("WENT") || line.startsWith("CAME"))
        .containsExactly("WENT_OFFLINE ACTIVE system", "CAME_ONLINE OFFLINE heartbeat");
  }

  @Test
  void a4DriftIsToldAndOfManyVersionsOneIsActive() {
    var node = Node.create();
    String v1 = "# ein Knoten: ü\npools: []\n";
    String v2 = "pools: [] # zwei\n";
    var first = put(node, v1);
    assertThat(first.status()).isEqualTo(201);
    assertThat(first.body().path("config_hash").asText()).isEqualTo(Autoscaler.sha256(v1));
    assertThat(needsUpdate(node, Autoscaler.sha256(v2))).isTrue();
    assertThat(needsUpdate(node, Autoscaler.sha256(v1))).isFalse();

    assertThat(put(node, v2).status()).isEqualTo(201);
    assertThat(needsUpdate(node, Autoscaler.sha256(v1))).isTrue();
    var back =
        Autoscaler.as("devops")
            .post(
                "/nodes/%d/configs/%d/rollback"
                    .formatted(node.id(), first.body().path("id").asInt()),
                null);
    assertThat(back.status()).isEqualTo(201);
    assertThat(back.body().path("config_hash").asText()).isEqualTo(Autoscaler.sha256(v1));
    assertThat(active(node)).containsExactly(true, false, false);

    var statuses =
        Race.of(20, caller -> () -> put(node, "pools: [] # " + caller % 7 + "\n").status());

    assertThat(statuses).isSubsetOf(200, 201);
    assertThat(active(node)).filteredOn(each -> each).hasSize(1);
  }

  @Test
  void a5WhatWouldNotEndIsNoConfiguration() {
    var node = Node.create();
    var bomb = new StringBuilder("a0: &a0 [x, x]\n");
    for (int level = 1; level <= 24; level++) {
      bomb.append("a%d: &a%d [*a%d, *a%d]\n".formatted(level, level, level - 1, level - 1));
    }
    for (String text :
        List.of(
            bomb.toString(),
            "pools: &a [*a]\n",
            pools("cpu_threshold: .nan"),
            "pools: []\n---\npools: []\n")) {
      var refused = put(node, text);
      assertThat(refused.status()).as(text).isEqualTo(422);
      assertThat(refused.code()).isEqualTo("yaml_invalid");
    }
    assertThat(active(node)).isEmpty();

    String unquoted =
        pools("schedules: [{name: n, start_time: 22:00, end_time: 6:30, target_instances: 3}]");
    var refused = put(node, unquoted);
    assertThat(refused.status()).as("6:30 is no HH:MM").isEqualTo(422);
    var night = put(node, unquoted.replace("6:30", "06:30"));
    assertThat(night.status()).as(night.http().body()).isEqualTo(201);
    var quoted = put(node, unquoted.replace("6:30", "06:30").replace("22:00", "\"22:00\""));
    assertThat(quoted.status()).isEqualTo(201);
    var diff =
        expect(
                200,
                Autoscaler.as("user")
                    .get(
                        "/nodes/%d/configs/diff?from=%d&to=%d"
                            .formatted(
                                node.id(),
                                night.body().path("id").asInt(),
                                quoted.body().path("id").asInt())))
            .body();
    assertThat(diff.path("changes")).as("22:00 is read as what it says: " + diff).isEmpty();
  }

  @Test
  void a14NothingIsLeftUnderADeletedNodeButItsAuditTrail() {
    var node = Node.create();
    var pools = IntStream.range(0, 3).mapToObj(i -> node.pool(1, 10)).toList();
    pools.forEach(pool -> {
      pool.policy(Pool.CPU_60, true);
      pool.schedule("floor", "09:00", "17:00", 3);
      pool.beat(4, 90);
    });
    assertThat(put(node, "pools: []\n").status()).isEqualTo(201);
    expect(
        202,
        node.metrics(
            "",
            "{\"batch_id\":\"%s\",\"samples\":[{\"pool_id\":%d,\"metric_type\":\"cpu\",\"value\":5,\"unit\":\"percent\"}]}"
                .formatted(java.util.UUID.randomUUID(), pools.getFirst().id())));
    var tables =
        Set.of(
            "pools",
            "metrics",
            "schedules",
            "node_configurations",
            "node_heartbeats",
            "node_lifecycle_logs",
            "pool_analytics");
    assertThat(tables).allSatisfy(table -> assertThat(rows(table, node)).as(table).isPositive());

    var refused =
        Autoscaler.as("admin").send("DELETE", "/nodes/" + node.id() + "?confirm=other", null);
    assertThat(refused.status()).isEqualTo(412);
    expect(
        204,
        Autoscaler.as("admin")
            .send("DELETE", "/nodes/" + node.id() + "?confirm=" + node.name(), null));

    assertThat(tables.stream().collect(Collectors.toMap(t -> t, t -> rows(t, node))))
        .allSatisfy((table, left) -> assertThat(left).as(table).isZero());
    assertThat(pools).allSatisfy(pool -> assertThat(pool.read().status()).isEqualTo(404));
    var trail =
        expect(
                200,
                Autoscaler.as("admin")
                    .get("/audit-logs?resource_type=node&resource_id=" + node.id()))
            .body()
            .path("items");
    assertThat(trail)
        .extracting(row -> row.path("action").asText())
        .contains("NODE_CREATED", "NODE_DELETED");
  }

  private long rows(String table, Node node) {
    return ((Number)
            java.util.Objects.requireNonNull(
                database.value(
                    "SELECT count(*) FROM autoscaler." + table + " WHERE node_id = ?", node.id())))
        .longValue();
  }

  private static String pools(String more) {
    return "pools:\n  - {instance_pool_id: a, " + more + "}\n";
  }

  private static Answer put(Node node, String yaml) {
    return Autoscaler.as("devops")
        .send("PUT", "/nodes/" + node.id() + "/config", Map.of("yaml_config", yaml));
  }

  private static boolean needsUpdate(Node node, String hash) {
    return expect(200, node.send(Map.of("status", "active", "config_hash", hash)))
        .body()
        .path("config_update_needed")
        .asBoolean();
  }

  /** Of each version, newest first. */
  private static List<Boolean> active(Node node) {
    JsonNode versions =
        expect(200, Autoscaler.as("user").get("/nodes/" + node.id() + "/configs?limit=200"))
            .body()
            .path("items");
    return StreamSupport.stream(versions.spliterator(), false)
        .map(version -> version.path("is_active").asBoolean())
        .toList();
  }
}
