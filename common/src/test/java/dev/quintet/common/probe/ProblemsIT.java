package dev.quintet.common.probe;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.emptyString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever goes wrong, the answer is a problem document with the right status, and never a 500 for
 * input.
 */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
class ProblemsIT {
  Database database;
  Tokens tokens;

  @BeforeEach
  void functions() {
    database.execute(
        """
        CREATE OR REPLACE FUNCTION public.raise_state(state text) RETURNS int LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'a secret of the database' USING ERRCODE = state; END $$;
        CREATE TABLE IF NOT EXISTS public.effects (id int GENERATED ALWAYS AS IDENTITY, name text);
        CREATE SEQUENCE IF NOT EXISTS public.stumbles;
        CREATE OR REPLACE FUNCTION public.stumble() RETURNS int LANGUAGE plpgsql AS
        $$ BEGIN
          IF nextval('public.stumbles') % 3 <> 0 THEN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END IF;
          RETURN 1;
        END $$;
        DO $$ BEGIN
          IF to_regrole('quintet_probe_scope') IS NULL THEN CREATE ROLE quintet_probe_scope NOLOGIN; END IF;
        END $$;
        GRANT quintet_probe_scope TO tracker_service;
        GRANT USAGE ON SCHEMA auth TO quintet_probe_scope;
        GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA auth TO quintet_probe_scope;
        GRANT USAGE ON SCHEMA public TO tracker_service;
        GRANT ALL ON public.effects, public.stumbles TO tracker_service;
        TRUNCATE public.effects;
        """);
  }

  @AfterEach
  void opened() {
    database.open();
  }

  private RequestSpecification user() {
    return given().auth().oauth2(tokens.of("user")).contentType("application/json");
  }

  private static ValidatableResponse isProblem(
      ValidatableResponse response, int status, String code) {
    return response
        .statusCode(status)
        .contentType(equalTo("application/problem+json"))
        .body("status", equalTo(status))
        .body("code", equalTo(code))
        .body("type", equalTo("urn:quintet:problem:" + code))
        .body("title", not(emptyString()))
        .body("trace_id", matchesPattern("[0-9a-f]{32}"));
  }

  @Test
  void repliesAreInSnakeCase() {
    user()
        .body("{\"given_name\":\"a\",\"how_many\":2}")
        .post("/api/v1/probe/echo")
        .then()
        .statusCode(200)
        .body("given_name", equalTo("a"))
        .body("how_many", equalTo(2));
  }

  @Test
  void brokenJsonIs400() {
    isProblem(
        user().body("{\"given_name\":").post("/api/v1/probe/echo").then(), 400, "malformed_json");
  }

  @Test
  void anEmptyBodyIs400() {
    isProblem(user().post("/api/v1/probe/echo").then(), 400, "malformed_json");
  }

  @Test
  void wrongValuesAre422AllAtOnce() {
    isProblem(
            user().body("{\"x\":1,\"how_many\":\"5\"}").post("/api/v1/probe/echo").then(),
            422,
            "validation_failed")
        .body("errors", hasSize(3))
        .body("errors.pointer", hasItem("/how_many"))
        .body("instance", equalTo("/api/v1/probe/echo"));
  }

  @Test
  void anotherKindOfBodyIs415() {
    isProblem(
        given()
            .auth()
            .oauth2(tokens.of("user"))
            .contentType("text/plain")
            .body("x")
            .post("/api/v1/probe/echo")
            .then(),
        415,
        "unsupported_media_type");
    isProblem(
        given()
            .auth()
            .oauth2(tokens.of("user"))
            .contentType("application/x-www-form-urlencoded")
            .body("a=b")
            .post("/api/v1/probe/echo")
            .then(),
        415,
        "unsupported_media_type");
  }

  @Test
  void anUnknownPathIs404() {
    isProblem(user().get("/api/v1/nothing").then(), 404, "not_found");
    isProblem(user().get("/nothing").then(), 404, "not_found");
    isProblem(user().get("/").then(), 404, "not_found");
  }

  @Test
  void aWrongMethodIs405() {
    isProblem(user().delete("/api/v1/probe/echo").then(), 405, "method_not_allowed")
        .header("Allow", equalTo("OPTIONS, POST"));
    isProblem(user().put("/api/v1/probe/numbers/1").then(), 405, "method_not_allowed")
        .header("Allow", equalTo("GET, HEAD, OPTIONS"));
  }

  @Test
  void aReplyOfAnotherKindIs406() {
    isProblem(user().accept("image/png").get("/api/v1/probe/caller").then(), 406, "not_acceptable");
  }

  @Test
  void aBadPathParameterIs422() {
    isProblem(user().get("/api/v1/probe/numbers/abc").then(), 422, "invalid_parameter")
        .body("errors[0].parameter", equalTo("number"));
    isProblem(user().get("/api/v1/probe/numbers/99999999999").then(), 422, "invalid_parameter");
  }

  @Test
  void aBadQueryParameterIs422() {
    isProblem(user().get("/api/v1/probe/numbers/1?id=abc").then(), 422, "invalid_parameter")
        .body("errors[0].parameter", equalTo("id"));
    isProblem(user().get("/api/v1/probe/list?limit=0").then(), 422, "invalid_limit")
        .body("errors[0].parameter", equalTo("limit"));
  }

