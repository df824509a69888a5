package dev.quintet.autoscaler.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import dev.quintet.autoscaler.access.NodeKey;
import dev.quintet.autoscaler.testing.Console;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scenarios A1 and A2, and what must hold of keys whatever is done at once. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the test resource fills the fields in
class NodeKeyIT {
  Database database;
  Console console;

  @BeforeEach
  void console() {
    console = new Console(database);
  }

  private ValidatableResponse rotate(int node, String body) {
    return console.as("devops").body(body).post("/api/v1/nodes/" + node + "/api-key/rotate").then();
  }

  private String rotated(int node, String body) {
    return rotate(node, body).statusCode(201).extract().path("api_key");
  }

  private ValidatableResponse revoke(int node) {
    return console.as("devops").delete("/api/v1/nodes/" + node + "/api-key").then();
  }

  private String state(String key, int node) {
    return console.state(NodeKey.sha256(key), node);
  }

  /** I7: what nodes.api_key_hash must be. */
  private void theHashIsTheNewestKeys(int node) {
    assertThat(database.value("SELECT api_key_hash FROM autoscaler.nodes WHERE id = ?", node))
        .isEqualTo(
            database.value(
                """
                SELECT (SELECT key_hash FROM autoscaler.node_api_keys
                         WHERE node_id = ? AND revoked_at IS NULL ORDER BY id DESC LIMIT 1)
                """,
                node));
  }

  @Test
  void onlyTheHashIsKept() {
    var node = console.node();

    assertThat(database.value("SELECT api_key_hash FROM autoscaler.nodes WHERE id = ?", node.id()))
        .isEqualTo(database.value("SELECT encode(sha256(?::bytea), 'hex')", node.key()));
    assertThat(state(node.key(), node.id())).isEqualTo("ok");
    char last = node.key().charAt(node.key().length() - 1);
    String other = node.key().substring(0, node.key().length() - 1) + (last == 'A' ? 'B' : 'A');
    assertThat(state(other, node.id())).isEqualTo("key_unknown");
  }

  @Test
  void aKeyIsGoodForItsNodeOnly() {
    var node = console.node();
    int other = console.node().id();

    assertThat(state(node.key(), other)).isEqualTo("node_mismatch");
    assertThat(state(node.key(), Integer.MAX_VALUE)).isEqualTo("node_mismatch");
  }

  @Test
  void duringItsGraceAnOldKeyWorksAndThenNoMore() {
    var node = console.node();
    String second =
        rotate(node.id(), "{\"grace_seconds\": 2}")
            .statusCode(201)
            .body("node_id", equalTo(node.id()))
            .body("key_prefix", matchesPattern("ask_.{4}"))
            .body("older_keys_expire_at", notNullValue())
            .body("key_already_shown", equalTo(false))
            .extract()
            .path("api_key");

    assertThat(state(node.key(), node.id())).isEqualTo("ok");
    assertThat(state(second, node.id())).isEqualTo("ok");
    Eventually.holds(
        Duration.ofSeconds(10),
        () -> assertThat(state(node.key(), node.id())).isEqualTo("key_expired"));
    assertThat(state(second, node.id())).isEqualTo("ok");
    theHashIsTheNewestKeys(node.id());
  }

  @Test
  void withoutGraceAnOldKeyEndsAtOnceAndARotationNeverProlongsOne() {
    var node = console.node();
    String second = rotated(node.id(), "{\"grace_seconds\": 0}");
    assertThat(state(node.key(), node.id())).isEqualTo("key_expired");

    String third = rotated(node.id(), "{\"grace_seconds\": 60}");
    rotate(node.id(), "{}").statusCode(201);

    assertThat(state(node.key(), node.id())).isEqualTo("key_expired");
    assertThat(
            database.value(
                "SELECT expires_at <= created_at + interval '62 seconds' FROM autoscaler.node_api_keys WHERE key_hash = ?",
                NodeKey.sha256(second)))
        .isEqualTo(true);
    assertThat(
            database.value(
                "SELECT expires_at > now() + interval '14 minutes' FROM autoscaler.node_api_keys WHERE key_hash = ?",
                NodeKey.sha256(third)))
        .as("the usual grace")
        .isEqualTo(true);
    theHashIsTheNewestKeys(node.id());
  }

