package dev.quintet.autoscaler.node;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;

import dev.quintet.autoscaler.access.NodeKey;
import dev.quintet.autoscaler.testing.Console;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ExtractableResponse;
import io.restassured.response.Response;
import io.restassured.response.ValidatableResponse;
import java.util.Collections;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the test resource fills the fields in
class EnrollmentIT {
  private static final String NODE = "{\"name\": \"agent\", \"region\": \"eu-frankfurt-1\"}";

  Database database;
  Console console;

  @BeforeEach
  void console() {
    console = new Console(database);
  }

  private ExtractableResponse<Response> token(String body) {
    return console
        .as("devops")
        .body(body)
        .post("/api/v1/enrollment-tokens")
        .then()
        .statusCode(201)
        .extract();
  }

  private ValidatableResponse register(String token, String body) {
    return given()
        .header("X-Enrollment-Token", token)
        .contentType("application/json")
        .body(body)
        .post("/api/v1/nodes/register")
        .then();
  }

  @Test
  void anAgentRegistersItself() {
    var made = token("{\"region\": \"eu-frankfurt-1\"}");

    var node =
        register(made.path("token"), NODE)
            .statusCode(201)
            .body("name", equalTo("agent"))
            .body("region", equalTo("eu-frankfurt-1"))
            .body("heartbeat_interval_seconds", equalTo(60))
            .body("key_already_shown", equalTo(false))
            .body("api_key", matchesPattern("ask_[A-Za-z0-9_-]{43}"))
            .extract();

    int id = node.path("node_id");
    assertThat(console.state(NodeKey.sha256(node.path("api_key")), id)).isEqualTo("ok");
    console.get("/nodes/" + id).statusCode(200).body("status", equalTo("INACTIVE"));
    assertThat(console.audit("node", id))
        .singleElement()
        .satisfies(row -> {
          assertThat(row)
              .containsEntry("action", "NODE_REGISTERED")
              .containsEntry("user_role", "NODE")
              .containsEntry(
                  "user_email", "enrolment token " + made.path("enrollment_token.token_prefix"));
          assertThat(String.valueOf(row.get("details")))
              .contains("\"enrollment_token_id\":" + made.path("enrollment_token.id"));
        });
    console
        .as("devops")
        .get("/api/v1/enrollment-tokens/" + made.path("enrollment_token.id"))
        .then()
        .body("uses", equalTo(1));
    register(made.path("token"), NODE).statusCode(410).body("code", equalTo("enrollment_used_up"));
  }

  @Test
  void asManyRegisterAsTheTokenAllows() {
    var made = token("{\"max_uses\": 7}");

    var statuses = Race.of(20, () -> register(made.path("token"), NODE).extract().statusCode());

    assertThat(Collections.frequency(statuses, 201)).isEqualTo(7);
    assertThat(Collections.frequency(statuses, 410)).isEqualTo(13);
    assertThat(
            console.number(
                "SELECT uses FROM autoscaler.enrollment_tokens WHERE id = ?",
                made.<Integer>path("enrollment_token.id")))
        .isEqualTo(7);
  }

  @Test
  void aTokenThatIsNotValidLetsNobodyIn() {
    var revoked = token("{}");
    var expired = token("{}");
    console
        .as("devops")
        .delete("/api/v1/enrollment-tokens/" + revoked.path("enrollment_token.id"))
        .then()
        .statusCode(204);
    console
        .as("devops")
        .delete("/api/v1/enrollment-tokens/" + revoked.path("enrollment_token.id"))
        .then()
        .statusCode(204);
    database.update(
        "UPDATE autoscaler.enrollment_tokens SET expires_at = now() WHERE id = ?",
        expired.<Integer>path("enrollment_token.id"));

    for (String token :
        new String[] {
          revoked.path("token"), expired.path("token"), "ent_" + "A".repeat(43), "", "x", "ent_"
        }) {
      register(token, NODE).statusCode(401).body("code", equalTo("enrollment_invalid"));
    }
    given()
        .contentType("application/json")
        .body(NODE)
        .post("/api/v1/nodes/register")
        .then()
        .statusCode(401)
        .body("code", equalTo("enrollment_invalid"));
  }

  @Test
  void aTokenOfAnotherRegionIsNotUsed() {
    var made = token("{\"region\": \"us-ashburn-1\"}");

    register(made.path("token"), NODE)
        .statusCode(422)
        .body("errors[0].pointer", equalTo("/region"));

    assertThat(
            console.number(
                "SELECT uses FROM autoscaler.enrollment_tokens WHERE id = ?",
                made.<Integer>path("enrollment_token.id")))
        .isZero();
  }