  /** By socket: the usual clients refuse to send these. */
  @ParameterizedTest
  @CsvSource({
    "/api/v1/probe/raise/a%00b, 422, invalid_parameter",
    "/api/v1/probe/raise/%C3%28, 400, malformed_request",
    "/%2e%2e/%2e%2e/etc/passwd, 404, not_found",
  })
  void anAddressThatIsNoTextIsRefused(String path, int status, String code) throws Exception {
    String answer =
        raw(
            "GET "
                + path
                + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                + tokens.of("user")
                + "\r\nConnection: close\r\n\r\n",
            0);
    assertThat(answer)
        .startsWith("HTTP/1.1 " + status)
        .contains("application/problem+json")
        .contains("\"" + code + "\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/api/v1/probe/raise/%zz", "/api/v1/probe/list?limit=%", "/%zz", "/a|b", "//"})
  void anAddressThatIsNoUriIs400(String path) throws Exception {
    assertThat(raw("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 0))
        .startsWith("HTTP/1.1 400")
        .contains("application/problem+json")
        .contains("\"malformed_request\"");
  }

  @Test
  void aBodyThatIsTooLargeIs413() {
    isProblem(
        user()
            .body("{\"given_name\":\"" + "a".repeat(300_000) + "\"}")
            .post("/api/v1/probe/echo")
            .then(),
        413,
        "payload_too_large");
  }

  @Test
  void aBodyOfUnknownLengthThatIsTooLargeIs413() throws Exception {
    String answer =
        raw(
            "POST /api/v1/probe/echo HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                + tokens.of("user")
                + "\r\nContent-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n",
            40);
    assertThat(answer)
        .startsWith("HTTP/1.1 413")
        .contains("application/problem+json")
        .contains("payload_too_large");
  }

  private static String raw(String head, int chunks) throws Exception {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), RestAssured.port)) {
      socket.setSoTimeout(10_000);
      OutputStream out = socket.getOutputStream();
      try {
        out.write(head.getBytes(StandardCharsets.US_ASCII));
        for (int i = 0; i < chunks; i++) {
          out.write(("2710\r\n" + "1".repeat(10_000) + "\r\n").getBytes(StandardCharsets.US_ASCII));
        }
        out.write((chunks > 0 ? "0\r\n\r\n" : "").getBytes(StandardCharsets.US_ASCII));
        out.flush();
      } catch (SocketException closedEarly) {
        // the answer is on its way all the same
      }
      var answer = new ByteArrayOutputStream();
      try {
        var unused = socket.getInputStream().transferTo(answer);
      } catch (SocketException reset) {
        // what came before counts
      }
      return answer.toString(StandardCharsets.UTF_8);
    }
  }

  @Test
  void aBugTellsATraceIdAndNothingElse() {
    isProblem(
            user()
                .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
                .get("/api/v1/probe/bug")
                .then(),
            500,
            "internal_error")
        .body("trace_id", equalTo("0af7651916cd43dd8448eb211c80319c"))
        .body(not(containsString("hunter2")))
        .body(not(containsString("Exception")));
  }

  @Test
  void aWaitIsToldInSecondsAndExactly() {
    isProblem(user().get("/api/v1/probe/wait").then(), 429, "too_many_requests")
        .header("Retry-After", "2")
        .body("retry_after_ms", equalTo(1500))
        .body("current_epoch", equalTo(33));
  }

  @ParameterizedTest
  @CsvSource({
    "08006, 503, database_unavailable",
    "57P02, 503, database_unavailable",
    "57P03, 503, database_unavailable",
    "53300, 503, database_unavailable",
    "57014, 503, database_unavailable",
    "40001, 503, database_unavailable",
    "22001, 422, invalid_value",
    "23514, 422, invalid_value",
    "23505, 409, conflict",
    "XX000, 500, internal_error",
    "TK404, 404, unknown_thing",
    "TK429, 429, too_many_requests",
  })
  void theSqlStateDecides(String state, int status, String code) {
    isProblem(user().get("/api/v1/probe/raise/" + state).then(), status, code)
        .body(not(containsString("secret of the database")));
  }

  @Test
  void whatAnotherTransactionGotInTheWayOfIsTriedAgain() {
    for (int i = 0; i < 5; i++) {
      user().get("/api/v1/probe/stumble").then().statusCode(200);
    }
  }

  @Test
  void whileTheDatabaseIsAwayEachCallIs503AndReadinessStaysUp() {
    user().get("/api/v1/probe/now").then().statusCode(200);
    database.shut();
    isProblem(user().get("/api/v1/probe/now").then(), 503, "database_unavailable")
        .header("Retry-After", "1");
    given().get("/q/health/ready").then().statusCode(200);
    given().get("/q/health/group/dependencies").then().statusCode(503);
    database.open();
    user().get("/api/v1/probe/now").then().statusCode(200);
    given().get("/q/health/group/dependencies").then().statusCode(200);
  }

  @Test
  void killedConnectionsCostAtMost503() {
    user().get("/api/v1/probe/now").then().statusCode(200);
    database.killConnections();
    List<Integer> statuses = Race.of(20, () -> user().get("/api/v1/probe/now").statusCode());
    assertThat(statuses).containsAnyOf(200, 503).allMatch(status -> status == 200 || status == 503);
    user().get("/api/v1/probe/now").then().statusCode(200);
  }

  @Test
  void everyKindOfWrongTokenIs401() {
    tokens
        .refused("user")
        .forEach((kind, token) ->
            isProblem(
                    given().auth().oauth2(token).get("/api/v1/probe/caller").then(),
                    401,
                    "unauthenticated")
                .header("WWW-Authenticate", containsString("Bearer")));
    isProblem(given().get("/api/v1/probe/caller").then(), 401, "unauthenticated");
    isProblem(
        given().auth().preemptive().basic("ada", "ada").get("/api/v1/probe/caller").then(),
        401,
        "unauthenticated");
  }

  @Test
  void theWrongRoleIs403() {
    isProblem(user().get("/api/v1/probe/admins").then(), 403, "forbidden");
    isProblem(
        given().auth().oauth2(tokens.of("service")).get("/api/v1/probe/now").then(),
        403,
        "forbidden");
  }

  @ParameterizedTest
  @ValueSource(strings = {"user", "devops", "admin"})
  void aHigherRoleIncludesTheLower(String role) {
    given()
        .auth()
        .oauth2(tokens.of(role))
        .get("/api/v1/probe/caller")
        .then()
        .statusCode(200)
        .body("roles", hasItem("user"));
  }

  @Test
  void theCallerIsKnownWithItsClusters() {
    given()
        .auth()
        .oauth2(tokens.of("service"))
        .get("/api/v1/probe/caller")
        .then()
        .body("clusters", nullValue())
        .body("roles", hasItem("service"));
    given()
        .auth()
        .oauth2(tokens.limited())
        .get("/api/v1/probe/caller")
        .then()
        .body("clusters", equalTo(List.of("limited-cluster")));
  }

  @Test
  void aPersonIsThatPersonInTheDatabaseForOneTransaction() {
    String subject = user().get("/api/v1/probe/caller").path("subject");
    assertThat(user().get("/api/v1/probe/identity").asString())
        .isEqualTo(subject + " authenticated quintet_probe_scope");
  }

  private RequestSpecification keyed(String key, String name) {
    return user().header("Idempotency-Key", key).body("{\"name\":\"" + name + "\"}");
  }

  @Test
  void theSameKeyAndBodyGiveTheSameAnswerAndOneEffect() {
    var first = keyed("k1", "a").post("/api/v1/probe/once");
    var again = keyed("k1", "a").post("/api/v1/probe/once");
    assertThat(first.statusCode()).isEqualTo(201);
    assertThat(again.statusCode()).isEqualTo(201);
    assertThat(again.asString()).isEqualTo(first.asString());
    assertThat(again.header("Location")).isEqualTo(first.header("Location"));
    assertThat(database.count("public.effects")).isEqualTo(1);
  }

  @Test
  void theSameKeyWithAnotherBodyIs422() {
    keyed("k2", "a").post("/api/v1/probe/once").then().statusCode(201);
    isProblem(keyed("k2", "b").post("/api/v1/probe/once").then(), 422, "idempotency_key_reused");
  }

  @Test
  void twentyAtOnceWithOneKeyHaveOneEffect() {
    List<String> answers =
        Race.of(20, () -> keyed("k3", "a").post("/api/v1/probe/once").asString());
    assertThat(answers).hasSize(20).containsOnly(answers.getFirst());
    assertThat(database.count("public.effects")).isEqualTo(1);
  }

  @Test
  void aRefusedEffectLeavesTheKeyFree() {
    isProblem(keyed("k4", "refused").post("/api/v1/probe/once").then(), 409, "conflict");
    assertThat(database.count("public.effects")).isZero();
    keyed("k4", "accepted").post("/api/v1/probe/once").then().statusCode(201);
  }

  @Test
  void anExpiredKeyIsFree() {
    keyed("k5", "a").post("/api/v1/probe/once").then().statusCode(201);
    assertThat(
            database.update(
                "UPDATE tracker.idempotency_keys SET expires_at = now() WHERE key = 'k5'"))
        .isEqualTo(1);
    keyed("k5", "b").post("/api/v1/probe/once").then().statusCode(201);
  }

  @Test
  void anotherCallersKeyIsAnotherKey() {
    keyed("k6", "a").post("/api/v1/probe/once").then().statusCode(201);
    given()
        .auth()
        .oauth2(tokens.of("admin"))
        .contentType("application/json")
        .header("Idempotency-Key", "k6")
        .body("{\"name\":\"b\"}")
        .post("/api/v1/probe/once")
        .then()
        .statusCode(201);
  }

  @Test
  void aKeyThatIsNoneIs422() {
    isProblem(
        keyed("a".repeat(256), "a").post("/api/v1/probe/once").then(),
        422,
        "invalid_idempotency_key");
  }
}
