package dev.quintet.autoscaler.node;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;

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
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the test resource fills the fields in
class NodeIT {
  Database database;
  Console console;

  @BeforeEach
  void console() {
    console = new Console(database);
  }

  private ValidatableResponse make(String body) {
    return console.as("devops").body(body).post("/api/v1/nodes").then();
  }

  private ValidatableResponse change(int id, String body) {
    return console.as("devops").body(body).patch("/api/v1/nodes/" + id).then();
  }

  private ValidatableResponse delete(int id, String confirm) {
    return console.as("admin").queryParam("confirm", confirm).delete("/api/v1/nodes/" + id).then();
  }

  private List<String> lifecycle(int id) {
    return database
        .rows(
            """
            SELECT concat_ws(' ', event_type, coalesce(previous_status, '-'), new_status, triggered_by) AS line
              FROM autoscaler.node_lifecycle_logs WHERE node_id = ? ORDER BY id
            """,
            id)
        .stream()
        .map(row -> String.valueOf(row.get("line")))
        .toList();
  }

  @Test
  void aNodeIsMadeWithItsKey() {
    int id =
        make("""
        {"name": "  fra 1 ", "region": "eu-frankfurt-1", "ip_address": "10.0.0.7", "description": "two\\nlines"}
        """)
            .statusCode(201)
            .header("Location", matchesPattern(".*/api/v1/nodes/[0-9]+"))
            .body("node.name", equalTo("fra 1"))
            .body("node.status", equalTo("INACTIVE"))
            .body("node.has_api_key", equalTo(true))
            .body("node.health", equalTo("offline"))
            .body("node.config_in_sync", equalTo(true))
            .body("api_key", matchesPattern("ask_[A-Za-z0-9_-]{43}"))
            .body("key_already_shown", equalTo(false))
            .extract()
            .path("node.id");

    console
        .get("/nodes/" + id)
        .statusCode(200)
        .body("ip_address", equalTo("10.0.0.7"))
        .body("description", equalTo("two\nlines"))
        .body("heartbeat_interval_seconds", equalTo(60))
        .body("last_heartbeat", nullValue())
        .body("created_at", matchesPattern(".*Z"))
        .body("$", not(hasKey("api_key_hash")))
        .body("$", not(hasKey("api_key")));
    assertThat(lifecycle(id)).containsExactly("REGISTERED - INACTIVE manual");
    assertThat(console.audit("node", id))
        .singleElement()
        .satisfies(row -> {
          assertThat(row)
              .containsEntry("action", "NODE_CREATED")
              .containsEntry("category", "NODE")
              .containsEntry("status", "SUCCESS")
              .containsEntry("resource_name", "fra 1")
              .containsEntry("user_role", "DEVOPS")
              .containsEntry("before", null);
          assertThat(row.get("ip_address")).isNotNull();
          assertThat(row.get("user_agent")).isNotNull();
        });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"region": "r"}                                        | required     | /name
          {"name": "", "region": "r"}                            | invalid_name | /name
          {"name": "   ", "region": "r"}                         | invalid_name | /name
          {"name": "a\\nb", "region": "r"}                       | invalid_name | /name
          {"name": "a\\u0085b", "region": "r"}                   | invalid_name | /name
          {"name": "n", "region": ""}                            | invalid_name | /region
          {"name": 5, "region": "r"}                             | invalid_name | /name
          {"name": "n", "region": "r", "ip_address": "localhost"}| invalid_ip | /ip_address
          {"name": "n", "region": "r", "ip_address": "256.1.1.1"}| invalid_ip | /ip_address
          {"name": "n", "region": "r", "ip_address": "1.2.3"}    | invalid_ip | /ip_address
          {"name": "n", "region": "r", "ip_address": "fe80::1%eth0"} | invalid_ip | /ip_address
          {"name": "n", "region": "r", "ip_address": "::1::2"}   | invalid_ip | /ip_address
          {"name": "n", "region": "r", "ip_address": ""}         | invalid_ip | /ip_address
          {"name": "n", "region": "r", "description": "\\u0007"} | invalid_value | /description
          {"name": "n", "region": "r", "status": "ACTIVE"}       | unknown_field | /status
          {"name": "n", "region": "r", "allow_push": true}       | unknown_field | /allow_push
          """)
  void aBadNodeIsRefused(String body, String code, String pointer) {
    make(body)
        .statusCode(422)
        .contentType("application/problem+json")
        .body("code", equalTo(code))
        .body("errors[0].pointer", equalTo(pointer));
  }

  @Test
  void allThatIsWrongIsToldAtOnce() {
    make("{\"name\": \"" + "n".repeat(256) + "\", \"ip_address\": \"x\"}")
        .statusCode(422)
        .body("code", equalTo("validation_failed"))
        .body("errors.pointer", contains("/name", "/region", "/ip_address"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "2001:db8::8a2e:370:7334",
        "::ffff:10.0.0.1"
      })
  void addressesOfBothKindsAreTaken(String ip) {
    make("{\"name\": \"n\", \"region\": \"r\", \"ip_address\": \"" + ip + "\"}").statusCode(201);
  }

  @ParameterizedTest
  @ValueSource(strings = {"2147483648", "99999999999999999999", "0", "-1", "x", "1.0"})
  void anIdThatNoRowCanHaveIsNotThere(String id) {
    for (String path : List.of("", "/heartbeats", "/analytics")) {
      console.get("/nodes/" + id + path).statusCode(404).body("code", equalTo("unknown_node"));
    }
    console
        .as("devops")
        .body("{}")
        .post("/api/v1/nodes/" + id + "/api-key/rotate")
        .then()
        .statusCode(404)
        .body("code", equalTo("unknown_node"));
  }

  @Test
  void whatAPatchNamesChangesAndTheRestStays() {
    int id = console.node().id();
    change(id, "{\"ip_address\": \"10.0.0.7\", \"description\": \"d\", \"allow_push\": true}")
        .statusCode(200);

    change(id, "{\"name\": \"other\", \"description\": null, \"heartbeat_interval_seconds\": 5}")
        .statusCode(200)
        .body("name", equalTo("other"))
        .body("description", nullValue())
        .body("ip_address", equalTo("10.0.0.7"))
        .body("allow_push", equalTo(true))
        .body("heartbeat_interval_seconds", equalTo(5));

    var rows = console.audit("node", id);
    assertThat(rows)
        .extracting(row -> row.get("action"))
        .containsExactly("NODE_CREATED", "NODE_UPDATED", "NODE_UPDATED");
    assertThat(String.valueOf(rows.getLast().get("before"))).contains("\"description\":\"d\"");
    assertThat(String.valueOf(rows.getLast().get("details")))
        .contains("\"changed\":[\"description\",\"heartbeat_interval_seconds\",\"name\"]");
  }

  @Test
  void aPatchThatChangesNothingLeavesNoTrace() {
    var node = console.node();

    change(node.id(), "{\"name\": \"" + node.name() + "\", \"status\": \"INACTIVE\"}")
        .statusCode(200);

    assertThat(console.audit("node", node.id())).hasSize(1);
    assertThat(lifecycle(node.id())).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"status": "OFFLINE"}               | invalid_status
          {"status": "ERROR"}                 | invalid_status
          {"status": "asleep"}                | invalid_status
          {"name": " "}                       | invalid_name
          {"ip_address": "nobody.example"}    | invalid_ip
          {"ip_address": 7}                   | invalid_ip
          {"heartbeat_interval_seconds": 0}   | invalid_value
          {"heartbeat_interval_seconds": 3601}| invalid_value
          {"id": 5}                           | unknown_field
          {"api_key_hash": "x"}               | unknown_field
          """)
  void aBadChangeIsRefused(String body, String code) {
    int id = console.node().id();

    change(id, body).statusCode(422).body("code", equalTo(code));
  }

  @Test
  void aStatusSetByHandIsLogged() {
    int id = console.node().id();

    change(id, "{\"status\": \"ACTIVE\"}").statusCode(200).body("status", equalTo("ACTIVE"));
    database.update("UPDATE autoscaler.nodes SET status = 'OFFLINE' WHERE id = ?", id);
    change(id, "{\"status\": \"INACTIVE\"}").statusCode(200);

    assertThat(lifecycle(id))
        .containsExactly(
            "REGISTERED - INACTIVE manual",
            "STATUS_CHANGED INACTIVE ACTIVE manual",
            "CAME_ONLINE OFFLINE INACTIVE manual");
  }

  @Test
  void aChangeDecidedOnAnOldStateIsRefused() {
    int id = console.node().id();
    String tag = console.get("/nodes/" + id).extract().header("ETag");
    database.update(
        "UPDATE autoscaler.nodes SET last_heartbeat = now(), status = 'ACTIVE' WHERE id = ?", id);

    String next =
        console
            .as("devops")
            .header("If-Match", tag)
            .body("{\"name\": \"first\"}")
            .patch("/api/v1/nodes/" + id)
            .then()
            .statusCode(200)
            .extract()
            .header("ETag");
    console
        .as("devops")
        .header("If-Match", tag)
        .body("{\"name\": \"second\"}")
        .patch("/api/v1/nodes/" + id)
        .then()
        .statusCode(412)
        .body("code", equalTo("precondition_failed"))
        .body("current_etag", equalTo(next));
    console.get("/nodes/" + id).header("ETag", next).body("name", equalTo("first"));
  }

  @Test
  void aDecommissionedNodeKeepsItsHistoryOnly() {
    var node = console.node();

    for (int i = 0; i < 2; i++) {
      console
          .as("devops")
          .post("/api/v1/nodes/" + node.id() + "/decommission")
          .then()
          .statusCode(200)
          .body("status", equalTo("OFFLINE"))
          .body("has_api_key", equalTo(false))
          .body("decommissioned_at", matchesPattern(".*Z"));
    }

    assertThat(lifecycle(node.id()))
        .containsExactly("REGISTERED - INACTIVE manual", "DECOMMISSIONED INACTIVE OFFLINE manual");
    change(node.id(), "{\"status\": \"ACTIVE\"}")
        .statusCode(409)
        .body("code", equalTo("decommissioned"));
    change(node.id(), "{\"description\": \"why\"}").statusCode(200);
    console
        .as("devops")
        .body("{}")
        .post("/api/v1/nodes/" + node.id() + "/api-key/rotate")
        .then()
        .statusCode(409)
        .body("code", equalTo("decommissioned"));
    console.get("/nodes?status=OFFLINE&limit=200").body("items.id", hasItem(node.id()));
  }

  @Test
  void aNodeIsDeletedWithAllThatIsBelowItAndTheAuditTrailStays() {
    var node = console.node();
    List<Integer> pools =
        List.of(1, 2, 3).stream()
            .map(i -> console.pool(node.id(), Console.unique("ocid")))
            .toList();
    for (int pool : pools) {
      database.update(
          "INSERT INTO autoscaler.metrics (node_id, pool_id, metric_type, value, unit) VALUES (?, ?, 'cpu', 1, 'percent')",
          node.id(),
          pool);
      database.update(
          """
          INSERT INTO autoscaler.pool_analytics (pool_id, node_id, oracle_pool_id, current_instances, active_instances,
                                                 avg_cpu_utilization, avg_memory_utilization)
          VALUES (?, ?, 'o', 1, 1, 1, 1)
          """,
          pool,
          node.id());
    }
    database.update(
        "INSERT INTO autoscaler.schedules (node_id, name, start_time, end_time, target_instances) VALUES (?, 's', '09:00', '17:00', 2)",
        node.id());
    database.update(
        "INSERT INTO autoscaler.node_configurations (node_id, yaml_config, config_hash) VALUES (?, 'a', encode(sha256('a'), 'hex'))",
        node.id());
    database.update(
        "INSERT INTO autoscaler.node_heartbeats (node_id, status) VALUES (?, 'active')", node.id());

    delete(node.id(), "not " + node.name())
        .statusCode(412)
        .body("code", equalTo("confirm_mismatch"));
    console
        .as("admin")
        .delete("/api/v1/nodes/" + node.id())
        .then()
        .statusCode(412)
        .body("code", equalTo("confirm_mismatch"));
    delete(node.id(), node.name()).statusCode(204);
    delete(node.id(), node.name()).statusCode(404).body("code", equalTo("unknown_node"));

    for (var table :
        database.rows(
            """
            SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'node_id'
             WHERE c.relnamespace = 'autoscaler'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'events'
            """)) {
      assertThat(
              console.number(
                  "SELECT count(*) FROM autoscaler." + table.get("relname") + " WHERE node_id = ?",
                  node.id()))
          .as(String.valueOf(table.get("relname")))
          .isZero();
    }
    var rows = console.audit("node", node.id());
    assertThat(rows)
        .extracting(row -> row.get("action") + " " + row.get("status"))
        .containsExactly(
            "NODE_CREATED SUCCESS",
            "NODE_DELETED FAILURE",
            "NODE_DELETED FAILURE",
            "NODE_DELETED SUCCESS",
            "NODE_DELETED FAILURE");
    assertThat(String.valueOf(rows.get(3).get("details")))
        .contains(
            "\"rows\":{\"pools\":3,\"metrics\":3,\"schedules\":1,\"node_configurations\":1,\"node_heartbeats\":1")
        .contains("\"name\":\"" + node.name() + "\"");
  }

  @Test
  void nodesAreFoundByStatusRegionAndName() {
    String region = Console.unique("region");
    var ids =
        List.of("Alpha", "Beta", "alphabet").stream()
            .map(name ->
                make("{\"name\": \"" + name + "\", \"region\": \"" + region + "\"}")
                    .extract()
                    .<Integer>path("node.id"))
            .toList();
    change(ids.getFirst(), "{\"status\": \"ACTIVE\"}").statusCode(200);

    console.get("/nodes?region=" + region).body("items.id", equalTo(ids));
    console
        .get("/nodes?region=" + region + "&q=ALPHA")
        .body("items.id", contains(ids.get(0), ids.get(2)));
    console
        .get("/nodes?region=" + region + "&status=ACTIVE")
        .body("items.id", contains(ids.get(0)));
    console.get("/nodes?region=" + region + "&q=%25").body("items", hasSize(0));
    console.get("/nodes?status=asleep").statusCode(422).body("code", equalTo("invalid_parameter"));
    console.get("/nodes?cursor=LTE").statusCode(422).body("code", equalTo("invalid_cursor"));
    assertThat(console.<Integer>pages("user", "/nodes?region=" + region, 2, "id"))
        .containsExactlyElementsOf(ids);
  }

  @Test
  void nodesMadeMeanwhileNeitherHideNorRepeatOthers() {
    String region = Console.unique("busy");
    var first =
        List.of(1, 2, 3, 4, 5, 6, 7).stream()
            .map(i ->
                make("{\"name\": \"n\", \"region\": \"" + region + "\"}")
                    .extract()
                    .<Integer>path("node.id"))
            .toList();

    var seen =
        Race.<List<Integer>>of(
                4,
                caller ->
                    () -> {
                      if (caller == 0) {
                        return console.pages("user", "/nodes?region=" + region, 2, "id");
                      }
                      for (int i = 0; i < 5; i++) {
                        make("{\"name\": \"n\", \"region\": \"" + region + "\"}").statusCode(201);
                      }
                      return List.of();
                    })
            .getFirst();

    assertThat(seen).doesNotHaveDuplicates().containsAll(first);
  }

  @Test
  void healthAndDriftComeFromTheLastHeartbeat() {
    int id = console.node().id();
    database.update(
        "UPDATE autoscaler.nodes SET status = 'ACTIVE', last_heartbeat = now() WHERE id = ?", id);
    console
        .get("/nodes/" + id)
        .body("health", equalTo("fresh"))
        .body("config_in_sync", equalTo(true));

    database.update(
        "INSERT INTO autoscaler.node_configurations (node_id, yaml_config, config_hash) VALUES (?, 'a', encode(sha256('a'), 'hex'))",
        id);
    console.get("/nodes/" + id).body("config_in_sync", equalTo(false));

    database.update(
        """
        INSERT INTO autoscaler.node_heartbeats (node_id, status, config_hash, "timestamp")
        VALUES (?, 'active', encode(sha256('a'), 'hex'), now()), (?, 'active', 'other', now() - interval '1 min')
        """,
        id,
        id);
    database.update(
        "UPDATE autoscaler.nodes SET last_heartbeat = now() - interval '3 min' WHERE id = ?", id);
    console
        .get("/nodes/" + id)
        .body("health", equalTo("stale"))
        .body("config_in_sync", equalTo(true));

    database.update("UPDATE autoscaler.nodes SET status = 'OFFLINE' WHERE id = ?", id);
    console.get("/nodes/" + id).body("health", equalTo("offline"));
  }

  @Test
  void whatANodeSentIsListedNewestFirst() {
    int id = console.node().id();
    int pool = console.pool(id, Console.unique("ocid"));
    for (int i = 0; i < 5; i++) {
      // Two at the same instant, so that the id must decide.
      database.update(
          """
          INSERT INTO autoscaler.node_heartbeats (node_id, status, metrics_data, error_message, "timestamp")
          VALUES (?, 'active', ?, ?, '2026-05-04T10:00:00Z'::timestamptz + make_interval(mins => ?))
          """,
          id,
          i == 0 ? "no json" : "{\"queue\": " + i + "}",
          "e" + i,
          i / 2);
      database.update(
          """
          INSERT INTO autoscaler.pool_analytics (pool_id, node_id, oracle_pool_id, "timestamp", current_instances, active_instances,
                                                 avg_cpu_utilization, avg_memory_utilization, scaling_reason)
          VALUES (?, ?, 'o', '2026-05-04T10:00:00Z'::timestamptz + make_interval(mins => ?), 4, 3, 90, 41.5, ?)
          """,
          pool,
          id,
          i / 2,
          "r" + i);
    }

    assertThat(console.<String>pages("user", "/nodes/" + id + "/heartbeats", 2, "error_message"))
        .containsExactly("e4", "e3", "e2", "e1", "e0");
    console
        .get("/nodes/" + id + "/heartbeats")
        .body("items[0].metrics_data.queue", equalTo(4))
        .body("items[4].metrics_data", equalTo("no json"))
        .body("items[0].timestamp", equalTo("2026-05-04T10:02:00Z"));
    assertThat(console.<String>pages("user", "/nodes/" + id + "/analytics", 2, "scaling_reason"))
        .containsExactly("r4", "r3", "r2", "r1", "r0");
    console
        .get("/nodes/" + id + "/analytics?from=2026-05-04T10:01:00Z")
        .body("items", hasSize(3))
        .body("items[0].avg_memory_utilization", equalTo(41.5f))
        .body("items[0].active_instances", equalTo(3));
    int quiet = console.node().id();
    console.get("/nodes/" + quiet + "/heartbeats").statusCode(200).body("items", hasSize(0));
    console.get("/nodes/" + quiet + "/analytics").statusCode(200).body("items", hasSize(0));
    for (String bad : List.of("cursor=YQ", "cursor=YR9i", "limit=0")) {
      console.get("/nodes/" + id + "/heartbeats?" + bad).statusCode(422);
    }
  }

  @Test
  void theLifecycleIsListedNewestFirst() {
    int id = console.node().id();
    change(id, "{\"status\": \"ACTIVE\"}").statusCode(200);
    console.as("devops").delete("/api/v1/nodes/" + id + "/api-key").then().statusCode(204);

    var all =
        console.as("devops").get("/api/v1/nodes/" + id + "/lifecycle-logs").then().statusCode(200);
    all.body("items.event_type", contains("KEY_REVOKED", "STATUS_CHANGED", "REGISTERED"))
        .body("items[0].extra_data.keys", equalTo(1))
        .body("items[1].previous_status", equalTo("INACTIVE"))
        .body("items[1].new_status", equalTo("ACTIVE"))
        .body("items[1].triggered_by", equalTo("manual"));
    assertThat(console.<String>pages("devops", "/nodes/" + id + "/lifecycle-logs", 1, "event_type"))
        .containsExactly("KEY_REVOKED", "STATUS_CHANGED", "REGISTERED");
    console
        .as("devops")
        .get(
            "/api/v1/nodes/"
                + id
                + "/lifecycle-logs?event_type=STATUS_CHANGED&from=2026-01-01T00:00:00Z")
        .then()
        .body("items", hasSize(1));
    console
        .as("devops")
        .get("/api/v1/nodes/" + id + "/lifecycle-logs?to=2020-01-01T00:00:00Z")
        .then()
        .body("items", hasSize(0));
    console
        .as("devops")
        .get("/api/v1/lifecycle-logs?limit=200")
        .then()
        .statusCode(200)
        .body("items.node_id", hasItem(id));
    for (String bad :
        List.of("event_type=BORED", "from=yesterday", "to=%2B1000000000-01-01T00:00:00Z")) {
      console
          .as("devops")
          .urlEncodingEnabled(false)
          .get("/api/v1/lifecycle-logs?" + bad)
          .then()
          .statusCode(422)
          .body("code", equalTo("invalid_parameter"));
    }
  }

  @Test
  void nobodyChangesOrDeletesTheLog() {
    int id = console.node().id();
    for (String statement :
        List.of(
            "UPDATE autoscaler.node_lifecycle_logs SET reason = 'x' WHERE node_id = " + id,
            "DELETE FROM autoscaler.node_lifecycle_logs WHERE node_id = " + id,
            "UPDATE autoscaler.audit_logs SET description = 'x'",
            "DELETE FROM autoscaler.audit_logs")) {
      assertThat(
              org.junit.jupiter.api.Assertions.assertThrows(
                      java.sql.SQLException.class,
                      () -> {
                        try (var service =
                                database.connect("autoscaler_service", "autoscaler-dev");
                            var sql = service.createStatement()) {
                          sql.execute(statement);
                        }
                      })
                  .getSQLState())
          .isEqualTo("42501");
    }
  }

  /** What each role below the lowest that may gets; what may is in the tests above. */
  @ParameterizedTest
  @CsvSource({
    "GET,    /nodes,                    , user service",
    "GET,    /nodes/1,                  , user service",
    "GET,    /nodes/1/heartbeats,       , user service",
    "GET,    /nodes/1/analytics,        , user service",
    "POST,   /nodes,                    , devops",
    "PATCH,  /nodes/1,                  , devops",
    "POST,   /nodes/1/decommission,     , devops",
    "POST,   /nodes/1/api-key/rotate,   , devops",
    "DELETE, /nodes/1/api-key,          , devops",
    "GET,    /nodes/1/lifecycle-logs,   , devops",
    "GET,    /lifecycle-logs,           , devops",
    "GET,    /enrollment-tokens,        , devops",
    "GET,    /enrollment-tokens/1,      , devops",
    "POST,   /enrollment-tokens,        , devops",
    "DELETE, /enrollment-tokens/1,      , devops",
    "DELETE, /nodes/1,                  , admin"
  })
  void whoeverMayNotIsRefused(String verb, String path, String none, String least) {
    var may =
        switch (least) {
          case "user service" -> List.of("user", "devops", "admin", "service");
          case "devops" -> List.of("devops", "admin");
          default -> List.of("admin");
        };
    given()
        .contentType("application/json")
        .request(verb, "/api/v1" + path)
        .then()
        .statusCode(401)
        .body("code", equalTo("unauthenticated"));
    for (String role : List.of("user", "devops", "admin", "service")) {
      if (!may.contains(role)) {
        console
            .as(role)
            .body("{}")
            .request(verb, "/api/v1" + path)
            .then()
            .statusCode(403)
            .body("code", equalTo("forbidden"));
      }
    }
    console
        .with(console.node().key())
        .body("{}")
        .request(verb, "/api/v1" + path)
        .then()
        .statusCode(403)
        .body("code", equalTo("forbidden"));
  }

  @Test
  void aRefusedChangeIsOnRecordToo() {
    int id = console.node().id();

    console
        .as("user")
        .body(Map.of("name", "x"))
        .patch("/api/v1/nodes/" + id)
        .then()
        .statusCode(403);

    assertThat(console.audit("node", id).getLast())
        .containsEntry("action", "NODE_UPDATED")
        .containsEntry("status", "FAILURE")
        .containsEntry("error_message", "forbidden")
        .containsEntry("user_role", "USER");
  }
}
