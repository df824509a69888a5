package dev.quintet.coordination.coalesce;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.SseReader;
import dev.quintet.common.testing.Tokens;
import dev.quintet.coordination.redis.RedisStore;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.path.json.JsonPath;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import io.vertx.redis.client.Command;
import jakarta.inject.Inject;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init")
class CoalesceIT {
  private static final Duration SOON = Duration.ofSeconds(20);

  Database database;
  Tokens tokens;

  @Inject RedisStore redis;

  private final String wanted = "render/" + UUID.randomUUID().toString().replace("-", "");

  @Test
  void theFirstLeadsAndTheOthersGetItsResult() {
    String promise = lead();
    join(Map.of())
        .statusCode(202)
        .body("role", equalTo("follower"))
        .body("promise_id", equalTo(promise))
        .body("status", equalTo("pending"));
    complete(promise, Map.of("result", Map.of("a", List.of(1, 2)))).statusCode(200);
    follow(promise, 0)
        .statusCode(200)
        .body("role", equalTo("follower"))
        .body("status", equalTo("done"))
        .body("result.a", equalTo(List.of(1, 2)));
    // Whoever comes a little later gets it too.
    join(Map.of()).statusCode(200).body("result.a[1]", equalTo(2));
  }

  /** I21. */
  @Test
  void ofAHundredAtOnceOneLeads() {
    List<JsonPath> answers =
        Race.of(100, () -> join(Map.of("lease_ms", 60_000)).extract().jsonPath());
    assertThat(answers.stream().filter(one -> "leader".equals(one.getString("role")))).hasSize(1);
    assertThat(answers.stream().map(one -> one.getString("promise_id")).distinct()).hasSize(1);
  }

  /**
   * I21, scenario 19: the leader is killed; one of those who wait takes over, the others get its
   * result.
   */
  @Test
  void whenTheLeaderFallsSilentOneOfThoseWhoWaitLeads() {
    String silent = join(Map.of("lease_ms", 500)).statusCode(201).extract().path("promise_id");
    List<JsonPath> answers =
        Race.of(
            99,
            () -> {
              JsonPath answer = join(Map.of("wait_ms", 20_000)).extract().jsonPath();
              if ("leader".equals(answer.getString("role"))) {
                assertThat(answer.getBoolean("promoted")).isTrue();
                String promise = answer.getString("promise_id");
                complete(silent, Map.of("result", "late"))
                    .statusCode(409)
                    .body("code", equalTo("stale_promise"))
                    .body("promise_id", equalTo(promise));
                complete(promise, Map.of("result", "good")).statusCode(200);
              }
              return answer;
            });
    assertThat(answers.stream().filter(one -> "leader".equals(one.getString("role")))).hasSize(1);
    assertThat(answers.stream().filter(one -> "good".equals(one.getString("result")))).hasSize(98);
  }

  @Test
  void thoseWhoFollowedTheSilentLeaderGetTheNextOnesResult() {
    String silent = join(Map.of("lease_ms", 200)).extract().path("promise_id");
    var first = CompletableFuture.supplyAsync(() -> follow(silent, 20_000).extract().jsonPath());
    var second = CompletableFuture.supplyAsync(() -> follow(silent, 20_000).extract().jsonPath());
    var leader = CompletableFuture.anyOf(first, second).thenApply(JsonPath.class::cast).join();
    assertThat(leader.getString("role")).isEqualTo("leader");
    assertThat(leader.getString("promise_id")).isNotEqualTo(silent);
    complete(leader.getString("promise_id"), Map.of("result", 7)).statusCode(200);
    var roles = List.of(first.join().getString("role"), second.join().getString("role"));
    assertThat(roles).containsExactlyInAnyOrder("leader", "follower");
    follow(silent, 0).statusCode(200).body("result", equalTo(7));
  }

