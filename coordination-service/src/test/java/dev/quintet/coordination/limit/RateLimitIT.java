package dev.quintet.coordination.limit;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.nullValue;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import dev.quintet.coordination.redis.RedisStore;
import dev.quintet.coordination.testing.RateCaller;
import dev.quintet.coordination.testing.RateHistory;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the backends are injected before each test
class RateLimitIT {
  private static final Duration SOON = Duration.ofSeconds(5);
  private static final String EXCEEDED =
      "https://iana.org/assignments/http-problem-types#quota-exceeded";

  /** As long as a window may be, so that no edge of one falls into a test. */
  private static final String LONG = "2678400";

  Database database;
  Tokens tokens;

  @Inject RedisStore redis;

  private final String user = "u-" + UUID.randomUUID();

  // --- I8: never more than the limit

  @ParameterizedTest
  @ValueSource(strings = {"log", "bucket"})
  void ofFiveHundredAtOnceExactlyAHundredPass(String algorithm) {
    var callers = List.of(new RateCaller(), new RateCaller());
    String check = check(window("minute", 100, algorithm));
    var answers = Race.of(500, i -> () -> callers.get(i % 2).check(check));

    assertThat(answers).filteredOn(RateCaller.Answer::allowed).hasSize(100);
    assertThat(answers)
        .filteredOn(answer -> !answer.allowed())
        .allSatisfy(denied -> {
          assertThat(denied.status()).isEqualTo(429);
          assertThat(denied.body().path("type").asText()).isEqualTo(EXCEEDED);
          assertThat(denied.body().path("violated-policies").path(0).asText()).isEqualTo("minute");
          assertThat(Long.parseLong(denied.header("Retry-After"))).isBetween(1L, 62L);
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"log", "bucket"})
  void noWindowWhereverItBeginsSeesMore(String algorithm) {
    var history = hammered(window("burst", 40, algorithm, ",\"seconds\":1"), 2_500);
    assertThat(history.mostWithin(Duration.ofSeconds(1))).isLessThanOrEqualTo(40);
    assertThat(history.total()).isGreaterThan(80);
  }

  // --- I9: burst and rate bound a gcra, over any time

  @ParameterizedTest
  @CsvSource({"false, 20, 40", "true, 8, 32"})
  void aGcraPassesTheBurstAndTheRate(boolean strict, int burst, int rate) {
    var history =
        hammered(
            window(
                "burst",
                40,
                "gcra",
                ",\"seconds\":1,\"burst\":%d,\"strict\":%b".formatted(burst, strict)),
            2_500);
    for (int ms : new int[] {50, 100, 250, 500, 1_000, 2_000, 3_000}) {
      assertThat(history.mostWithin(Duration.ofMillis(ms)))
          .as("within %d ms", ms)
          .isLessThanOrEqualTo(burst + (int) Math.ceil(rate * ms / 1000.0));
    }
    assertThat(history.total()).isGreaterThan(rate);
  }

  /**
   * Callers sleep through most of a window and come together around its edges: what two fixed
   * windows, or an estimate, would let pass twice.
   */
  private RateHistory hammered(String window, long ms) {
    var callers = List.of(new RateCaller(), new RateCaller());
    String[] checks = {check(window), check(window, "\"cost\":3")};
    var history = new RateHistory();
    long begin = System.nanoTime();
    var unused =
        Race.of(
            12,
            i ->
                () -> {
                  while (System.nanoTime() - begin < ms * 1_000_000) {
                    long inWindow = (System.currentTimeMillis() + 100) % 1_000;
                    if (inWindow > 250 && ThreadLocalRandom.current().nextInt(8) != 0) {
                      LockSupport.parkNanos(20_000_000);
                      continue;
                    }
                    int heavy = ThreadLocalRandom.current().nextInt(4) == 0 ? 1 : 0;
                    var answer = callers.get(i % 2).check(checks[heavy]);
                    if (answer.allowed()) {
                      history.admitted(answer.called(), answer.answered(), heavy == 1 ? 3 : 1);
                    }
                  }
                  return true;
                });
    return history;
  }

  // --- I10: a denied check changes nothing

  @ParameterizedTest
  @ValueSource(strings = {"log", "bucket", "gcra", "counter", "fixed"})
  void aDeniedCheckChangesNoWindow(String algorithm) {
    String windows =
        window("first", 10, algorithm, ",\"seconds\":" + LONG)
            + ","
            + window("second", 15, algorithm, ",\"seconds\":" + LONG);
    for (int i = 0; i < 3; i++) {
      post(check(windows, "\"cost\":3")).statusCode(200);
    }
    var before = dump();
    assertThat(before).hasSize(2);

    post(check(windows, "\"cost\":3", "\"request_id\":\"r-" + user + "\""))
        .statusCode(429)
        .body("violated-policies", contains("first"), "limits.remaining", contains(1, 6));

    assertThat(dump()).isEqualTo(before);
  }

  @Test
  void whatFitsTheOtherWindowsIsStillDenied() {
    String windows = window("minute", 10, "log") + "," + window("hour", 15, "bucket");
    for (int i = 0; i < 10; i++) {
      post(check(windows)).statusCode(200);
    }
    post(check(windows)).statusCode(429).body("limits[1].remaining", equalTo(5));
    post(check(windows, "\"peek\":true"))
        .statusCode(200)
        .body("allowed", equalTo(false), "limits.remaining", contains(0, 5));
  }

  @Test
  void aLargerRequestIsRefusedAndASmallerStillFits() {
    String window = window("minute", 10, "log");
    post(check(window, "\"cost\":7")).statusCode(200);
    post(check(window, "\"cost\":5")).statusCode(429).body("limits[0].remaining", equalTo(3));
    post(check(window, "\"cost\":3")).statusCode(200).body("limits[0].remaining", equalTo(0));
  }

  // --- I11: a request is charged once

  @ParameterizedTest
  @ValueSource(strings = {"log", "bucket", "gcra", "counter", "fixed"})
  void aRequestIsChargedOnce(String algorithm) {
    String window = window("long", 100, algorithm, ",\"seconds\":" + LONG);
    String check = check(window, "\"cost\":4", "\"request_id\":\"r-" + user + "\"");
    var caller = new RateCaller();
    var answers = Race.of(10, () -> caller.check(check));

    assertThat(answers)
        .allSatisfy(answer -> {
          assertThat(answer.status()).isEqualTo(200);
          assertThat(answer.body()).isEqualTo(answers.getFirst().body());
        });
    post(check(window, "\"peek\":true")).body("limits[0].remaining", equalTo(96));
  }

  @Test
  void aDeniedRequestMayComeAgain() {
    String window = window("second", 1, "log");
    post(check(window)).statusCode(200);
    String again = check(window, "\"request_id\":\"r-" + user + "\"");
    post(again).statusCode(429);
    Eventually.holds(SOON, () -> post(again).statusCode(200));
  }

  // --- I12: reserve and settle

  @ParameterizedTest
  @CsvSource({
    "log, 40", "bucket, 40", "gcra, 40", "counter, 40", "fixed, 40",
    "log, 0", "bucket, 0", "gcra, 0", "counter, 0", "fixed, 0",
    "log, 100", "bucket, 100", "gcra, 100", "counter, 100", "fixed, 100",
    "log, 250", "bucket, 250", "gcra, 250", "counter, 250", "fixed, 250"
  })
  void afterSettlingExactlyTheActualCostIsLeft(String algorithm, int actual) {
    String window = window("long", 1_000, algorithm, ",\"seconds\":" + LONG);
    post(check(window, "\"cost\":7")).statusCode(200);
    post(check(window, "\"cost\":100", "\"request_id\":\"r-" + user + "\"")).statusCode(200);
    post(check(window, "\"cost\":13")).statusCode(200);

    for (int repeat = 0; repeat < 3; repeat++) {
      settle("r-" + user, actual)
          .statusCode(200)
          .body("limits[0].remaining", equalTo(1_000 - 20 - actual));
    }
    settle("r-" + user, 3).statusCode(200);
    post(check(window, "\"peek\":true")).body("limits[0].remaining", equalTo(980 - actual));
  }

  @ParameterizedTest
  @ValueSource(strings = {"log", "bucket", "gcra", "counter", "fixed"})
  void aDebtKeepsEverybodyOut(String algorithm) {
    String window = window("long", 100, algorithm, ",\"seconds\":" + LONG);
    post(check(window, "\"cost\":50", "\"request_id\":\"r-" + user + "\"")).statusCode(200);
    settle("r-" + user, 90_000).statusCode(200).body("limits[0].remaining", equalTo(0));
    post(check(window)).statusCode(429);
  }

  @Test
  void aDebtIsOverWhenItHasLeftTheWindow() {
    String window = window("second", 5, "log");
    post(check(window, "\"request_id\":\"r-" + user + "\"")).statusCode(200);
    settle("r-" + user, 20).statusCode(200);
    post(check(window)).statusCode(429);
    Eventually.holds(
        SOON, () -> post(check(window, "\"peek\":true")).body("limits[0].remaining", equalTo(5)));
  }

  @Test
  void anUnknownRequestCannotBeSettled() {
    settle("nobody", 1).statusCode(404).body("code", equalTo("reservation_not_found"));
    String window = window("minute", 5, "log");
    post(check(window, "\"cost\":5")).statusCode(200);
    post(check(window, "\"request_id\":\"r-" + user + "\"")).statusCode(429);
    settle("r-" + user, 1).statusCode(404);
  }

  // --- time

  @ParameterizedTest
  @ValueSource(strings = {"log", "bucket", "gcra", "counter", "fixed"})
  void aClockThatIsSetBackOpensNoWindow(String algorithm) {
    String window = window("long", 3, algorithm, ",\"seconds\":3600,\"buckets\":null");
    String key = "rl:m:" + user + ":long" + (algorithm.equals("log") ? "" : ":" + algorithm);
    long ahead = System.currentTimeMillis() + 5_400_000;
    // As if it had been charged an hour and a half from now.
    switch (algorithm) {
      case "log" ->
          run(
              Command.ZADD,
              key,
              ahead,
              ahead + ":n:1",
              ahead,
              ahead + ":n:2",
              ahead,
              ahead + ":n:3");
      case "bucket" -> run(Command.HSET, key, ahead / 60_000, 3, "w", 60_000_000);
      case "gcra" -> run(Command.SET, key, (ahead + 3_600_000) + "000");
      case "counter" -> run(Command.HSET, key, "i", ahead / 3_600_000, "c", 3, "p", 0);
      default -> run(Command.HSET, key, "i", ahead / 3_600_000, "c", 3);
    }
    post(check(window)).statusCode(429);
  }

  @ParameterizedTest
  @ValueSource(strings = {"log", "bucket", "gcra", "fixed"})
  void afterTheToldWaitThereIsRoom(String algorithm) {
    String window = window("second", 2, algorithm, ",\"seconds\":2");
    post(check(window, "\"cost\":2")).statusCode(200);
    long wait =
        ((Number) post(check(window)).statusCode(429).extract().path("retry_after_ms")).longValue();
    assertThat(wait).isBetween(1L, 4_100L);
    LockSupport.parkNanos(wait * 1_000_000);
    post(check(window)).statusCode(200);
  }

  @Test
  void membersOfTheLogAreToldApart() {
    post(check(window("minute", 100, "log"), "\"cost\":5")).statusCode(200);
    post(check(window("minute", 100, "log"), "\"cost\":5")).statusCode(200);
    String key = "rl:m:" + user + ":minute";
    assertThat(run(Command.ZRANGE, key, 0, -1))
        .hasSize(10)
        .allMatch(member -> member.toString().matches("[0-9]{13}:[0-9a-z-]+:[1-5]"));
    assertThat(run(Command.PTTL, key).toLong()).isBetween(50_000L, 60_000L);
  }

  // --- what a client is told

  @Test
  void everyAnswerHasTheFieldsOfTheDraft() {
    String windows = window("minute", 3, "log") + "," + window("day", 1_000, "bucket");
    post(check(windows))
        .statusCode(200)
        .header("RateLimit-Policy", "\"minute\";q=3;w=60,\"day\";q=1000;w=86400")
        .header("RateLimit", "\"minute\";r=2;t=60")
        .body(
            "allowed", equalTo(true),
            "policy", equalTo("inline"),
            "limits.window", contains("minute", "day"),
            "limits.algorithm", contains("log", "bucket"),
            "limits.guarantee", contains("exact", "never_over"),
            "limits.limit", contains(3, 1_000),
            "limits.remaining", contains(2, 999),
            "retry_after_ms", nullValue(),
            "degraded", equalTo(false),
            "shadow", equalTo(false));
    post(check(windows, "\"cost\":2")).statusCode(200);
    var denied = post(check(windows)).statusCode(429);
    denied
        .contentType("application/problem+json")
        .header("RateLimit-Policy", "\"minute\";q=3;w=60,\"day\";q=1000;w=86400")
        .header("RateLimit", matchesPattern("\"minute\";r=0;t=(5[0-9]|60)"))
        .body(
            "type", equalTo(EXCEEDED),
            "code", equalTo("quota_exceeded"),
            "violated-policies", contains("minute"),
            "limits.remaining", contains(0, 997),
            "retry_after_ms", allOf(greaterThan(0), lessThanOrEqualTo(60_000)));
    // RFC draft: a client that heeds Retry-After never comes before the quota is back.
    var answer = denied.extract();
    int retry = Integer.parseInt(answer.header("Retry-After"));
    int back = Integer.parseInt(answer.header("RateLimit").replaceAll(".*t=", ""));
    assertThat(retry).isGreaterThanOrEqualTo(back);
  }

  @Test
  void aDenialMayComeInTheBody() {
    String window = window("minute", 1, "log");
    post(check(window)).statusCode(200);
    post(check(window, "\"decision\":\"body\""))
        .statusCode(200)
        .header("RateLimit", matchesPattern("\"minute\";r=0;t=[0-9]+"))
        .body("allowed", equalTo(false), "retry_after_ms", greaterThan(0));
  }

  @Test
  void askingChargesNothing() {
    String window = window("minute", 2, "log");
    for (String question : List.of("\"cost\":0", "\"peek\":true", "\"peek\":true,\"cost\":2")) {
      post(check(window, question))
          .statusCode(200)
          .body("allowed", equalTo(true), "limits[0].remaining", equalTo(2));
    }
    assertThat(dump()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "log, exact",
    "bucket, never_over",
    "gcra, burst_plus_rate",
    "counter, approximate",
    "fixed, per_fixed_window",
    "auto, exact"
  })
  void eachAlgorithmSaysWhatItPromises(String algorithm, String guarantee) {
    post(check(window("minute", 10, algorithm)))
        .statusCode(200)
        .body("limits[0].guarantee", equalTo(guarantee), "limits[0].remaining", equalTo(9));
  }

  @Test
  void checksOfABatchAreEachOnItsOwn() {
    String one = check(window("minute", 1, "log"));
    String large = check(window("minute", 1, "log"), "\"cost\":2");
    String other = one.replace(user, user + "-2");
    String lost = "{\"model\":\"m\",\"user_id\":\"" + user + "\",\"policy\":\"nobody-made-it\"}";
    post(
            "/rate-limits/check-batch",
            "{\"checks\":[%s,%s,%s,%s,%s]}".formatted(one, one, large, other, lost))
        .statusCode(200)
        .body(
            "results", hasSize(5),
            "results[0].decision.allowed", equalTo(true),
            "results[1].decision.allowed", equalTo(false),
            "results[2].error", equalTo("cost_exceeds_limit"),
            "results[3].decision.allowed", equalTo(true),
            "results[4].error", equalTo("unknown_policy"));
    String many = String.join(",", java.util.Collections.nCopies(100, other));
    post("/rate-limits/check-batch", "{\"checks\":[" + many + "]}")
        .statusCode(200)
        .body("results", hasSize(100));
    post("/rate-limits/check-batch", "{\"checks\":[" + many + "," + other + "]}")
        .statusCode(413)
        .body("code", equalTo("batch_too_large"));
    post(
            "/rate-limits/check-batch",
            "{\"checks\":[" + one + "," + check(window("minute", 1, "log"), "\"cost\":-1") + "]}")
        .statusCode(422)
        .body("code", equalTo("invalid_cost"), "errors[0].pointer", equalTo("/checks/1/cost"));
  }

  // --- a user's windows

  @Test
  void aPersonSeesHisOwnAndNobodyElses() {
    String policy =
        policy(
            "{\"model_pattern\":\"org/model\",\"windows\":[{\"window\":\"minute\",\"limit\":10}]}");
    String uwe =
        new io.vertx.core.json.JsonObject(
                new String(
                    java.util.Base64.getUrlDecoder().decode(tokens.of("user").split("\\.")[1]),
                    java.nio.charset.StandardCharsets.UTF_8))
            .getString("sub");
    String mine = "/api/v1/rate-limits/org%2Fmodel/" + uwe + "?policy=" + policy;
    post("{\"model\":\"org/model\",\"user_id\":\"" + uwe + "\",\"policy\":\"" + policy + "\"}")
        .statusCode(200);

    given()
        .urlEncodingEnabled(false)
        .auth()
        .oauth2(tokens.of("user"))
        .get(mine)
        .then()
        .statusCode(200)
        .header("RateLimit", matchesPattern("\"minute\";r=9;t=[0-9]+"))
        .body("limits[0].remaining", equalTo(9), "policy", equalTo(policy));
    for (String role : List.of("devops", "admin", "service")) {
      given()
          .urlEncodingEnabled(false)
          .auth()
          .oauth2(tokens.of(role))
          .get(mine)
          .then()
          .statusCode(200);
    }
    given()
        .auth()
        .oauth2(tokens.of("user"))
        .get("/api/v1/rate-limits/m/" + user)
        .then()
        .statusCode(404)
        .body("code", equalTo("not_found"));
  }

  @Test
  void aResetLetsAllWindowsBeginAnew() {
    String windows =
        window("a", 5, "log", ",\"seconds\":60")
            + ","
            + window("b", 5, "bucket", ",\"seconds\":60")
            + ","
            + window("c", 5, "gcra", ",\"seconds\":60");
    post(check(windows, "\"cost\":5", "\"request_id\":\"r-" + user + "\"")).statusCode(200);
    String other = check(window("a", 5, "log", ",\"seconds\":60")).replace(user, user + "x");
    post(other).statusCode(200);

    given()
        .auth()
        .oauth2(tokens.of("devops"))
        .delete("/api/v1/rate-limits/m/" + user)
        .then()
        .statusCode(200)
        .body("deleted", equalTo(4));
    post(check(windows)).statusCode(200).body("limits.remaining", contains(4, 4, 4));
    post(other).body("limits[0].remaining", equalTo(3));
    given()
        .auth()
        .oauth2(tokens.of("user"))
        .delete("/api/v1/rate-limits/m/" + user)
        .then()
        .statusCode(403);
  }

  // --- bad input

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "'cost': -1                                                       | invalid_cost        |"
            + " /cost",
        "'cost': 1.5                                                      | invalid_cost        |"
            + " /cost",
        "'cost': '1'                                                      | invalid_cost        |"
            + " /cost",
        "'cost': 0, 'peek': false                                         | invalid_cost        |"
            + " /cost",
        "'cost': 99999999999                                              | invalid_cost        |"
            + " /cost",
        "'cost': 11                                                       | cost_exceeds_limit  |"
            + " /cost",
        "'model': 'a:b'                                                   | invalid_key_segment |"
            + " /model",
        "'model': 'a*'                                                    | invalid_key_segment |"
            + " /model",
        "'model': null                                                    | invalid_key_segment |"
            + " /model",
        "'user_id': 'a:b'                                                 | invalid_key_segment |"
            + " /user_id",
        "'user_id': '*'                                                   | invalid_key_segment |"
            + " /user_id",
        "'user_id': ''                                                    | invalid_key_segment |"
            + " /user_id",
        "'request_id': 'a:b'                                              | invalid_key_segment |"
            + " /request_id",
        "'windows': []                                                    | invalid_policy      |"
            + " /windows",
        "'windows': [{'window':'minute','limit':0}]                       | invalid_policy      |"
            + " /windows/0/limit",
        "'windows': [{'window':'minute','limit':1.5}]                     | invalid_policy      |"
            + " /windows/0/limit",
        "'windows': [{'window':'minute','limit':10001,'algorithm':'log'}] | invalid_policy      |"
            + " /windows/0/limit",
        "'windows': [{'window':'a','seconds':0,'limit':1}]                | invalid_policy      |"
            + " /windows/0/seconds",
        "'windows': [{'window':'a','seconds':2678401,'limit':1}]          | invalid_policy      |"
            + " /windows/0/seconds",
        "'windows': [{'window':'a','limit':1}]                            | invalid_policy      |"
            + " /windows/0/seconds",
        "'windows': [{'window':'a:b','seconds':5,'limit':1}]              | invalid_policy      |"
            + " /windows/0/window",
        "'windows': [{'window':'request','seconds':5,'limit':1}]          | invalid_policy      |"
            + " /windows/0/window",
        "'windows': [{'window':'day','limit':1,'algorithm':'magic'}]      | invalid_policy      |"
            + " /windows/0/algorithm",
        "'windows': [{'window':'day','limit':1},{'window':'day','limit':2}] | invalid_policy    |"
            + " /windows/1/window",
        "'windows': [{'window':'day','limit':9,'burst':3}]                | invalid_policy      |"
            + " /windows/0/burst",
        "'policy': 'x'                                                    | invalid_policy      |"
            + " /windows",
        "'colour': 'x'                                                    | unknown_field       |"
            + " /colour",
        "'decision': 'maybe'                                              | invalid_value       |"
            + " /decision"
      })
  void badInputIsNamed(String members, String code, String pointer) {
    var body =
        new io.vertx.core.json.JsonObject(
            "{\"model\":\"m\",\"user_id\":\"%s\",\"windows\":[{\"window\":\"minute\",\"limit\":10}]}"
                .formatted(user));
    body.mergeIn(new io.vertx.core.json.JsonObject("{" + members.replace('\'', '"') + "}"));
    post(body.encode())
        .statusCode(422)
        .body("code", equalTo(code), "errors.pointer", hasItem(pointer));
    assertThat(dump()).isEmpty();
  }

  @Test
  void nineWindowsAreTooMany() {
    var windows = new StringBuilder();
    for (int i = 0; i < 9; i++) {
      windows.append(i == 0 ? "" : ",").append(window("w" + i, 5, "fixed", ",\"seconds\":60"));
    }
    post(check(windows.toString()))
        .statusCode(422)
        .body("code", equalTo("invalid_policy"), "errors[0].pointer", equalTo("/windows"));
  }

  @Test
  void aCostThatNeverFitsNamesTheWindow() {
    post(check(window("minute", 100, "log") + "," + window("hour", 10, "gcra"), "\"cost\":11"))
        .statusCode(422)
        .body(
            "code", equalTo("cost_exceeds_limit"), "window", equalTo("hour"), "limit", equalTo(10));
  }

  @ParameterizedTest
  @CsvSource({
    "'{\"request_id\":\"a:b\",\"actual_cost\":1}', invalid_key_segment",
    "'{\"request_id\":\"a\"}', invalid_cost",
    "'{\"request_id\":\"a\",\"actual_cost\":-1}', invalid_cost",
    "'{\"request_id\":\"a\",\"actual_cost\":0.5}', invalid_cost"
  })
  void aSettlementIsCheckedToo(String body, String code) {
    post("/rate-limits/settle", body).statusCode(422).body("code", equalTo(code));
  }

  @ParameterizedTest
  @CsvSource({"a:b, x", "'a*', x", "a, 'b:c'", "a, '*'"})
  void partsOfAPathAreSegmentsToo(String model, String id) {
    given()
        .auth()
        .oauth2(tokens.of("devops"))
        .get("/api/v1/rate-limits/{m}/{u}", model, id)
        .then()
        .statusCode(422)
        .body("code", equalTo("invalid_key_segment"));
  }

  @Test
  void decisionsAreCounted() {
    String window = window("minute", 1, "log");
    post(check(window)).statusCode(200);
    post(check(window)).statusCode(429);
    String metrics = given().get("/q/metrics").then().statusCode(200).extract().asString();
    assertThat(metrics)
        .containsPattern(
            "coordination_ratelimit_decisions_total\\{[^}]*outcome=\"allowed\"[^}]*policy=\"inline\"")
        .containsPattern(
            "coordination_ratelimit_decisions_total\\{[^}]*outcome=\"denied\"[^}]*policy=\"inline\"")
        .containsPattern("coordination_redis_up(\\{[^}]*\\})? 1\\.0")
        .doesNotContain(user);
  }

  // --- helpers

  private static String window(String name, int limit, String algorithm) {
    return window(name, limit, algorithm, "");
  }

  private static String window(String name, int limit, String algorithm, String more) {
    return "{\"window\":\"%s\",\"limit\":%d,\"algorithm\":\"%s\"%s}"
        .formatted(name, limit, algorithm, more);
  }

  private String check(String windows, String... more) {
    return "{\"model\":\"m\",\"user_id\":\"%s\",\"windows\":[%s]%s}"
        .formatted(user, windows, more.length == 0 ? "" : "," + String.join(",", more));
  }

  private ValidatableResponse post(String check) {
    return post("/rate-limits/check", check);
  }

  private ValidatableResponse post(String path, String body) {
    return given()
        .auth()
        .oauth2(tokens.of("service"))
        .contentType("application/json")
        .body(body)
        .post("/api/v1" + path)
        .then();
  }

  private ValidatableResponse settle(String requestId, int actual) {
    return post(
        "/rate-limits/settle",
        "{\"request_id\":\"%s\",\"actual_cost\":%d}".formatted(requestId, actual));
  }

  private String policy(String body) {
    String name = "p-" + UUID.randomUUID();
    given()
        .auth()
        .oauth2(tokens.of("devops"))
        .contentType("application/json")
        .body(body)
        .put("/api/v1/rate-limit-policies/" + name)
        .then()
        .statusCode(201);
    return name;
  }

  /** The user's keys as Redis has them. */
  private Map<String, String> dump() {
    var all = new TreeMap<String, String>();
    for (Response key : run(Command.KEYS, "rl:m:" + user + ":*")) {
      all.put(key.toString(), Arrays.toString(run(Command.DUMP, key.toString()).toBytes()));
    }
    return all;
  }

  private Response run(Command command, Object... arguments) {
    return redis.send(command, arguments).await().atMost(SOON);
  }
}
