package dev.quintet.autoscaler.pool;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.nullValue;

import dev.quintet.autoscaler.testing.Console;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the test resource fills the fields in
class PoolIT {
  Database database;
  Console console;
  int node;

  @BeforeEach
  void console() {
    console = new Console(database);
    node = console.node().id();
  }

  private ValidatableResponse make(String more) {
    return console
        .as("devops")
        .body(
            "{\"node_id\": %d, \"oracle_pool_id\": \"%s\", \"name\": \"web\"%s}"
                .formatted(node, Console.unique("ocid"), more))
        .post("/api/v1/pools")
        .then();
  }

  private int pool() {
    return make("").statusCode(201).extract().path("id");
  }

  private ValidatableResponse limits(int pool, String body) {
    return console.as("devops").body(body).put("/api/v1/pools/" + pool + "/limits").then();
  }

  private ValidatableResponse control(int pool, String mode) {
    return console
        .as("admin")
        .body("{\"mode\": \"" + mode + "\"}")
        .put("/api/v1/pools/" + pool + "/control-mode")
        .then();
  }

  private ValidatableResponse move(int pool, int to) {
    return console
        .as("admin")
        .body("{\"node_id\": " + to + "}")
        .post("/api/v1/pools/" + pool + "/move")
        .then();
  }

  @Test
  void aPoolHasWhatWasNotSaidByDefault() {
    int id =
        make("")
            .statusCode(201)
            .header("ETag", "\"1\"")
            .body("node_id", equalTo(node))
            .body("region", equalTo("eu-frankfurt-1"))
            .body("min_instances", equalTo(1))
            .body("max_instances", equalTo(10))
            .body("current_instances", equalTo(1))
            .body("status", equalTo("healthy"))
            .body("control_mode", equalTo("advisory"))
            .body("limits_source", equalTo("api"))
            .body("target_instances", nullValue())
            .body("last_decision", nullValue())
            .extract()
            .path("id");
    assertThat(console.audit("pool", id))
        .extracting(row -> row.get("action"))
        .containsExactly("POOL_CREATED");
  }

  @Test
  void aPoolShowsItsTargetAndItsLastDecision() {
    int id = pool();
    database.update(
        "INSERT INTO autoscaler.pool_scaling_state (pool_id, target, generation) VALUES (?, 6, 42)",
        id);
    for (String code : List.of("WITHIN_TOLERANCE", "METRIC_ABOVE_TARGET")) {
      database.update(
          """
          INSERT INTO autoscaler.scaling_decisions (pool_id, event, code, current, previous_target, target, dry_run, explanation)
          VALUES (?, 'SCALE_UP', ?, 4, 4, 6, false, '{}')
          """,
          id,
          code);
    }

    console
        .get("/pools/" + id)
        .body("target_instances", equalTo(6))
        .body("generation", equalTo(42))
        .body("last_decision.code", equalTo("METRIC_ABOVE_TARGET"))
        .body("last_decision.target", equalTo(6))
        .body("last_decision.dry_run", equalTo(false));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          , "min_instances": -1                       | limits_invalid | /min_instances
          , "min_instances": 5, "max_instances": 4    | limits_invalid | /min_instances
          , "min_instances": 11                       | limits_invalid | /min_instances
          , "max_instances": 1001                     | limits_invalid | /max_instances
          , "max_instances": 2147483648               | limits_invalid | /max_instances
          , "max_instances": "7"                      | limits_invalid | /max_instances
          , "current_instances": -1                   | count_invalid  | /current_instances
          , "region": "\\u0001"                       | invalid_name   | /region
          , "status": "healthy"                       | unknown_field  | /status
          , "control_mode": "managed"                 | unknown_field  | /control_mode
          """)
  void aBadPoolIsRefused(String more, String code, String pointer) {
    make(more)
        .statusCode(422)
        .body("code", equalTo(code))
        .body("errors[0].pointer", equalTo(pointer));
  }

  @Test
  void aPoolNeedsANodeInService() {
    console
        .as("devops")
        .body("{\"node_id\": 2147483647, \"oracle_pool_id\": \"x\", \"name\": \"web\"}")
        .post("/api/v1/pools")
        .then()
        .statusCode(404)
        .body("code", equalTo("unknown_node"));
    console.as("devops").post("/api/v1/nodes/" + node + "/decommission").then().statusCode(200);
    make("").statusCode(409).body("code", equalTo("decommissioned"));
  }

  @Test
  void ofTwentyWhoMakeItAtOnceOneDoes() {
    String ocid = Console.unique("ocid");
    String body =
        "{\"node_id\": %d, \"oracle_pool_id\": \"%s\", \"name\": \"web\"}".formatted(node, ocid);

    var statuses =
        Race.of(
            20,
            () ->
                console
                    .as("devops")
                    .body(body)
                    .post("/api/v1/pools")
                    .then()
                    .extract()
                    .statusCode());

    assertThat(Collections.frequency(statuses, 201)).isEqualTo(1);
    assertThat(Collections.frequency(statuses, 409)).isEqualTo(19);
    console
        .as("devops")
        .body(body)
        .post("/api/v1/pools")
        .then()
        .statusCode(409)
        .body("code", equalTo("oracle_pool_id_taken"))
        .body("node_id", equalTo(node));
  }

  @Test
  void whatIsOutsideTheLimitsIsReportedNotRefused() {
    int id =
        make(", \"current_instances\": 12")
            .statusCode(201)
            .body("status", equalTo("warning"))
            .extract()
            .path("id");

    limits(id, "{\"min_instances\": 2, \"max_instances\": 20}")
        .statusCode(200)
        .body("status", equalTo("healthy"));
    limits(id, "{\"min_instances\": 2, \"max_instances\": 5}")
        .statusCode(200)
        .body("status", equalTo("warning"))
        .body("current_instances", equalTo(12));
    console
        .as("devops")
        .body("{\"current_instances\": 5}")
        .patch("/api/v1/pools/" + id)
        .then()
        .statusCode(200)
        .body("status", equalTo("healthy"));
    database.update("UPDATE autoscaler.pools SET status = 'error' WHERE id = ?", id);
    limits(id, "{\"min_instances\": 6, \"max_instances\": 7}").body("status", equalTo("error"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"min_instances": 3, "max_instances": 2}     | /min_instances
          {"min_instances": -1, "max_instances": 2}    | /min_instances
          {"min_instances": 1, "max_instances": 1001}  | /max_instances
          {"min_instances": 1}                         | /max_instances
          {"max_instances": 1}                         | /min_instances
          {"min_instances": 1.5, "max_instances": 2}   | /min_instances
          """)
  void badLimitsAreRefused(String body, String pointer) {
    int id = pool();

    limits(id, body)
        .statusCode(422)
        .body("code", equalTo("limits_invalid"))
        .body("errors[0].pointer", equalTo(pointer));

    console.get("/pools/" + id).body("version", equalTo(1));
    assertThat(console.audit("pool", id).getLast()).containsEntry("status", "FAILURE");
  }