  @Test
  void aBadNodeCostsNoUse() {
    var made = token("{}");

    register(made.path("token"), "{\"name\": \"\"}").statusCode(422);
    register(made.path("token"), "{\"name\": \"n\", \"region\": \"r\", \"allow_push\": true}")
        .statusCode(422)
        .body("code", equalTo("unknown_field"));

    register(made.path("token"), NODE).statusCode(201);
  }

  @Test
  void whoHasNoTokenFillsNoAuditTrail() {
    long before = database.count("autoscaler.audit_logs");

    register("x", "{").statusCode(400);
    register("x", "{\"name\": \"\"}").statusCode(422);
    register("ent_" + "B".repeat(43), NODE).statusCode(401);

    assertThat(
            console.number(
                "SELECT count(*) FROM autoscaler.audit_logs WHERE status = 'FAILURE' AND action = 'NODE_REGISTERED'"))
        .isZero();
    assertThat(database.count("autoscaler.audit_logs")).isGreaterThanOrEqualTo(before);
  }

  @Test
  void aRepeatedRegistrationIsTheSameNode() {
    var made = token("{\"max_uses\": 5}");
    String key = Console.unique("register");
    var first =
        given()
            .header("X-Enrollment-Token", made.<String>path("token"))
            .header("Idempotency-Key", key)
            .contentType("application/json")
            .body(NODE)
            .post("/api/v1/nodes/register")
            .then()
            .statusCode(201)
            .extract();

    given()
        .header("X-Enrollment-Token", made.<String>path("token"))
        .header("Idempotency-Key", key)
        .contentType("application/json")
        .body(NODE)
        .post("/api/v1/nodes/register")
        .then()
        .statusCode(201)
        .body("node_id", equalTo(first.<Integer>path("node_id")))
        .body("api_key", nullValue())
        .body("key_already_shown", equalTo(true));
    assertThat(
            console.number(
                "SELECT uses FROM autoscaler.enrollment_tokens WHERE id = ?",
                made.<Integer>path("enrollment_token.id")))
        .isEqualTo(1);
  }

  @Test
  void aTokenIsShownOnce() {
    var body = "{\"max_uses\": 3, \"expires_in\": 60}";
    String key = Console.unique("token");
    var first =
        console
            .as("devops")
            .header("Idempotency-Key", key)
            .body(body)
            .post("/api/v1/enrollment-tokens")
            .then()
            .statusCode(201)
            .body("token", matchesPattern("ent_[A-Za-z0-9_-]{43}"))
            .body("enrollment_token.max_uses", equalTo(3))
            .body("enrollment_token.uses", equalTo(0))
            .extract();
    console
        .as("devops")
        .header("Idempotency-Key", key)
        .body(body)
        .post("/api/v1/enrollment-tokens")
        .then()
        .statusCode(201)
        .body("enrollment_token.id", equalTo(first.<Integer>path("enrollment_token.id")))
        .body("token", nullValue())
        .body("token_already_shown", equalTo(true));
    console
        .as("devops")
        .get("/api/v1/enrollment-tokens?limit=200")
        .then()
        .statusCode(200)
        .body("items.id", hasItem(first.<Integer>path("enrollment_token.id")))
        .body("items[0]", not(hasKey("token_hash")));
    for (String table : new String[] {"enrollment_tokens", "audit_logs", "idempotency_keys"}) {
      assertThat(
              console.number(
                  "SELECT count(*) FROM autoscaler." + table + " AS t WHERE strpos(t::text, ?) > 0",
                  first.<String>path("token")))
          .as(table)
          .isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"max_uses\": 0}",
        "{\"max_uses\": 10001}",
        "{\"expires_in\": 59}",
        "{\"expires_in\": 2592001}",
        "{\"region\": \" \"}",
        "{\"region\": \"a\\tb\"}",
        "{\"token\": \"mine\"}"
      })
  void aBadTokenIsRefused(String body) {
    console.as("devops").body(body).post("/api/v1/enrollment-tokens").then().statusCode(422);
  }

  @Test
  void anUnknownTokenIsNotThere() {
    for (String id : new String[] {"2147483647", "2147483648", "x"}) {
      console
          .as("devops")
          .get("/api/v1/enrollment-tokens/" + id)
          .then()
          .statusCode(404)
          .body("code", equalTo("unknown_enrollment_token"));
      console.as("devops").delete("/api/v1/enrollment-tokens/" + id).then().statusCode(404);
    }
  }
}