  @Test
  void revokingEndsAllKeysAtOnce() {
    var node = console.node();
    String second = rotated(node.id(), "{\"grace_seconds\": 3600}");

    revoke(node.id()).statusCode(204);

    assertThat(state(node.key(), node.id())).isEqualTo("key_revoked");
    assertThat(state(second, node.id())).isEqualTo("key_revoked");
    console.get("/nodes/" + node.id()).body("has_api_key", equalTo(false));
    theHashIsTheNewestKeys(node.id());
    revoke(node.id()).statusCode(204);
    assertThat(console.audit("node", node.id()))
        .extracting(row -> row.get("action"))
        .containsExactly("NODE_CREATED", "NODE_KEY_ROTATED", "NODE_KEY_REVOKED");

    String third = rotated(node.id(), "{}");
    assertThat(state(third, node.id())).isEqualTo("ok");
    theHashIsTheNewestKeys(node.id());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"grace_seconds\": -1}",
        "{\"grace_seconds\": 86401}",
        "{\"grace_seconds\": \"5\"}",
        "{\"grace_seconds\": 1.5}",
        "{\"grace\": 5}"
      })
  void aBadGraceIsRefused(String body) {
    int id = console.node().id();

    rotate(id, body).statusCode(422);

    assertThat(
            console.number("SELECT count(*) FROM autoscaler.node_api_keys WHERE node_id = ?", id))
        .isEqualTo(1);
  }

  @Test
  void aRepeatNeverShowsTheKeyAgain() {
    var body = Map.of("name", Console.unique("once"), "region", "r");
    var first =
        console
            .as("devops")
            .header("Idempotency-Key", "make-" + body.get("name"))
            .body(body)
            .post("/api/v1/nodes")
            .then()
            .statusCode(201)
            .extract();
    int id = first.path("node.id");
    console
        .as("devops")
        .header("Idempotency-Key", "make-" + body.get("name"))
        .body(body)
        .post("/api/v1/nodes")
        .then()
        .statusCode(201)
        .header("Location", equalTo(first.header("Location")))
        .body("node.id", equalTo(id))
        .body("api_key", nullValue())
        .body("key_already_shown", equalTo(true));
    assertThat(state(first.path("api_key"), id)).isEqualTo("ok");

    String rotated =
        console
            .as("devops")
            .header("Idempotency-Key", "rotate-" + id)
            .body("{}")
            .post("/api/v1/nodes/" + id + "/api-key/rotate")
            .then()
            .statusCode(201)
            .extract()
            .path("api_key");
    console
        .as("devops")
        .header("Idempotency-Key", "rotate-" + id)
        .body("{}")
        .post("/api/v1/nodes/" + id + "/api-key/rotate")
        .then()
        .statusCode(201)
        .body("api_key", nullValue())
        .body("key_prefix", equalTo(rotated.substring(0, 8)))
        .body("key_already_shown", equalTo(true));
    console
        .as("devops")
        .header("Idempotency-Key", "rotate-" + id)
        .body("{\"grace_seconds\": 5}")
        .post("/api/v1/nodes/" + id + "/api-key/rotate")
        .then()
        .statusCode(422)
        .body("code", equalTo("idempotency_key_reused"));
    assertThat(
            console.number("SELECT count(*) FROM autoscaler.node_api_keys WHERE node_id = ?", id))
        .isEqualTo(2);
    nowhereInTheDatabase(first.path("api_key"));
    nowhereInTheDatabase(rotated);
  }

  @Test
  void aKeyIsInNoLaterAnswer() {
    var node = console.node();
    String second = rotated(node.id(), "{}");

    for (String path :
        List.of(
            "/nodes/" + node.id(),
            "/nodes?q=" + node.name(),
            "/nodes/" + node.id() + "/lifecycle-logs")) {
      console
          .as("admin")
          .get("/api/v1" + path)
          .then()
          .statusCode(200)
          .body(not(org.hamcrest.Matchers.containsString(node.key())))
          .body(not(org.hamcrest.Matchers.containsString(second)))
          .body(not(org.hamcrest.Matchers.containsString(NodeKey.sha256(second))));
    }
    nowhereInTheDatabase(node.key());
    nowhereInTheDatabase(second);
  }

  /** I5, over every column of every table. */
  private void nowhereInTheDatabase(String secret) {
    for (var table :
        database.rows(
            """
            SELECT c.oid::regclass::text AS name FROM pg_class c
             WHERE c.relnamespace = 'autoscaler'::regnamespace AND c.relkind = 'r'
            """)) {
      assertThat(
              console.number(
                  "SELECT count(*) FROM "
                      + table.get("name")
                      + " AS t WHERE strpos(t::text, ?) > 0",
                  secret))
          .as(String.valueOf(table.get("name")))
          .isZero();
    }
  }

  @Test
  void rotationsAndRevocationsAtOnceLeaveTheNewestKeyInForce() {
    var node = console.node();

    var keys = new ArrayList<String>();
    keys.add(node.key());
    keys.addAll(
        Race.<String>of(
            12,
            caller ->
                () -> {
                  if (caller % 4 == 3) {
                    revoke(node.id()).statusCode(204);
                    return node.key();
                  }
                  return rotated(node.id(), "{\"grace_seconds\": 60}");
                }));

    theHashIsTheNewestKeys(node.id());
    assertThat(
            console.number(
                """
                SELECT count(*) FROM autoscaler.node_api_keys
                 WHERE node_id = ? AND revoked_at IS NULL AND expires_at IS NULL
                """,
                node.id()))
        .as("keys without an end")
        .isLessThanOrEqualTo(1);
    assertThat(keys.stream().distinct().map(key -> state(key, node.id())))
        .containsOnly("ok", "key_revoked");
  }
}