  @Test
  void newLimitsAreOnRecordWithTheOldOnes() {
    int id = pool();
    limits(id, "{\"min_instances\": 2, \"max_instances\": 10}").statusCode(200);

    limits(id, "{\"min_instances\": 2, \"max_instances\": 20}")
        .statusCode(200)
        .header("ETag", "\"3\"");
    limits(id, "{\"min_instances\": 2, \"max_instances\": 20}")
        .statusCode(200)
        .header("ETag", "\"3\"");

    var rows = console.audit("pool", id);
    assertThat(rows).hasSize(3);
    assertThat(String.valueOf(rows.getLast().get("before"))).contains("\"max_instances\":10");
    assertThat(String.valueOf(rows.getLast().get("after"))).contains("\"max_instances\":20");
    assertThat(rows.getLast().get("ip_address")).isNotNull();
  }

  @Test
  void limitsSetAtOnceAreAlwaysOnesThatSomebodySet() {
    int id = pool();

    var statuses =
        Race.<Integer>of(
            16,
            caller ->
                () ->
                    limits(
                            id,
                            "{\"min_instances\": %d, \"max_instances\": %d}"
                                .formatted(caller * 10, caller * 10 + 5))
                        .extract()
                        .statusCode());

    assertThat(statuses).containsOnly(200);
    assertThat(
            console.number(
                "SELECT max_instances - min_instances FROM autoscaler.pools WHERE id = ?", id))
        .isEqualTo(5);
    assertThat(console.number("SELECT version FROM autoscaler.pools WHERE id = ?", id))
        .isEqualTo(17);
    assertThat(console.audit("pool", id)).hasSize(17);
  }

  @Test
  void ofTwoWhoDecidedOnTheSameVersionOneIsRefused() {
    int id = pool();

    var statuses =
        Race.<Integer>of(
            8,
            caller ->
                () ->
                    console
                        .as("devops")
                        .header("If-Match", "\"1\"")
                        .body("{\"name\": \"n" + caller + "\"}")
                        .patch("/api/v1/pools/" + id)
                        .then()
                        .extract()
                        .statusCode());

    assertThat(Collections.frequency(statuses, 200)).isEqualTo(1);
    assertThat(Collections.frequency(statuses, 412)).isEqualTo(7);
  }

