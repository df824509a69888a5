package dev.quintet.coordination.limit;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItem;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the backends are injected before each test
class RateLimitPolicyIT {
  private static final Duration SOON = Duration.ofSeconds(10);

  Database database;
  Tokens tokens;

  private final String mark = UUID.randomUUID().toString().substring(0, 8);
  private final String model = "model-" + mark;

  @AfterEach
  void forget() {
    database.execute(
        "DELETE FROM coordination.rate_limit_policies WHERE name LIKE '%" + mark + "'");
  }

  @Test
  void aPolicyIsMadeReadReplacedAndEnded() {
    put("one", limit(60, ""))
        .statusCode(201)
        .header("ETag", "\"1\"")
        .body(
            "name", equalTo("one-" + mark),
            "model_pattern", equalTo("*"),
            "fail_mode", equalTo("local"),
            "shadow", equalTo(false),
            "priority", equalTo(0),
            "enabled", equalTo(true),
            "version", equalTo(1),
            "windows[0].window", equalTo("minute"),
            "windows[0].seconds", equalTo(60),
            "windows[0].algorithm", equalTo("auto"));
    put(
            "one",
            limit(
                70,
                ",'priority':5,'fail_mode':'closed','tier':'pro','model_pattern':'gpt-*','enabled':false"))
        .statusCode(200)
        .header("ETag", "\"2\"");
    get("one")
        .statusCode(200)
        .header("ETag", "\"2\"")
        .body(
            "windows[0].limit", equalTo(70),
            "priority", equalTo(5),
            "fail_mode", equalTo("closed"),
            "tier", equalTo("pro"),
            "model_pattern", equalTo("gpt-*"),
            "enabled", equalTo(false));
    as("service")
        .get("/api/v1/rate-limit-policies?limit=200")
        .then()
        .statusCode(200)
        .body("items.name", hasItem("one-" + mark));
    delete("one", null).statusCode(204);
    get("one").statusCode(404).body("code", equalTo("unknown_policy"));
    delete("one", null).statusCode(404).body("code", equalTo("unknown_policy"));
  }

  @Test
  void whoReadAnOlderVersionIsToldSo() {
    put("one", limit(60, "")).statusCode(201);
    put("one", limit(61, ""), "\"1\"").statusCode(200);
    put("one", limit(62, ""), "\"1\"")
        .statusCode(409)
        .body("code", equalTo("version_conflict"), "current_version", equalTo(2));
    put("one", limit(62, ""), "W/\"2\"").statusCode(409);
    delete("one", "\"1\"").statusCode(409).body("code", equalTo("version_conflict"));
    put("one", limit(63, ""), "*").statusCode(200);
    delete("one", "\"3\"").statusCode(204);
    put("one", limit(63, ""), "\"3\"").statusCode(404).body("code", equalTo("unknown_policy"));
    put("one", limit(63, ""), "*").statusCode(404);
  }