  @Test
  void heartbeatsKeepTheLead() {
    String promise = join(Map.of("lease_ms", 300)).extract().path("promise_id");
    var waiting =
        CompletableFuture.supplyAsync(() -> join(Map.of("wait_ms", 20_000)).extract().jsonPath());
    for (int i = 0; i < 5; i++) {
      heartbeat(promise, Map.of("lease_ms", 5_000)).statusCode(200);
    }
    heartbeat(promise, Map.of())
        .statusCode(200)
        .body("promise_id", equalTo(promise))
        .body("lease_remaining_ms", equalTo(5_000));
    complete(promise, Map.of("result", "x")).statusCode(200);
    assertThat(waiting.join().getString("result")).isEqualTo("x");
  }

  @Test
  void aWaitEndsByItsOwnDeadlineAndEndsNobodyElses() {
    String promise = lead();
    var patient = CompletableFuture.supplyAsync(() -> follow(promise, 20_000).extract().jsonPath());
    follow(promise, 100).statusCode(202).body("status", equalTo("pending"));
    assertThat(patient.isDone()).isFalse();
    complete(promise, Map.of("result", "x")).statusCode(200);
    assertThat(patient.join().getString("result")).isEqualTo("x");
  }

  @Test
  void aLeaderThatAsksAgainLeadsByTheSamePromise() {
    String own = UUID.randomUUID().toString();
    join(Map.of("promise_id", own)).statusCode(201).body("promise_id", equalTo(own));
    join(Map.of("promise_id", own))
        .statusCode(201)
        .body("promise_id", equalTo(own))
        .body("promoted", equalTo(false));
    join(Map.of("promise_id", UUID.randomUUID().toString())).statusCode(202);
  }

  @Test
  void completingTwiceIsSafeAndTheFirstResultStays() {
    String promise = lead();
    complete(promise, Map.of("result", 1)).statusCode(200).body("status", equalTo("done"));
    complete(promise, Map.of("result", 2)).statusCode(200);
    follow(promise, 0).body("result", equalTo(1));
  }

  @Test
  void anErrorGoesToThoseWhoWaitAndToNobodyLater() {
    String promise = lead();
    var waiting = CompletableFuture.supplyAsync(() -> follow(promise, 20_000).extract().jsonPath());
    Eventually.holds(SOON, () -> assertThat(waits()).isEqualTo(1));
    fail(promise, Map.of("error", Map.of("code", "boom")))
        .statusCode(200)
        .body("status", equalTo("failed"))
        .body("promoted", equalTo(false));
    assertThat(waiting.join().getString("status")).isEqualTo("failed");
    assertThat(waiting.join().getString("error.code")).isEqualTo("boom");
    join(Map.of()).statusCode(201).body("promise_id", not(equalTo(promise)));
  }

  @Test
  void anErrorMayMakeOneOfThoseWhoWaitLead() {
    String promise = join(Map.of("error_policy", "promote")).extract().path("promise_id");
    var waiting = CompletableFuture.supplyAsync(() -> follow(promise, 20_000).extract().jsonPath());
    Eventually.holds(SOON, () -> assertThat(waits()).isEqualTo(1));
    fail(promise, Map.of("error", "boom")).statusCode(200).body("promoted", equalTo(true));
    assertThat(waiting.join().getString("role")).isEqualTo("leader");
    assertThat(waiting.join().getString("promise_id")).isNotEqualTo(promise);
    // Nobody waits any more: the error is the end.
    fail(waiting.join().getString("promise_id"), Map.of("error", "boom"))
        .statusCode(200)
        .body("promoted", equalTo(false));
    join(Map.of()).statusCode(201);
  }

  @Test
  void whatMustNotBeSharedMakesEverybodyComputeForItself() {
    String promise = lead();
    var waiting = CompletableFuture.supplyAsync(() -> follow(promise, 20_000).extract().jsonPath());
    Eventually.holds(SOON, () -> assertThat(waits()).isEqualTo(1));
    complete(promise, Map.of("result", "secret", "cacheable", false))
        .statusCode(200)
        .body("shared", equalTo(false));
    assertThat(waiting.join().getString("role")).isEqualTo("bypass");
    assertThat(waiting.join().getString("result")).isNull();
    join(Map.of())
        .statusCode(200)
        .body("role", equalTo("bypass"))
        .body("promise_id", nullValue())
        .body("degraded", nullValue());
  }

