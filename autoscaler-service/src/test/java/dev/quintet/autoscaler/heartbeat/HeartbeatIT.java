package dev.quintet.autoscaler.heartbeat;

import static dev.quintet.autoscaler.testing.Agent.pool;
import static dev.quintet.autoscaler.testing.Agent.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import dev.quintet.autoscaler.testing.Agent;
import dev.quintet.autoscaler.testing.Console;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@SuppressWarnings("NullAway.Init") // the backends are injected before each test
@QuarkusTestResource(ServiceBackends.class)
class HeartbeatIT {
  Database database;

  private Console console;
  private Agent agent;
  private String web;

  @BeforeEach
  void node() {
    console = new Console(database);
    agent = new Agent(console.node());
    web = Console.unique("ocid1.instancepool");
  }

  @Test
  void theFirstBeatMakesThePoolAndTellsItsTarget() {
    agent
        .beat(pool(web, 4, 3, 71.5))
        .statusCode(200)
        .body("status", equalTo("success"))
        .body("server_time", notNullValue())
        .body("config_update_needed", equalTo(false))
        .body("current_config_hash", nullValue())
        .body("new_config", nullValue())
        .body("item_errors", empty())
        .body("next_heartbeat_seconds", equalTo(60))
        .body("key_expires_at", nullValue())
        .body("targets", hasSize(1))
        .body("targets[0].oracle_pool_id", equalTo(web))
        .body("targets[0].target_instances", equalTo(4))
        .body("targets[0].generation", equalTo(0))
        .body("targets[0].mode", equalTo("advisory"));

    assertThat(poolRow())
        .containsEntry("node_id", agent.node().id())
        .containsEntry("min_instances", 1)
        .containsEntry("max_instances", 10)
        .containsEntry("current_instances", 4)
        .containsEntry("status", "healthy")
        .containsEntry("limits_source", "default")
        .containsEntry("region", "eu-frankfurt-1");
    assertThat(console.audit("pool", poolId()))
        .singleElement()
        .satisfies(row ->
            assertThat(row)
                .containsEntry("action", "POOL_CREATED")
                .containsEntry("user_role", "NODE")
                .containsEntry("user_email", agent.node().name())
                .hasEntrySatisfying(
                    "details",
                    details -> assertThat(details.toString()).contains("\"auto_created\" : true")));
  }

  @Test
  void aTargetExpiresAfterTwoIntervals() {
    database.update(
        "UPDATE autoscaler.nodes SET heartbeat_interval_seconds = 7 WHERE id = ?",
        agent.node().id());
    var answer = agent.beat(pool(web, 1, 50)).statusCode(200).extract();

    Instant told = Instant.parse(answer.path("server_time"));
    assertThat(Instant.parse(answer.path("targets[0].expires_at"))).isEqualTo(told.plusSeconds(14));
    assertThat(answer.<Integer>path("next_heartbeat_seconds")).isEqualTo(7);
  }

  @Test
  void everythingThatWasSentIsKept() {
    var sent = new HashMap<>(pool(web, 4, 3, 71.5));
    sent.put("max_cpu_utilization", 97.5);
    sent.put("pool_status", "error");
    sent.put("is_active", false);
    agent
        .send(
            Map.of(
                "status", "Degraded",
                "config_hash", "9f2",
                "error_message", "disk full",
                "metrics_data", Map.of("queue", 12),
                "pool_analytics", List.of(sent)))
        .statusCode(200);

    assertThat(
            database.rows(
                "SELECT config_hash, status, error_message, metrics_data FROM autoscaler.node_heartbeats WHERE node_id = ?",
                agent.node().id()))
        .containsExactly(
            Map.of(
                "config_hash", "9f2",
                "status", "Degraded",
                "error_message", "disk full",
                "metrics_data", "{\"queue\":12}"));
    assertThat(
            database.rows(
                """
                SELECT a.node_id, a.current_instances, a.active_instances, a.avg_cpu_utilization, a.avg_memory_utilization,
                       a.max_cpu_utilization, a.max_memory_utilization IS NULL AS no_max_memory, a.pool_status, a.is_active
                  FROM autoscaler.pool_analytics a WHERE a.oracle_pool_id = ?
                """,
                web))
        .containsExactly(
            Map.of(
                "node_id",
                agent.node().id(),
                "current_instances",
                4,
                "active_instances",
                3,
                "avg_cpu_utilization",
                71.5,
                "avg_memory_utilization",
                40.0,
                "max_cpu_utilization",
                97.5,
                "no_max_memory",
                true,
                "pool_status",
                "error",
                "is_active",
                false));
    assertThat(poolRow()).containsEntry("status", "error");
  }

