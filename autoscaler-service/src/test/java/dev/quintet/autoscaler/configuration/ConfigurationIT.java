package dev.quintet.autoscaler.configuration;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;

import dev.quintet.autoscaler.access.NodeKey;
import dev.quintet.autoscaler.testing.Console;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Scenarios A4 and A5; heartbeats' side of the drift is with the heartbeats. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the test resource fills the fields in
class ConfigurationIT {
  private static final String V1 = "# one\r\npools: []   \n\n";
  private static final String V2 = "pools: [] # zwei: ü😀\n";

  Database database;
  Console console;

  @BeforeEach
  void console() {
    console = new Console(database);
  }

  private ValidatableResponse put(int node, String yaml) {
    return console
        .as("devops")
        .body(Map.of("yaml_config", yaml))
        .put("/api/v1/nodes/" + node + "/config")
        .then();
  }

  private int version(int node, String yaml) {
    return put(node, yaml).statusCode(201).extract().path("id");
  }

  private ValidatableResponse rollback(int node, int version) {
    return console
        .as("devops")
        .post("/api/v1/nodes/" + node + "/configs/" + version + "/rollback")
        .then();
  }

  private void exactlyOneIsActive(int node) {
    assertThat(
            console.number(
                "SELECT count(*) FROM autoscaler.node_configurations WHERE node_id = ? AND is_active",
                node))
        .isEqualTo(1);
  }

  @Test
  void theBytesAreKeptAsTheyAre() {
    int node = console.node().id();
    for (String yaml : List.of(V1, V2)) {
      String hash =
          put(node, yaml)
              .statusCode(201)
              .body("yaml_config", equalTo(yaml))
              .extract()
              .path("config_hash");

      assertThat(hash).isEqualTo(NodeKey.sha256(yaml));
      assertThat(
              database.value(
                  """
                  SELECT encode(sha256(convert_to(yaml_config, 'UTF8')), 'hex') FROM autoscaler.node_configurations
                   WHERE node_id = ? AND is_active
                  """,
                  node))
          .isEqualTo(hash);
      console
          .get("/nodes/" + node + "/config")
          .statusCode(200)
          .header("ETag", "\"" + hash + "\"")
          .body("yaml_config", equalTo(yaml))
          .body("is_active", equalTo(true));
    }
  }

  @Test
  void theSameBytesAreNoNewVersion() {
    int node = console.node().id();
    int first = version(node, V1);

    put(node, V1).statusCode(200).body("id", equalTo(first));

    assertThat(console.audit("configuration", node)).hasSize(1);
    console.get("/nodes/" + node + "/configs").body("items", hasSize(1));
  }

  @Test
  void whoKnowsTheVersionIsToldSo() {
    int node = console.node().id();
    console
        .get("/nodes/" + node + "/config")
        .statusCode(404)
        .body("code", equalTo("no_active_config"));
    version(node, V1);
    String tag = console.get("/nodes/" + node + "/config").extract().header("ETag");

    console
        .as("service")
        .header("If-None-Match", "\"other\", W/" + tag)
        .get("/api/v1/nodes/" + node + "/config")
        .then()
        .statusCode(304)
        .header("ETag", tag)
        .body(equalTo(""));
  }

  @Test
  void aNodeReadsItsOwnWithItsKey() {
    var node = console.node();
    var other = console.node();
    console
        .with(node.key())
        .get("/api/v1/nodes/" + node.id() + "/config")
        .then()
        .statusCode(404)
        .body("code", equalTo("no_active_config"));
    version(node.id(), V1);

    console
        .with(node.key())
        .get("/api/v1/nodes/" + node.id() + "/config")
        .then()
        .statusCode(200)
        .body("yaml_config", equalTo(V1));
    for (int id : new int[] {other.id(), Integer.MAX_VALUE}) {
      console
          .with(node.key())
          .get("/api/v1/nodes/" + id + "/config")
          .then()
          .statusCode(403)
          .body("code", equalTo("node_mismatch"));
    }
    console
        .with("ask_" + "A".repeat(43))
        .get("/api/v1/nodes/" + node.id() + "/config")
        .then()
        .statusCode(401)
        .body("code", equalTo("key_unknown"));
    console.with("x").get("/api/v1/nodes/" + node.id() + "/config").then().statusCode(401);
    console
        .as("user")
        .header("X-API-Key", node.key())
        .get("/api/v1/nodes/" + node.id() + "/config")
        .then()
        .statusCode(400)
        .body("code", equalTo("two_credentials"));
    console.as("devops").delete("/api/v1/nodes/" + node.id() + "/api-key").then().statusCode(204);
    console
        .with(node.key())
        .get("/api/v1/nodes/" + node.id() + "/config")
        .then()
        .statusCode(401)
        .body("code", equalTo("key_revoked"));
  }