  @Test
  void ofManyWhoReplaceTheSameVersionOneDoes() {
    put("one", limit(60, "")).statusCode(201);
    var statuses =
        Race.of(12, i -> () -> put("one", limit(100 + i, ""), "\"1\"").extract().statusCode());
    assertThat(Collections.frequency(statuses, 200)).isEqualTo(1);
    assertThat(Collections.frequency(statuses, 409)).isEqualTo(11);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "'model_pattern':'a:b'                              | /model_pattern",
        "'model_pattern':''                                 | /model_pattern",
        "'tier':'gold'                                      | /tier",
        "'priority':2000000                                 | /priority",
        "'fail_mode':'maybe'                                | /fail_mode",
        "'windows':null                                     | /windows",
        "'windows':[null]                                   | /windows/0",
        "'windows':[{'window':'minute','limit':20000,'algorithm':'log'}] | /windows/0/limit",
        "'windows':[{'window':'x','seconds':2678401,'limit':2}]          | /windows/0/seconds",
        "'windows':[{'window':'minute','limit':2,'algorithm':'gcra','burst':3}] | /windows/0/burst",
        "'windows':[{'window':'minute','limit':1,'algorithm':'gcra','strict':true}] |"
            + " /windows/0/limit",
        "'windows':[{'window':'minute','limit':5,'buckets':1}]           | /windows/0/buckets"
      })
  void badPoliciesAreNamed(String members, String pointer) {
    var body =
        new io.vertx.core.json.JsonObject(limit(10, ""))
            .mergeIn(new io.vertx.core.json.JsonObject("{" + members.replace('\'', '"') + "}"));
    put("bad", body.encode())
        .statusCode(422)
        .body("code", equalTo("invalid_policy"), "errors.pointer", hasItem(pointer));
  }

  @ParameterizedTest
  @ValueSource(strings = {"inline", "a b", ".a"})
  void badNamesAreNamed(String name) {
    as("devops")
        .contentType("application/json")
        .body(limit(1, ""))
        .put("/api/v1/rate-limit-policies/{name}", name)
        .then()
        .statusCode(422)
        .body("code", equalTo("invalid_policy"), "errors[0].parameter", equalTo("name"));
  }

  // --- which policy counts

  @Test
  void theHighestPriorityThatFitsTheModelCounts() {
    put("low", limit(10, ",'model_pattern':'model-*'")).statusCode(201);
    put("other", limit(20, ",'model_pattern':'other-*','priority':9")).statusCode(201);
    check("u").body("policy", equalTo("low-" + mark));
    put("high", limit(30, ",'model_pattern':'*" + mark + "','priority':7")).statusCode(201);
    check("u").body("policy", equalTo("high-" + mark));
    put("high", limit(30, ",'model_pattern':'*" + mark + "','priority':7,'enabled':false"))
        .statusCode(200);
    check("u").body("policy", equalTo("low-" + mark));
    as("devops").delete("/api/v1/rate-limit-policies/low-" + mark).then().statusCode(204);
    check("u").statusCode(404).body("code", equalTo("unknown_policy"));
  }

  @Test
  void aTierHasItsOwnAndAChangeOfTierCountsSoon() {
    put("all", limit(10, ",'model_pattern':'" + model + "'")).statusCode(201);
    put("pro", limit(50, ",'model_pattern':'" + model + "','tier':'pro'")).statusCode(201);
    var id = UUID.randomUUID();
    database.execute(
        "INSERT INTO coordination.users (id, subscription_tier) VALUES ('" + id + "', 'pro')");
    check(id.toString()).body("policy", equalTo("pro-" + mark));
    check("somebody-else").body("policy", equalTo("all-" + mark));
    check(UUID.randomUUID().toString()).body("policy", equalTo("all-" + mark));

    database.execute(
        "UPDATE coordination.users SET subscription_tier = 'free' WHERE id = '" + id + "'");
    Eventually.holds(SOON, () -> check(id.toString()).body("policy", equalTo("all-" + mark)));
  }

  @Test
  void knownPoliciesAndTiersAreNotReadAgain() throws SQLException {
    put("all", limit(1_000, ",'model_pattern':'" + model + "'")).statusCode(201);
    put("tier", limit(1_000, ",'model_pattern':'" + model + "','tier':'pro'")).statusCode(201);
    String user = UUID.randomUUID().toString();
    check(user).statusCode(200);
    try (var connection = database.connect();
        var lock = connection.createStatement()) {
      connection.setAutoCommit(false);
      // Whoever asked PostgreSQL now would wait, and have no answer.
      lock.execute(
          "LOCK TABLE coordination.rate_limit_policies, coordination.users IN ACCESS EXCLUSIVE"
              + " MODE");
      check(user).statusCode(200).body("policy", equalTo("all-" + mark));
      connection.rollback();
    }
    database.execute(
        "DELETE FROM coordination.rate_limit_policies WHERE name = 'all-" + mark + "'");
    check(user).statusCode(200).body("policy", equalTo("all-" + mark));
    Eventually.holds(SOON, () -> check(user).statusCode(404));
  }

  @Test
  void aShadowPolicyDeniesNothingAndSaysWhatItWould() {
    put("watch", limit(2, ",'shadow':true")).statusCode(201);
    for (int i = 0; i < 2; i++) {
      named("watch").statusCode(200).body("allowed", equalTo(true), "shadow", equalTo(true));
    }
    named("watch")
        .statusCode(200)
        .body(
            "allowed", equalTo(true),
            "limits.remaining", contains(0),
            "retry_after_ms", greaterThan(0));
    assertThat(given().get("/q/metrics").then().extract().asString())
        .containsPattern(
            "decisions_total\\{[^}]*outcome=\"shadow_denied\"[^}]*policy=\"watch-" + mark);
  }

  @Test
  void whatAnotherReplicaMadeIsFoundAtOnce() {
    put("known", limit(2, ",'model_pattern':'" + model + "'")).statusCode(201);
    named("known").statusCode(200);
    database.execute(
        "INSERT INTO coordination.rate_limit_policies (name, windows) VALUES ('new-"
            + mark
            + "', '[{\"window\": \"day\", \"limit\": 7}]')");
    named("new").statusCode(200).body("limits[0].limit", equalTo(7));
  }

  @Test
  void aPolicyThatIsOffCannotBeNamed() {
    put("off", limit(2, ",'enabled':false")).statusCode(201);
    named("off").statusCode(404).body("code", equalTo("unknown_policy"));
  }

  @Test
  void aChangedWidthKeepsWhatIsCounted() {
    String bucket =
        "{\"windows\":[{\"window\":\"hour\",\"limit\":10,\"algorithm\":\"bucket\",\"buckets\":%d}]}";
    put("wide", bucket.formatted(60)).statusCode(201);
    named("wide").body("limits[0].remaining", equalTo(9));
    named("wide").body("limits[0].remaining", equalTo(8));
    put("wide", bucket.formatted(12)).statusCode(200);
    named("wide").body("limits[0].remaining", equalTo(7));
    named("wide").body("limits[0].remaining", equalTo(6));
  }

  private static String limit(int limit, String more) {
    return ("{'windows':[{'window':'minute','limit':" + limit + "}]" + more + "}")
        .replace('\'', '"');
  }

  private io.restassured.specification.RequestSpecification as(String role) {
    return given().auth().oauth2(tokens.of(role));
  }

  private ValidatableResponse put(String name, String body) {
    return put(name, body, null);
  }

  private ValidatableResponse put(
      String name, String body, @org.jspecify.annotations.Nullable String ifMatch) {
    var request = as("devops").contentType("application/json").body(body);
    return (ifMatch == null ? request : request.header("If-Match", ifMatch))
        .put("/api/v1/rate-limit-policies/" + name + "-" + mark)
        .then();
  }

  private ValidatableResponse get(String name) {
    return as("service").get("/api/v1/rate-limit-policies/" + name + "-" + mark).then();
  }

  private ValidatableResponse delete(
      String name, @org.jspecify.annotations.Nullable String ifMatch) {
    var request = as("devops");
    return (ifMatch == null ? request : request.header("If-Match", ifMatch))
        .delete("/api/v1/rate-limit-policies/" + name + "-" + mark)
        .then();
  }

  private ValidatableResponse check(String user) {
    return as("service")
        .contentType("application/json")
        .body("{\"model\":\"%s\",\"user_id\":\"%s\"}".formatted(model, user))
        .post("/api/v1/rate-limits/check")
        .then();
  }

  private ValidatableResponse named(String policy) {
    return as("service")
        .contentType("application/json")
        .body(
            "{\"model\":\"%s\",\"user_id\":\"u\",\"policy\":\"%s-%s\"}"
                .formatted(model, policy, mark))
        .post("/api/v1/rate-limits/check")
        .then();
  }
}