  @Test
  void aResultThatIsKeptForNobodyIsOnlyForThoseWhoWait() {
    String promise = lead();
    complete(promise, Map.of("result", 1, "result_ttl_ms", 0)).statusCode(200);
    follow(promise, 0).statusCode(200).body("result", equalTo(1));
    join(Map.of()).statusCode(201);
  }

  @Test
  void oneMoreThanMayWaitComputesForItself() {
    String promise = lead();
    // As 1,000 waits would have it.
    var crowd = new Object[1 + 2 * 1_000];
    crowd[0] = redis.key("coalesce:" + wanted.replace('/', ':') + ":waiting");
    for (int i = 0; i < 1_000; i++) {
      crowd[1 + 2 * i] = "9999999999999";
      crowd[2 + 2 * i] = "w" + i;
    }
    send(Command.ZADD, crowd);
    follow(promise, 5_000).statusCode(200).body("role", equalTo("bypass"));
    join(Map.of("wait_ms", 5_000)).statusCode(200).body("role", equalTo("bypass"));
  }

  @Test
  void aPromiseNobodyKnowsIsNotFound() {
    String unknown = UUID.randomUUID().toString();
    follow(unknown, 0).statusCode(404).body("code", equalTo("unknown_promise"));
    heartbeat(unknown, Map.of()).statusCode(404);
    complete(unknown, Map.of("result", 1)).statusCode(404);
    fail(unknown, Map.of("error", 1)).statusCode(404);
    as().get("/api/v1/coalesce/" + wanted + "/stream").then().statusCode(404);
  }

  @Test
  void afterALossOfRedisThoseWhoWaitBeginAnew() {
    lead();
    var waiting =
        CompletableFuture.supplyAsync(() -> join(Map.of("wait_ms", 20_000)).extract().jsonPath());
    Eventually.holds(SOON, () -> assertThat(waits()).isEqualTo(1));
    send(Command.FLUSHDB);
    assertThat(waiting.join().getString("role")).isEqualTo("leader");
  }

  @Test
  void aStreamTellsTheResultAndEnds() {
    String promise = lead();
    try (var reader = stream()) {
      Eventually.holds(SOON, () -> assertThat(reader.names()).containsExactly("follower"));
      assertThat(reader.data().getFirst()).contains("\"pending\"").contains(promise);
      complete(promise, Map.of("result", Map.of("a", 1))).statusCode(200);
      Eventually.holds(SOON, () -> assertThat(reader.ended()).isTrue());
      assertThat(reader.names()).containsExactly("follower", "follower");
      assertThat(reader.data().getLast()).contains("\"result\":{\"a\":1}");
    }
  }