  @Test
  void goingBackIsANewVersionWithTheOldBytes() {
    int node = console.node().id();
    int first = version(node, V1);
    int second = version(node, V2);

    int third =
        rollback(node, first)
            .statusCode(201)
            .body("config_hash", equalTo(NodeKey.sha256(V1)))
            .body("note", equalTo("rolled back to " + first))
            .extract()
            .path("id");
    rollback(node, first).statusCode(200).body("id", equalTo(third));

    exactlyOneIsActive(node);
    console
        .get("/nodes/" + node + "/configs")
        .body("items.id", contains(third, second, first))
        .body("items.is_active", contains(true, false, false))
        .body(
            "items[1].bytes", equalTo(V2.getBytes(java.nio.charset.StandardCharsets.UTF_8).length))
        .body("items", everyItem(not(hasKey("yaml_config"))));
    assertThat(console.<Integer>pages("user", "/nodes/" + node + "/configs", 1, "id"))
        .containsExactly(third, second, first);
    var rows = console.audit("configuration", node);
    assertThat(rows)
        .extracting(row -> row.get("action"))
        .containsExactly("CONFIG_UPDATED", "CONFIG_UPDATED", "CONFIG_ROLLED_BACK");
    assertThat(String.valueOf(rows.getLast().get("details")))
        .contains("\"rolled_back_to\":" + first);
    assertThat(String.valueOf(rows.getLast().get("details"))).doesNotContain("pools");
  }

  @Test
  void ofManyWritersAtOnceEachIsAnsweredAndOneVersionIsActive() {
    int node = console.node().id();

    var statuses =
        Race.<Integer>of(
            20,
            caller -> () -> put(node, "pools: [] # " + caller % 7 + "\n").extract().statusCode());

    assertThat(statuses).isSubsetOf(200, 201);
    exactlyOneIsActive(node);
    int made = (int) statuses.stream().filter(status -> status == 201).count();
    assertThat(
            console.number(
                "SELECT count(*) FROM autoscaler.node_configurations WHERE node_id = ?", node))
        .isEqualTo(made);
    assertThat(console.audit("configuration", node)).hasSize(made);
  }

  @Test
  void aChangeDecidedOnAnOldVersionIsRefused() {
    int node = console.node().id();
    String hash = NodeKey.sha256(V1);
    for (String none : List.of("\"" + hash + "\"", "*")) {
      console
          .as("devops")
          .header("If-Match", none)
          .body(Map.of("yaml_config", V1))
          .put("/api/v1/nodes/" + node + "/config")
          .then()
          .statusCode(412);
    }
    version(node, V1);
    console
        .as("devops")
        .header("If-Match", "\"" + hash + "\"")
        .body(Map.of("yaml_config", V2))
        .put("/api/v1/nodes/" + node + "/config")
        .then()
        .statusCode(201);
    console
        .as("devops")
        .header("If-Match", "\"" + hash + "\"")
        .body(Map.of("yaml_config", "pools: []"))
        .put("/api/v1/nodes/" + node + "/config")
        .then()
        .statusCode(412)
        .body("code", equalTo("precondition_failed"));
  }

  @Test
  void limitsAreAppliedOnceAndEditsAfterwardsStay() {
    int node = console.node().id();
    String mine = Console.unique("ocid");
    String others = Console.unique("ocid");
    int pool = console.pool(node, mine);
    int foreign = console.pool(console.node().id(), others);
    String yaml =
        """
        pools:
          - {instance_pool_id: %s, scaling_limits: {min: 2, max: 20}}
          - {instance_pool_id: %s, scaling_limits: {min: 5, max: 6}}
          - {instance_pool_id: not-there, scaling_limits: {min: 5, max: 6}}
        """
            .formatted(mine, others);
    int config = version(node, yaml);

    console
        .get("/pools/" + pool)
        .body("min_instances", equalTo(2))
        .body("max_instances", equalTo(20))
        .body("limits_source", equalTo("config"))
        .body("status", equalTo("warning"))
        .body("version", equalTo(2));
    console.get("/pools/" + foreign).body("max_instances", equalTo(10)).body("version", equalTo(1));
    assertThat(console.audit("pool", pool))
        .singleElement()
        .satisfies(row -> {
          assertThat(row).containsEntry("action", "POOL_LIMITS_CHANGED");
          assertThat(String.valueOf(row.get("details")))
              .contains("\"config_id\":" + config)
              .contains("\"changed\":[\"limits_source\",\"max_instances\",\"min_instances\"]");
        });

    console
        .as("devops")
        .body("{\"min_instances\": 1, \"max_instances\": 3}")
        .put("/api/v1/pools/" + pool + "/limits")
        .then()
        .statusCode(200);
    put(node, yaml).statusCode(200);
    console
        .get("/pools/" + pool)
        .body("max_instances", equalTo(3))
        .body("limits_source", equalTo("api"));
  }