  @ParameterizedTest
  @CsvSource({
    "active, ACTIVE",
    "HEALTHY, ACTIVE",
    "Ok, ACTIVE",
    "error, ERROR",
    "degraded, ERROR",
    "inactive, INACTIVE",
    "paused, INACTIVE"
  })
  void theStatusIsTheNodes(String said, String status) {
    agent.send(Map.of("status", said)).statusCode(200);
    assertThat(nodeStatus()).isEqualTo(status);
  }

  @Test
  void eachChangeOfStatusIsLoggedOnce() {
    agent.send(Map.of("status", "active")).statusCode(200);
    agent.send(Map.of("status", "ok")).statusCode(200);
    agent.send(Map.of("status", "error", "error_message", "oh")).statusCode(200);
    agent.send(Map.of("status", "degraded")).statusCode(200);

    assertThat(log())
        .containsExactly(
            "STATUS_CHANGED INACTIVE ACTIVE heartbeat", "STATUS_CHANGED ACTIVE ERROR heartbeat");
  }

  @Test
  void fiftyBeatsAtTheMomentOfReturnAreOneReturn() {
    agent.beat().statusCode(200);
    offline();

    assertThat(Race.of(50, () -> agent.beat().extract().statusCode())).containsOnly(200);
    assertThat(log().stream().filter(line -> line.startsWith("CAME_ONLINE")))
        .containsExactly("CAME_ONLINE OFFLINE ACTIVE heartbeat");
    assertThat(nodeStatus()).isEqualTo("ACTIVE");
    assertThat(
            console.audit("node", agent.node().id()).stream()
                .filter(row -> "NODE_CAME_ONLINE".equals(row.get("action"))))
        .hasSize(1);
  }

  @Test
  void aPoolFirstSeenByManyBeatsIsMadeOnce() {
    assertThat(
            Race.of(
                20, () -> agent.beat(pool(web, 2, 50)).extract().<Integer>path("targets.size()")))
        .containsOnly(1);
    assertThat(console.audit("pool", poolId())).hasSize(1);
    assertThat(
            console.number(
                "SELECT count(*) FROM autoscaler.pool_analytics WHERE oracle_pool_id = ?", web))
        .isEqualTo(20);
  }

  @Test
  void limitsOfANewPoolComeFromTheActiveConfiguration() {
    activate("pools: []", "{\"" + web + "\": {\"min\": 2, \"max\": 7}}");
    agent.beat(pool(web, 9, 50)).statusCode(200);

    assertThat(poolRow())
        .containsEntry("min_instances", 2)
        .containsEntry("max_instances", 7)
        .containsEntry("limits_source", "config")
        .containsEntry("status", "warning");
  }

  @Test
  void aSizeOutsideTheLimitsIsAWarningUntilItIsInside() {
    agent.beat(pool(web, 12, 50)).statusCode(200);
    assertThat(poolRow()).containsEntry("status", "warning").containsEntry("current_instances", 12);
    agent.beat(pool(web, 10, 50)).statusCode(200);
    assertThat(poolRow()).containsEntry("status", "healthy");
  }