  @Test
  void followersOfManyKeysAreAllRung() {
    List<String> keys =
        IntStream.range(0, 12)
            .mapToObj(i -> "render/" + UUID.randomUUID().toString().replace("-", ""))
            .toList();
    var results =
        Race.of(
            24,
            number ->
                () -> {
                  String key = keys.get(number / 2);
                  JsonPath answer =
                      as().body(Map.of("holder", "h", "wait_ms", 20_000))
                          .post("/api/v1/coalesce/" + key)
                          .then()
                          .extract()
                          .jsonPath();
                  if ("leader".equals(answer.getString("role"))) {
                    as().body(Map.of("result", key))
                        .post(
                            "/api/v1/coalesce/"
                                + key
                                + "/"
                                + answer.getString("promise_id")
                                + "/complete")
                        .then()
                        .statusCode(200);
                    return key;
                  }
                  return Objects.requireNonNull(answer.getString("result"));
                });
    for (int i = 0; i < 24; i++) {
      assertThat(results.get(i)).isEqualTo(keys.get(i / 2));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|required",
        "{\"holder\":\"\"}|invalid_holder",
        "{\"holder\":\"h\",\"lease_ms\":99}|ttl_out_of_range",
        "{\"holder\":\"h\",\"lease_ms\":60001}|ttl_out_of_range",
        "{\"holder\":\"h\",\"wait_ms\":60001}|wait_out_of_range",
        "{\"holder\":\"h\",\"wait_ms\":-1}|wait_out_of_range",
        "{\"holder\":\"h\",\"error_policy\":\"retry\"}|invalid_value",
        "{\"holder\":\"h\",\"colour\":1}|unknown_field"
      })
  void requestsThatMakeNoSenseAreRefused(String body, String code) {
    as().body(body)
        .post("/api/v1/coalesce/" + wanted)
        .then()
        .statusCode(422)
        .body("code", equalTo(code));
  }

  @Test
  void whatCannotStandInAKeyIsRefused() {
    as().body(Map.of("holder", "h"))
        .post("/api/v1/coalesce/{operation}/{hash}", "a:b", "0123456789abcdef")
        .then()
        .statusCode(422)
        .body("code", equalTo("invalid_key_segment"));
    as().body(Map.of("holder", "h"))
        .post("/api/v1/coalesce/{operation}/{hash}", "render", "xyz")
        .then()
        .statusCode(422)
        .body("code", equalTo("invalid_hash"));
    follow(UUID.randomUUID().toString(), 60_001)
        .statusCode(422)
        .body("code", equalTo("wait_out_of_range"));
  }

  @Test
  void aResultIsNotLargerThanACachedValue() {
    String promise = lead();
    complete(promise, Map.of("result", "x".repeat(8 * 1024 * 1024)))
        .statusCode(413)
        .body("code", equalTo("value_too_large"));
  }

  private String lead() {
    return join(Map.of())
        .statusCode(201)
        .body("role", equalTo("leader"))
        .body("lease_remaining_ms", notNullValue())
        .extract()
        .path("promise_id");
  }

  private ValidatableResponse join(Map<String, ?> more) {
    var body = new HashMap<String, Object>(more);
    body.put("holder", "pod-1");
    return as().body(body).post("/api/v1/coalesce/" + wanted).then();
  }

  private ValidatableResponse follow(String promise, int waitMs) {
    return as().get("/api/v1/coalesce/" + wanted + "/" + promise + "?wait_ms=" + waitMs).then();
  }

  private ValidatableResponse heartbeat(String promise, Map<String, ?> body) {
    return post(promise, "heartbeat", body);
  }

  private ValidatableResponse complete(String promise, Map<String, ?> body) {
    return post(promise, "complete", body);
  }

  private ValidatableResponse fail(String promise, Map<String, ?> body) {
    return post(promise, "fail", body);
  }

  private ValidatableResponse post(String promise, String verb, Map<String, ?> body) {
    return as().body(body).post("/api/v1/coalesce/" + wanted + "/" + promise + "/" + verb).then();
  }

  private SseReader stream() {
    return SseReader.open(
        URI.create(
            "http://localhost:" + RestAssured.port + "/api/v1/coalesce/" + wanted + "/stream"),
        Map.of("Authorization", "Bearer " + tokens.of("service")));
  }

  private RequestSpecification as() {
    return given().auth().oauth2(tokens.of("service")).contentType("application/json");
  }

  /** How many wait for the promise, as Redis knows. */
  private int waits() {
    return redis
        .send(Command.ZCARD, redis.key("coalesce:" + wanted.replace('/', ':') + ":waiting"))
        .await()
        .atMost(SOON)
        .toInteger();
  }

  private void send(Command command, Object... arguments) {
    assertThat(redis.send(command, arguments).await().atMost(SOON)).isNotNull();
  }
}