  @Test
  void aBadConfigurationIsRefusedWithAllItsProblems() {
    int node = console.node().id();

    put(
            node,
            """
            pools:
              - {instance_pool_id: a, cpu_threshold: .nan, scaling_limit: 5}
              - {instance_pool_id: a}
            """)
        .statusCode(422)
        .contentType("application/problem+json")
        .body("code", equalTo("yaml_invalid"))
        .body("problems.rule", contains("type", "duplicate_pool"))
        .body("problems.line", contains(2, 3))
        .body("problems[0].path", equalTo("pools[0].cpu_threshold"))
        .body("warnings[0].rule", equalTo("unknown_key"));

    console.get("/nodes/" + node + "/configs").body("items", hasSize(0));
  }

  @Test
  void bombsAreRefused() {
    int node = console.node().id();
    var bomb = new StringBuilder("a0: &a0 [x, x]\n");
    for (int i = 1; i <= 24; i++) {
      bomb.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
    }

    put(node, bomb + "pools: []\n")
        .statusCode(422)
        .body("problems[0].rule", equalTo("too_many_nodes"));
    put(node, "&a [*a]").statusCode(422).body("problems[0].rule", equalTo("self_reference"));
    put(node, "pools: []\u0000").statusCode(422);
    put(
            node,
            "pools: [{instance_pool_id: a, schedules: [{name: s, start_time: 22:00, end_time: 06:00, target_instances: 1}]}]")
        .statusCode(201);
  }

  @Test
  void theLargestTextIsTakenAndOneByteMoreIsNot() {
    int node = console.node().id();
    String head = "pools: [] #";
    String most = head + "\u0080".repeat((256 * 1024 - head.length()) / 2) + "x";
    assertThat(most.getBytes(java.nio.charset.StandardCharsets.UTF_8)).hasSize(256 * 1024);

    put(node, most.replace('\u0080', '\u00e4')).statusCode(201);
    put(node, most.replace('\u0080', '\u00e4') + "y")
        .statusCode(413)
        .body("code", equalTo("config_too_large"));
    console
        .as("devops")
        .body(Map.of("yaml_config", "x".repeat(300_000)))
        .post("/api/v1/nodes/" + node + "/config/validate")
        .then()
        .statusCode(413)
        .body("code", equalTo("config_too_large"));
    put(node, "x".repeat(3_000_000)).statusCode(413).body("code", equalTo("payload_too_large"));
  }

  @Test
  void validatingStoresNothing() {
    int node = console.node().id();
    console
        .as("devops")
        .body(Map.of("yaml_config", "pools: [{instance_pool_id: a, cpu_treshold: 5}]"))
        .post("/api/v1/nodes/" + node + "/config/validate")
        .then()
        .statusCode(200)
        .body("valid", equalTo(true))
        .body("errors", empty())
        .body("warnings[0].path", equalTo("pools[0].cpu_treshold"))
        .body(
            "config_hash",
            equalTo(NodeKey.sha256("pools: [{instance_pool_id: a, cpu_treshold: 5}]")));
    console
        .as("devops")
        .body(Map.of("yaml_config", ""))
        .post("/api/v1/nodes/" + node + "/config/validate")
        .then()
        .statusCode(200)
        .body("valid", equalTo(false))
        .body("errors[0].detail", equalTo("top level must be a map with pools"));
    console
        .as("devops")
        .body(Map.of("yaml_config", ""))
        .post("/api/v1/nodes/2147483648/config/validate")
        .then()
        .statusCode(404);
    console.get("/nodes/" + node + "/configs").body("items", hasSize(0));
  }