  @Test
  void aPoolOfAnotherNodeIsLeftOutAndTheRestStands() {
    var other = new Agent(console.node());
    String theirs = Console.unique("ocid1.instancepool");
    other.beat(pool(theirs, 3, 50)).statusCode(200);

    agent
        .beat(pool(theirs, 9, 99), pool(web, 2, 50))
        .statusCode(200)
        .body("targets.oracle_pool_id", contains(web))
        .body("item_errors", hasSize(1))
        .body("item_errors[0].index", equalTo(0))
        .body("item_errors[0].oracle_pool_id", equalTo(theirs))
        .body("item_errors[0].code", equalTo("pool_of_another_node"));

    assertThat(
            database.value(
                "SELECT current_instances FROM autoscaler.pools WHERE oracle_pool_id = ?", theirs))
        .isEqualTo(3);
    assertThat(
            console.number(
                "SELECT count(*) FROM autoscaler.pool_analytics WHERE oracle_pool_id = ?", theirs))
        .isEqualTo(1);
  }

  @Test
  void driftIsToldAndTheNewConfigurationOnlyOnRequest() {
    String yaml = "pools: []\n";
    activate(yaml, "{}");
    String active =
        (String)
            database.value(
                "SELECT config_hash FROM autoscaler.node_configurations WHERE node_id = ? AND is_active",
                agent.node().id());

    agent
        .send(Map.of("status", "ok"))
        .body("config_update_needed", equalTo(true))
        .body("current_config_hash", equalTo(active))
        .body("new_config", nullValue());
    agent
        .send(Map.of("status", "ok", "config_hash", active))
        .body("config_update_needed", equalTo(false));
    agent
        .request()
        .queryParam("inline_config", true)
        .body(Map.of("status", "ok", "config_hash", "another"))
        .post("/api/v1/nodes/{id}/heartbeat", agent.node().id())
        .then()
        .body("config_update_needed", equalTo(true), "new_config", equalTo(yaml));
    agent
        .request()
        .queryParam("inline_config", true)
        .body(Map.of("status", "ok", "config_hash", active))
        .post("/api/v1/nodes/{id}/heartbeat", agent.node().id())
        .then()
        .body("new_config", nullValue());
  }

  static Stream<Arguments> badPools() {
    Map<String, Object> good = pool("x", 4, 50);
    return Stream.of(
        Arguments.of("count_invalid", with(good, "current_instances", -1)),
        Arguments.of("count_invalid", with(good, "active_instances", 5)),
        Arguments.of("count_invalid", with(good, "active_instances", -1)),
        Arguments.of("count_invalid", with(good, "current_instances", 99_999_999_999L)),
        Arguments.of("count_invalid", with(good, "current_instances", "4")),
        Arguments.of("percent_invalid", with(good, "avg_cpu_utilization", 100.1)),
        Arguments.of("percent_invalid", with(good, "avg_memory_utilization", -0.1)),
        Arguments.of("percent_invalid", with(good, "max_cpu_utilization", 101)),
        Arguments.of("percent_invalid", with(good, "max_memory_utilization", "71")),
        Arguments.of("invalid_status", with(good, "pool_status", "HEALTHY")),
        Arguments.of("required", with(good, "avg_cpu_utilization", null)),
        Arguments.of("required", with(good, "oracle_pool_id", null)),
        Arguments.of("invalid_value", with(good, "oracle_pool_id", " x")),
        Arguments.of("unknown_field", with(good, "cpu", 3)));
  }

