package dev.quintet.coordination.session;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import dev.quintet.coordination.redis.RedisStore;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init")
class SessionIT {
  private static final Duration SOON = Duration.ofSeconds(20);

  Tokens tokens;

  @Inject RedisStore redis;
  @Inject SessionSweepJob sweep;

  private final String user = "u-" + unique();
  private final String server = "s-" + unique();

  @Test
  void aSessionIsRegisteredFoundTouchedAndRemoved() {
    put("a", server)
        .statusCode(201)
        .body("user_id", equalTo(user))
        .body("session_id", equalTo("a"))
        .body("socket_id", equalTo("sock"))
        .body("server_id", equalTo(server))
        .body("connected_at", notNullValue())
        .body("expires_in_ms", greaterThan(86_000_000))
        .body("evicted", nullValue());
    put("a", server).statusCode(200);
    // As it is a while later.
    send(Command.PEXPIRE, hash("a"), "5000");
    as("service")
        .post("/api/v1/sessions/" + user + "/a/touch")
        .then()
        .statusCode(200)
        .body("expires_in_ms", greaterThan(86_000_000));
    find("a").statusCode(200).body("socket_id", equalTo("sock"));
    as("service")
        .delete("/api/v1/sessions/" + user + "/a")
        .then()
        .statusCode(200)
        .body("removed", equalTo(true));
    as("service").delete("/api/v1/sessions/" + user + "/a").then().body("removed", equalTo(false));
    find("a").statusCode(404).body("code", equalTo("session_expired"));
  }

  @Test
  void touchNeverRevives() {
    put("a", server);
    send(Command.DEL, hash("a"));
    as("service")
        .post("/api/v1/sessions/" + user + "/a/touch")
        .then()
        .statusCode(404)
        .body("code", equalTo("session_expired"));
    find("a").statusCode(404);
    assertThat(redis.send(Command.EXISTS, hash("a")).await().atMost(SOON).toInteger()).isZero();
  }

  @Test
  void touchAndRemovalAtOnceLeaveNothingBehind() {
    for (int round = 0; round < 10; round++) {
      put("a", server);
      var unused =
          Race.of(
              8,
              number ->
                  () ->
                      number == 0
                          ? as("service").delete("/api/v1/sessions/" + user + "/a").statusCode()
                          : as("service")
                              .post("/api/v1/sessions/" + user + "/a/touch")
                              .statusCode());
      find("a").statusCode(404);
    }
  }

  @Test
  void oneMoreThanAllowedEndsTheOneThatWasActiveLongestAgo() {
    for (int i = 0; i < 20; i++) {
      put("s" + i, server).statusCode(201);
    }
    // The first is in use, so the second is the oldest.
    as("service").post("/api/v1/sessions/" + user + "/s0/touch").then().statusCode(200);
    send(Command.HSET, hash("s1"), "last_activity", "1000");
    put("s20", server).statusCode(201).body("evicted", contains("s1"));
    find("s1").statusCode(404);
    count("user_id", user).body("count", equalTo(20));
  }

  @Test
  void aUserHasNeverMoreThanAllowed() {
    List<Integer> statuses =
        Race.of(40, number -> () -> put("s" + number, server).extract().statusCode());
    assertThat(statuses).containsOnly(201);
    count("user_id", user).body("count", equalTo(20));
    count("server_id", server).body("count", equalTo(20));
  }

  @Test
  void listsAreInPagesAndWithoutWhatIsOver() {
    for (int i = 0; i < 9; i++) {
      put("s" + i, server);
    }
    send(Command.DEL, hash("s3"));
    var expected = List.of("s0", "s1", "s2", "s4", "s5", "s6", "s7", "s8");
    assertThat(pages("server_id=" + server)).isEqualTo(expected);
    assertThat(pages("user_id=" + user)).isEqualTo(expected);
    assertThat(members(Command.SMEMBERS, "sessions:" + user)).doesNotContain("s3");
    assertThat(members(Command.ZRANGE, "sessions:server:" + server, "0", "-1"))
        .doesNotContain(user + ":s3");
  }