  @Test
  void aPatchKeepsWhatItDoesNotName() {
    int id = pool();

    console
        .as("devops")
        .body("{\"name\": \" db \"}")
        .patch("/api/v1/pools/" + id)
        .then()
        .statusCode(200)
        .body("name", equalTo("db"))
        .body("region", equalTo("eu-frankfurt-1"))
        .body("version", equalTo(2));
    for (String bad :
        List.of(
            "{\"oracle_pool_id\": \"x\"}",
            "{\"node_id\": 5}",
            "{\"max_instances\": 5}",
            "{\"name\": \"\"}",
            "{\"current_instances\": -1}")) {
      console.as("devops").body(bad).patch("/api/v1/pools/" + id).then().statusCode(422);
    }
  }

  @Test
  void aManagedPoolNeedsSomethingToManageItBy() {
    int id = pool();
    control(id, "managed").statusCode(409).body("code", equalTo("nothing_to_manage"));
    control(id, "off").statusCode(200).body("control_mode", equalTo("off"));
    database.update(
        "INSERT INTO autoscaler.scaling_policies (pool_id, name, type, spec, enabled) VALUES (?, 'p', 'threshold', '{}', false)",
        id);
    database.update(
        """
        INSERT INTO autoscaler.schedules (node_id, name, start_time, end_time, target_instances, is_active, valid_until)
        VALUES (?, 'asleep', '09:00', '17:00', 2, false, NULL), (?, 'over', '09:00', '17:00', 2, true, '2020-01-01')
        """,
        node,
        node);
    control(id, "managed").statusCode(409);

    database.update("UPDATE autoscaler.scaling_policies SET enabled = true WHERE pool_id = ?", id);
    control(id, "managed").statusCode(200).body("control_mode", equalTo("managed"));
    control(id, "managed").statusCode(200);
    int other = pool();
    database.update(
        "UPDATE autoscaler.schedules SET is_active = true WHERE name = 'asleep' AND node_id = ?",
        node);
    control(other, "managed").statusCode(200);

    for (String bad : List.of("auto", "")) {
      control(id, bad).statusCode(422);
    }
    assertThat(
            console.audit("pool", id).stream().filter(row -> "SUCCESS".equals(row.get("status"))))
        .extracting(row -> row.get("action"))
        .containsExactly("POOL_CREATED", "POOL_CONTROL_MODE_CHANGED", "POOL_CONTROL_MODE_CHANGED");
  }

  @Test
  void aPoolMovesWithItsSchedules() {
    int id = pool();
    database.update(
        """
        INSERT INTO autoscaler.schedules (node_id, pool_id, name, start_time, end_time, target_instances)
        VALUES (?, ?, 'own', '09:00', '17:00', 2), (?, NULL, 'all', '09:00', '17:00', 2)
        """,
        node,
        id,
        node);
    int to = console.node().id();

    move(id, to).statusCode(200).body("node_id", equalTo(to)).body("version", equalTo(2));
    move(id, to).statusCode(200).body("version", equalTo(2));

    assertThat(console.number("SELECT node_id FROM autoscaler.schedules WHERE pool_id = ?", id))
        .isEqualTo(to);
    assertThat(console.number("SELECT count(*) FROM autoscaler.schedules WHERE node_id = ?", node))
        .isEqualTo(1);
    assertThat(console.audit("pool", id))
        .extracting(row -> row.get("action"))
        .containsExactly("POOL_CREATED", "POOL_MOVED");
    move(id, Integer.MAX_VALUE).statusCode(404).body("code", equalTo("unknown_node"));
    console.as("devops").post("/api/v1/nodes/" + node + "/decommission").then().statusCode(200);
    move(id, node).statusCode(409).body("code", equalTo("decommissioned"));
    console.as("admin").body("{}").post("/api/v1/pools/" + id + "/move").then().statusCode(422);
  }