  @ParameterizedTest
  @MethodSource("badPools")
  void anObservationThatCannotBeIsRefusedWhole(String code, Map<String, Object> pool) {
    agent.beat(pool(web, 1, 50), pool).statusCode(422).body("errors.code", hasItem(code));
    assertThat(
            console.number(
                "SELECT count(*) FROM autoscaler.node_heartbeats WHERE node_id = ?",
                agent.node().id()))
        .isZero();
    assertThat(nodeStatus()).isEqualTo("INACTIVE");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e999", "-1e999", "1e400"})
  void aNumberThatIsNotFiniteIsRefused(String number) {
    agent
        .send(
            """
            {"status": "ok", "pool_analytics": [{"oracle_pool_id": "x", "current_instances": 1, "active_instances": 1,
             "avg_cpu_utilization": %s, "avg_memory_utilization": 1}]}
            """
                .formatted(number))
        .statusCode(422)
        .body("errors[0].pointer", equalTo("/pool_analytics/0/avg_cpu_utilization"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"NaN", "Infinity"})
  void whatIsNoNumberIsNoJson(String number) {
    agent.send("{\"status\": \"ok\", \"metrics_data\": " + number + "}").statusCode(400);
  }

  @Test
  void twoObservationsOfOnePoolAreRefused() {
    agent
        .beat(pool(web, 1, 50), pool(web, 2, 50))
        .statusCode(422)
        .body("code", equalTo("duplicate_pool"))
        .body("errors[0].pointer", equalTo("/pool_analytics/1/oracle_pool_id"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"status\": \"offline\"}",
        "{\"status\": \"ok\", \"bogus\": 1}",
        "{\"status\": \"ok\", \"pool_analytics\": [null]}",
        "{\"status\": \"ok\", \"applied\": [{\"pool_id\": 1}]}",
        "{\"status\": \"ok\", \"applied\": [{\"pool_id\": 1, \"generation\": -1, \"ok\": true}]}",
        "{\"status\": \"\\u0000\"}"
      })
  void aBodyThatMakesNoSenseIsRefused(String body) {
    agent.send(body).statusCode(422);
    assertThat(nodeStatus()).isEqualTo("INACTIVE");
  }

  @Test
  void metricsDataMayHave64KiB() {
    int quotes = 2;
    agent.send(Map.of("status", "ok", "metrics_data", "x".repeat(65_536 - quotes))).statusCode(200);
    agent
        .send(Map.of("status", "ok", "metrics_data", "x".repeat(65_537 - quotes)))
        .statusCode(422)
        .body("errors[0].pointer", equalTo("/metrics_data"));
  }

  @Test
  void beyondSixtyAMinuteANodeIsToldToWait() {
    database.update(
        "UPDATE autoscaler.nodes SET beat_tokens = 2, beat_tokens_at = now() + interval '1 h' WHERE id = ?",
        agent.node().id());

    assertThat(Race.of(10, () -> agent.beat().extract().statusCode()).stream().sorted())
        .containsExactly(200, 200, 429, 429, 429, 429, 429, 429, 429, 429);
    agent
        .beat()
        .statusCode(429)
        .header("Retry-After", "1")
        .body("code", equalTo("too_many_heartbeats"));
    assertThat(
            console.number(
                "SELECT count(*) FROM autoscaler.node_heartbeats WHERE node_id = ?",
                agent.node().id()))
        .isEqualTo(2);
  }

  @Test
  void whatWasAppliedIsRecordedOnceAndNeverBackwards() {
    agent.beat(pool(web, 4, 50)).statusCode(200);
    int id = poolId();
    database.update(
        """
        INSERT INTO autoscaler.pool_scaling_state (pool_id, target, generation) VALUES (?, 4, 5)
        ON CONFLICT (pool_id) DO UPDATE SET generation = 5
        """,
        id);

    applied(id, 4, true, null);
    assertThat(appliedState(id)).isEqualTo("4 null");
    applied(id, 5, false, "quota exceeded");
    assertThat(appliedState(id)).isEqualTo("4 quota exceeded");
    applied(id, 3, true, null);
    assertThat(appliedState(id)).isEqualTo("4 quota exceeded");
    applied(id, 5, true, null);
    assertThat(appliedState(id)).isEqualTo("5 null");
    applied(id, 6, true, null);
    assertThat(appliedState(id)).as("a generation that was never given out").isEqualTo("5 null");
  }

  @Test
  void anotherNodesReportChangesNothing() {
    agent.beat(pool(web, 4, 50)).statusCode(200);
    int id = poolId();
    database.update(
        """
        INSERT INTO autoscaler.pool_scaling_state (pool_id, target, generation) VALUES (?, 4, 5)
        ON CONFLICT (pool_id) DO UPDATE SET generation = 5
        """,
        id);
    new Agent(console.node())
        .send(
            Map.of(
                "status",
                "ok",
                "applied",
                List.of(Map.of("pool_id", id, "generation", 5, "ok", true))))
        .statusCode(200);
    assertThat(appliedState(id)).isEqualTo("null null");
  }

  @Test
  void whoHasNoKeyOfThisNodeIsRefused() {
    var other = console.node();
    new Agent(new Console.Made(agent.node().id(), "x", other.key()))
        .beat()
        .statusCode(403)
        .body("code", equalTo("node_mismatch"));
    new Agent(new Console.Made(Integer.MAX_VALUE, "x", other.key()))
        .beat()
        .statusCode(403)
        .body("code", equalTo("node_mismatch"));
    new Agent(new Console.Made(agent.node().id(), "x", "ask_" + "x".repeat(43)))
        .beat()
        .statusCode(401)
        .body("code", equalTo("key_unknown"));
    console
        .as("admin")
        .body(Map.of("status", "ok"))
        .post("/api/v1/nodes/{id}/heartbeat", agent.node().id())
        .then()
        .statusCode(403);
    agent
        .request()
        .header("Authorization", "Bearer x")
        .body(Map.of("status", "ok"))
        .post("/api/v1/nodes/{id}/heartbeat", agent.node().id())
        .then()
        .statusCode(400)
        .body("code", equalTo("two_credentials"));
  }

  @Test
  void aDecommissionedNodeStaysOffline() {
    agent.beat().statusCode(200);
    console
        .as("devops")
        .post("/api/v1/nodes/{id}/decommission", agent.node().id())
        .then()
        .statusCode(200);
    agent.beat().statusCode(401).body("code", equalTo("key_revoked"));
    assertThat(nodeStatus()).isEqualTo("OFFLINE");
  }

  @Test
  void theGraceOfARotatedKeyIsTold() {
    console
        .as("devops")
        .body(Map.of("grace_seconds", 600))
        .post("/api/v1/nodes/{id}/api-key/rotate", agent.node().id())
        .then()
        .statusCode(201);
    agent.beat().statusCode(200).body("key_expires_at", notNullValue());
  }

  @Test
  void lastHeartbeatNeverGoesBack() {
    agent.beat().statusCode(200);
    // As after a fail-over to a server whose clock is behind.
    database.update(
        "UPDATE autoscaler.nodes SET last_heartbeat = now() + interval '1 h' WHERE id = ?",
        agent.node().id());
    String ahead = lastHeartbeat();
    agent.beat().statusCode(200);
    assertThat(lastHeartbeat()).isGreaterThan(ahead);
  }

  @Test
  void manyBeatsAtOnceHaveAnOrderOfTheirOwn() {
    assertThat(Race.of(20, () -> agent.beat(pool(web, 1, 50)).extract().statusCode()))
        .containsOnly(200);
    assertThat(
            console.number(
                "SELECT count(DISTINCT \"timestamp\") FROM autoscaler.node_heartbeats WHERE node_id = ?",
                agent.node().id()))
        .isEqualTo(20);
    assertThat(
            database.value(
                """
                SELECT bool_and(b."timestamp" <= n.last_heartbeat) FROM autoscaler.node_heartbeats b
                  JOIN autoscaler.nodes n ON n.id = b.node_id WHERE n.id = ?
                """,
                agent.node().id()))
        .isEqualTo(true);
  }

  @Test
  void withoutTheDatabaseTheAgentIsToldToComeAgain() {
    agent.beat(pool(web, 4, 50)).statusCode(200);
    database.shut();
    try {
      agent
          .beat(pool(web, 4, 50))
          .statusCode(503)
          .header("Retry-After", notNullValue())
          .body("code", equalTo("database_unavailable"));
    } finally {
      database.open();
    }
    Eventually.holds(Duration.ofSeconds(20), () -> agent.beat(pool(web, 4, 50)).statusCode(200));
  }

  @Test
  void betweenBeatsTheTargetsAreTheSame() {
    var told = agent.beat(pool(web, 4, 50)).extract().path("targets[0].target_instances");
    agent
        .targets()
        .statusCode(200)
        .body("targets", hasSize(1))
        .body("targets[0].oracle_pool_id", equalTo(web))
        .body("targets[0].target_instances", equalTo(told));
    assertThat(
            console.number(
                "SELECT count(*) FROM autoscaler.node_heartbeats WHERE node_id = ?",
                agent.node().id()))
        .isEqualTo(1);
    console.as("user").get("/api/v1/nodes/{id}/targets", agent.node().id()).then().statusCode(403);
  }

  private void applied(int pool, long generation, boolean ok, @Nullable String error) {
    var report =
        new HashMap<String, Object>(Map.of("pool_id", pool, "generation", generation, "ok", ok));
    if (error != null) {
      report.put("error", error);
    }
    agent.send(Map.of("status", "ok", "applied", List.of(report))).statusCode(200);
  }

  private String appliedState(int pool) {
    return String.valueOf(
        database.value(
            "SELECT coalesce(applied_generation::text, 'null') || ' ' || coalesce(applied_error, 'null') FROM autoscaler.pool_scaling_state WHERE pool_id = ?",
            pool));
  }

  private void activate(String yaml, String limits) {
    database.update(
        """
        INSERT INTO autoscaler.node_configurations (node_id, yaml_config, config_hash, pool_limits)
        VALUES (?, ?, encode(sha256(convert_to(?, 'UTF8')), 'hex'), ?::jsonb)
        """,
        agent.node().id(),
        yaml,
        yaml,
        limits);
  }

  private void offline() {
    database.update(
        "UPDATE autoscaler.nodes SET last_heartbeat = now() - interval '1 h' WHERE id = ?",
        agent.node().id());
    Eventually.holds(Duration.ofSeconds(20), () -> assertThat(nodeStatus()).isEqualTo("OFFLINE"));
  }

  private Map<String, Object> poolRow() {
    return database
        .rows(
            """
            SELECT id, node_id, min_instances, max_instances, current_instances, status::text, limits_source, region
              FROM autoscaler.pools WHERE oracle_pool_id = ?
            """,
            web)
        .getFirst();
  }

  private int poolId() {
    return console.number("SELECT id FROM autoscaler.pools WHERE oracle_pool_id = ?", web);
  }

  private String nodeStatus() {
    return String.valueOf(
        database.value(
            "SELECT status::text FROM autoscaler.nodes WHERE id = ?", agent.node().id()));
  }

  private String lastHeartbeat() {
    return String.valueOf(
        database.value(
            "SELECT to_char(last_heartbeat, 'YYYY-MM-DD HH24:MI:SS.US') FROM autoscaler.nodes WHERE id = ?",
            agent.node().id()));
  }

  private List<String> log() {
    return database
        .rows(
            """
            SELECT concat_ws(' ', event_type, previous_status, new_status, triggered_by) AS line FROM autoscaler.node_lifecycle_logs
             WHERE node_id = ? AND event_type IN ('CAME_ONLINE', 'WENT_OFFLINE', 'STATUS_CHANGED') ORDER BY id
            """,
            agent.node().id())
        .stream()
        .map(row -> String.valueOf(row.get("line")))
        .toList();
  }
}