  @Test
  void twoVersionsAreCompared() {
    int node = console.node().id();
    int first =
        version(
            node,
            "pools:\n- instance_pool_id: a\n  name: web\n  scaling_limits: {min: 1, max: 10}\n");
    int second =
        version(
            node,
            "pools:\n- instance_pool_id: b\n  name: db\n- instance_pool_id: a\n  name: web\n  scaling_limits: {min: 1, max: 20}\n");

    console
        .get("/nodes/" + node + "/configs/diff?from=" + first + "&to=" + second)
        .statusCode(200)
        .body("from_id", equalTo(first))
        .body("to_id", equalTo(second))
        .body(
            "unified",
            containsString(
                "-  scaling_limits: {min: 1, max: 10}\n+  scaling_limits: {min: 1, max: 20}\n"))
        .body(
            "changes.path",
            contains(
                "pools[web].scaling_limits.max", "pools[db].instance_pool_id", "pools[db].name"))
        .body("changes[0].from", equalTo("10"))
        .body("changes[0].to", equalTo("20"))
        .body("changes[1].from", nullValue());
    console
        .get("/nodes/" + node + "/configs/diff?from=" + first + "&to=" + first)
        .body("unified", equalTo(""))
        .body("changes", empty());
    console.get("/nodes/" + node + "/configs/diff?from=" + first).statusCode(422);
    console.get("/nodes/" + node + "/configs/diff?from=x&to=1").statusCode(422);
    int elsewhere = version(console.node().id(), V1);
    console
        .get("/nodes/" + node + "/configs/diff?from=" + first + "&to=" + elsewhere)
        .statusCode(404)
        .body("code", equalTo("unknown_config"));
    console.get("/nodes/" + node + "/configs/" + elsewhere).statusCode(404);
    rollback(node, elsewhere).statusCode(404).body("code", equalTo("unknown_config"));
    console
        .get("/nodes/2147483648/configs/1")
        .statusCode(404)
        .body("code", equalTo("unknown_node"));
    console.get("/nodes/2147483648/configs").statusCode(404).body("code", equalTo("unknown_node"));
    console.get("/nodes/2147483648/config").statusCode(404).body("code", equalTo("unknown_node"));
    put(Integer.MAX_VALUE, V1).statusCode(404).body("code", equalTo("unknown_node"));
  }

  @Test
  void aNodePushesWhereThatIsAllowed() {
    var node = console.node();
    var body = Map.of("yaml_config", V1);
    console
        .with(node.key())
        .body(body)
        .put("/api/v1/nodes/" + node.id() + "/config/push")
        .then()
        .statusCode(403)
        .body("code", equalTo("push_not_allowed"));
    console
        .as("devops")
        .body("{\"allow_push\": true}")
        .patch("/api/v1/nodes/" + node.id())
        .then()
        .statusCode(200);

    console
        .with(node.key())
        .body(body)
        .put("/api/v1/nodes/" + node.id() + "/config/push")
        .then()
        .statusCode(201)
        .body("created_by", nullValue());
    console
        .with(node.key())
        .body(body)
        .put("/api/v1/nodes/" + node.id() + "/config/push")
        .then()
        .statusCode(200);
    console
        .with(node.key())
        .body(Map.of("yaml_config", "[]"))
        .put("/api/v1/nodes/" + node.id() + "/config/push")
        .then()
        .statusCode(422);
    console
        .with(console.node().key())
        .body(Map.of("yaml_config", "[]"))
        .put("/api/v1/nodes/" + node.id() + "/config/push")
        .then()
        .statusCode(403)
        .body("code", equalTo("node_mismatch"));
    assertThat(console.audit("configuration", node.id()))
        .extracting(row -> row.get("status") + " " + row.get("user_role"))
        .containsExactly("FAILURE NODE", "SUCCESS NODE", "FAILURE NODE", "FAILURE NODE");
  }

  @ParameterizedTest
  @CsvSource({
    "PUT,  /nodes/1/config,             devops",
    "PUT,  /nodes/1/config/push,        nobody",
    "POST, /nodes/1/config/validate,    devops",
    "POST, /nodes/1/configs/1/rollback, devops",
    "GET,  /nodes/1/configs,            user",
    "GET,  /nodes/1/configs/1,          user",
    "GET,  /nodes/1/configs/diff,       user"
  })
  void whoeverMayNotIsRefused(String verb, String path, String least) {
    var may =
        switch (least) {
          case "user" -> List.of("user", "devops", "admin", "service");
          case "devops" -> List.of("devops", "admin");
          default -> List.<String>of();
        };
    given().contentType("application/json").request(verb, "/api/v1" + path).then().statusCode(401);
    for (String role : List.of("user", "devops", "admin", "service")) {
      if (!may.contains(role)) {
        console.as(role).body("{}").request(verb, "/api/v1" + path).then().statusCode(403);
      }
    }
    if (!least.equals("nobody")) {
      console
          .with(console.node().key())
          .body("{}")
          .request(verb, "/api/v1" + path)
          .then()
          .statusCode(403);
    }
  }
}