  @Test
  void aPoolGoesWithItsMetricsAndTheNodesOwnStay() {
    int id = pool();
    database.update(
        """
        INSERT INTO autoscaler.metrics (node_id, pool_id, metric_type, value, unit)
        VALUES (?, ?, 'cpu', 1, 'percent'), (?, NULL, 'load', 1, 'count')
        """,
        node,
        id,
        node);
    database.update(
        """
        INSERT INTO autoscaler.pool_analytics (pool_id, node_id, oracle_pool_id, current_instances, active_instances,
                                               avg_cpu_utilization, avg_memory_utilization) VALUES (?, ?, 'o', 1, 1, 1, 1)
        """,
        id,
        node);
    database.update(
        """
        INSERT INTO autoscaler.metrics_rollup (node_id, pool_id, metric_type, unit, bucket_seconds, bucket, n, sum, min, max, last, last_at)
        VALUES (?, ?, 'cpu', 'percent', 60, now(), 1, 1, 1, 1, 1, now()), (?, 0, 'load', 'count', 60, now(), 1, 1, 1, 1, 1, now())
        """,
        node,
        id,
        node);
    console
        .as("devops")
        .header("If-Match", "\"9\"")
        .delete("/api/v1/pools/" + id)
        .then()
        .statusCode(412);

    console.as("devops").delete("/api/v1/pools/" + id).then().statusCode(204);
    console
        .as("devops")
        .delete("/api/v1/pools/" + id)
        .then()
        .statusCode(404)
        .body("code", equalTo("unknown_pool"));

    for (String table : List.of("metrics", "pool_analytics", "metrics_rollup")) {
      assertThat(
              console.number("SELECT count(*) FROM autoscaler." + table + " WHERE pool_id = ?", id))
          .as(table)
          .isZero();
    }
    assertThat(console.number("SELECT count(*) FROM autoscaler.metrics WHERE node_id = ?", node))
        .isEqualTo(1);
    assertThat(
            console.number(
                "SELECT count(*) FROM autoscaler.metrics_rollup WHERE node_id = ?", node))
        .isEqualTo(1);
    assertThat(console.audit("pool", id))
        .filteredOn(
            row -> "POOL_DELETED".equals(row.get("action")) && "SUCCESS".equals(row.get("status")))
        .singleElement()
        .satisfies(row ->
            assertThat(String.valueOf(row.get("details")))
                .contains("\"rows\":{\"metrics\":1,\"pool_analytics\":1"));
  }

  @Test
  void poolsAreFoundByNodeRegionStatusAndName() {
    int first = pool();
    int second =
        make(", \"region\": \"us-ashburn-1\", \"current_instances\": 99").extract().path("id");

    console.get("/pools?node_id=" + node).body("items.id", contains(first, second));
    console
        .get("/pools?node_id=" + node + "&region=us-ashburn-1")
        .body("items.id", contains(second));
    console.get("/pools?node_id=" + node + "&status=healthy").body("items.id", contains(first));
    console.get("/pools?node_id=" + node + "&q=WE").body("items", hasSize(2));
    console.get("/pools?node_id=" + node + "&q=nobody").body("items", hasSize(0));
    assertThat(console.<Integer>pages("user", "/pools?node_id=" + node, 1, "id"))
        .containsExactly(first, second);
    for (String bad :
        List.of("node_id=x", "node_id=2147483648", "status=HEALTHY", "limit=201", "cursor=YQ")) {
      console.get("/pools?" + bad).statusCode(422);
    }
    for (String id : List.of("2147483648", "99999999999999999999", "x", "0")) {
      console.get("/pools/" + id).statusCode(404).body("code", equalTo("unknown_pool"));
      limits(0, "{\"min_instances\": 1, \"max_instances\": 2}").statusCode(404);
    }
  }

  @Test
  void aRepeatedCreationIsTheSamePool() {
    String key = Console.unique("pool");
    String body =
        "{\"node_id\": %d, \"oracle_pool_id\": \"%s\", \"name\": \"web\"}"
            .formatted(node, Console.unique("ocid"));
    var ids =
        Race.of(
            6,
            () ->
                console
                    .as("devops")
                    .header("Idempotency-Key", key)
                    .body(body)
                    .post("/api/v1/pools")
                    .then()
                    .statusCode(201)
                    .extract()
                    .<Integer>path("id"));

    assertThat(ids.stream().distinct()).hasSize(1);
    assertThat(console.audit("pool", ids.getFirst())).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({
    "GET,    /pools,                user",
    "GET,    /pools/1,              user",
    "POST,   /pools,                devops",
    "PATCH,  /pools/1,              devops",
    "PUT,    /pools/1/limits,       devops",
    "DELETE, /pools/1,              devops",
    "PUT,    /pools/1/control-mode, admin",
    "POST,   /pools/1/move,         admin"
  })
  void whoeverMayNotIsRefused(String verb, String path, String least) {
    var may =
        switch (least) {
          case "user" -> List.of("user", "devops", "admin", "service");
          case "devops" -> List.of("devops", "admin");
          default -> List.of("admin");
        };
    given().contentType("application/json").request(verb, "/api/v1" + path).then().statusCode(401);
    for (String role : List.of("user", "devops", "admin", "service")) {
      if (!may.contains(role)) {
        console.as(role).body("{}").request(verb, "/api/v1" + path).then().statusCode(403);
      }
    }
    console
        .with(console.node().key())
        .body("{}")
        .request(verb, "/api/v1" + path)
        .then()
        .statusCode(403);
  }
}