  @Test
  void transferMovesAllAndIsSafeToRepeat() {
    String next = "s-" + unique();
    // More than one batch of 500, straight into Redis as 600 requests would take their time.
    for (int i = 0; i < 600; i++) {
      String session = user + i / 20 + ":s" + i % 20;
      String key = redis.key("session:" + session);
      send(
          Command.HSET,
          key,
          "socket_id",
          "sock",
          "server_id",
          server,
          "connected_at",
          "1000",
          "last_activity",
          "1000");
      send(Command.PEXPIRE, key, "86400000");
      send(Command.ZADD, redis.key("sessions:server:" + server), "0", session);
    }
    List<Integer> moved = Race.of(4, () -> transfer(server, next));
    assertThat(moved.stream().mapToInt(Integer::intValue).sum()).isEqualTo(600);
    assertThat(transfer(server, next)).isZero();
    count("server_id", server).body("count", equalTo(0));
    count("server_id", next).body("count", equalTo(600));
    as("service")
        .get("/api/v1/sessions/" + user + "7/s7")
        .then()
        .body("server_id", equalTo(next))
        .body("expires_in_ms", greaterThan(86_000_000));
  }

  @Test
  void aSessionThatComesToAnotherServerLeavesTheFirst() {
    String next = "s-" + unique();
    put("a", server);
    put("a", next).statusCode(200);
    count("server_id", server).body("count", equalTo(0));
    count("server_id", next).body("count", equalTo(1));
  }

  /** I30. */
  @Test
  void afterASweepTheIndexesAreWhatLives() {
    send(Command.FLUSHDB);
    for (int i = 0; i < 10; i++) {
      put(user + i, "a", server);
      put(user + i, "b", server + (i % 2));
    }
    // Two are over without a word, one index is lost, and others hold what is not there.
    send(Command.DEL, "session:" + user + "1:a", "session:" + user + "2:b");
    send(Command.DEL, "sessions:" + user + "3");
    send(Command.ZREM, "sessions:server:" + server, user + "4:a");
    send(Command.SADD, "sessions:" + user + "5", "ghost");
    send(Command.ZADD, "sessions:server:" + server, "0", "ghost:ghost");
    send(Command.ZADD, "sessions:server:" + server, "0", user + "6:b");
    assertThat(sweep.run().await().atMost(SOON)).endsWith(" alive=18");
    var live = new HashSet<String>();
    var byUser = new HashSet<String>();
    var byServer = new HashSet<String>();
    for (String key : keys("session:*")) {
      live.add(key.substring("session:".length()));
    }
    for (String key : keys("sessions:*")) {
      String of = key.substring("sessions:".length());
      if (of.startsWith("server:")) {
        byServer.addAll(members(Command.ZRANGE, key, "0", "-1"));
      } else {
        members(Command.SMEMBERS, key).forEach(session -> byUser.add(of + ":" + session));
      }
    }
    assertThat(live).hasSize(18);
    assertThat(byUser).isEqualTo(live);
    assertThat(byServer).isEqualTo(live);
  }

  @Test
  void peopleSeeTheirOwnAndNoOthers() {
    String self = subject("user");
    put(self, "a", server).statusCode(201);
    as("user").get("/api/v1/sessions/" + self + "/a").then().statusCode(200);
    as("user")
        .get("/api/v1/sessions?user_id=" + self)
        .then()
        .statusCode(200)
        .body("items.session_id", contains("a"));
    as("user").get("/api/v1/sessions/count?user_id=" + self).then().statusCode(200);
    for (String path :
        List.of(
            "/api/v1/sessions?user_id=" + user,
            "/api/v1/sessions?server_id=" + server,
            "/api/v1/sessions/count?server_id=" + server)) {
      as("user").get(path).then().statusCode(403).body("code", equalTo("forbidden"));
      as("admin").get(path).then().statusCode(403);
    }
    put("b", server).statusCode(201);
    as("user").get("/api/v1/sessions/" + user + "/b").then().statusCode(404);
    as("admin").get("/api/v1/sessions/" + user + "/b").then().statusCode(404);
    as("user").delete("/api/v1/sessions/" + self + "/a").then().statusCode(403);
    as("service").delete("/api/v1/sessions/" + self + "/a").then().statusCode(200);
  }

  @ParameterizedTest
  @CsvSource({"a:b,s", "a*,s", "u,s:1", "u,s*"})
  void whatCannotStandInAKeyIsRefused(String user, String session) {
    as("service")
        .body(Map.of("socket_id", "x", "server_id", "y"))
        .put("/api/v1/sessions/{user}/{session}", user, session)
        .then()
        .statusCode(422)
        .body("code", equalTo("invalid_key_segment"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"socket_id\":\"x\"}|required",
        "{\"server_id\":\"x\"}|required",
        "{\"socket_id\":\"\",\"server_id\":\"x\"}|invalid_session",
        "{\"socket_id\":\"x\",\"server_id\":\"a:b\"}|invalid_key_segment",
        "{\"socket_id\":\"x\",\"server_id\":\"y\",\"ttl\":1}|unknown_field"
      })
  void registrationsThatMakeNoSenseAreRefused(String body, String code) {
    as("service")
        .body(body)
        .put("/api/v1/sessions/" + user + "/a")
        .then()
        .statusCode(422)
        .body("code", equalTo(code));
  }

  @Test
  void aListIsOfOneUserOrOneServer() {
    as("service").get("/api/v1/sessions").then().statusCode(422);
    as("service")
        .get("/api/v1/sessions?user_id=a&server_id=b")
        .then()
        .statusCode(422)
        .body("code", equalTo("invalid_parameter"));
    as("service")
        .body(Map.of("from_server", "a", "to_server", "a"))
        .post("/api/v1/sessions/transfer")
        .then()
        .statusCode(422)
        .body("code", equalTo("invalid_session"));
  }

  @Test
  void theMeterShowsWhatTheSweepCounted() {
    put("a", server);
    assertThat(sweep.run().await().atMost(SOON)).contains("alive=");
    assertThat(
            redis.send(Command.GET, SessionSweepJob.countKey(redis)).await().atMost(SOON).toLong())
        .isPositive();
  }

  private ValidatableResponse put(String session, String server) {
    return put(user, session, server);
  }

  private ValidatableResponse put(String user, String session, String server) {
    return as("service")
        .body(Map.of("socket_id", "sock", "server_id", server))
        .put("/api/v1/sessions/" + user + "/" + session)
        .then();
  }

  private ValidatableResponse find(String session) {
    return as("service").get("/api/v1/sessions/" + user + "/" + session).then();
  }

  private ValidatableResponse count(String what, String of) {
    return as("service").get("/api/v1/sessions/count?" + what + "=" + of).then().statusCode(200);
  }

  private int transfer(String from, String to) {
    return as("service")
        .body(Map.of("from_server", from, "to_server", to))
        .post("/api/v1/sessions/transfer")
        .then()
        .statusCode(200)
        .extract()
        .path("moved");
  }

  private List<String> pages(String query) {
    var all = new ArrayList<String>();
    @Nullable String cursor = null;
    do {
      JsonPath page =
          as("service")
              .get(
                  "/api/v1/sessions?limit=3&" + query + (cursor == null ? "" : "&cursor=" + cursor))
              .then()
              .statusCode(200)
              .extract()
              .jsonPath();
      all.addAll(page.getList("items.session_id", String.class));
      cursor = page.getString("next_cursor");
    } while (cursor != null);
    return all;
  }

  private RequestSpecification as(String role) {
    return given().auth().oauth2(tokens.of(role)).contentType("application/json");
  }

  private String subject(String role) {
    String payload =
        new String(
            Base64.getUrlDecoder().decode(tokens.of(role).split("\\.", -1)[1]),
            StandardCharsets.UTF_8);
    return new JsonPath(payload).getString("sub");
  }

  private String hash(String session) {
    return redis.key("session:" + user + ":" + session);
  }

  private Set<String> keys(String pattern) {
    return members(Command.KEYS, pattern);
  }

  private Set<String> members(Command command, Object... arguments) {
    return redis.send(command, arguments).await().atMost(SOON).stream()
        .map(Response::toString)
        .collect(Collectors.toSet());
  }

  private void send(Command command, Object... arguments) {
    assertThat(redis.send(command, arguments).await().atMost(SOON)).isNotNull();
  }

  private static String unique() {
    return UUID.randomUUID().toString().substring(0, 8);
  }
}
