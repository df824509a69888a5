package dev.quintet.coordination.session;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;

import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import dev.quintet.coordination.redis.OwnRedis;
import dev.quintet.coordination.redis.RedisStore;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import io.vertx.redis.client.Command;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Sessions of an installation that is set to be strict, with a Redis that may be away. */
@QuarkusTest
@TestProfile(SessionLimitIT.Strict.class)
@QuarkusTestResource(ServiceBackends.class)
@QuarkusTestResource(value = OwnRedis.class, restrictToAnnotatedClass = true)
@SuppressWarnings("NullAway.Init")
class SessionLimitIT {
  private static final Duration SOON = Duration.ofSeconds(30);

  public static final class Strict implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of(
          "quintet.coordination.sessions.ttl", "10m",
          "quintet.coordination.sessions.max-per-user", "2",
          "quintet.coordination.sessions.overflow", "reject");
    }
  }

  Tokens tokens;
  OwnRedis redis;

  @Inject RedisStore store;

  private final String user = "u-" + UUID.randomUUID().toString().substring(0, 8);

  @AfterEach
  void up() {
    redis.startServer();
  }

  @Test
  void oneMoreThanAllowedIsRefused() {
    List<Integer> statuses = Race.of(10, number -> () -> put("s" + number).extract().statusCode());
    assertThat(Collections.frequency(statuses, 201)).isEqualTo(2);
    assertThat(Collections.frequency(statuses, 409)).isEqualTo(8);
    put("another").statusCode(409).body("code", equalTo("too_many_sessions"));
  }

  @Test
  void whatIsTouchedOutlivesWhatIsNot() {
    put("used").statusCode(201);
    put("idle").statusCode(201);
    // As they are when their time is nearly over.
    for (String session : List.of("used", "idle")) {
      assertThat(
              store
                  .send(Command.PEXPIRE, store.key("session:" + user + ":" + session), "4000")
                  .await()
                  .atMost(SOON)
                  .toInteger())
          .isEqualTo(1);
    }
    as().post("/api/v1/sessions/" + user + "/used/touch").then().statusCode(200);
    Eventually.holds(
        SOON,
        () ->
            assertThat(as().get("/api/v1/sessions/" + user + "/idle").statusCode()).isEqualTo(404));
    as().get("/api/v1/sessions/" + user + "/used").then().statusCode(200);
    as().post("/api/v1/sessions/" + user + "/idle/touch").then().statusCode(404);
    // What is over takes nobody's place.
    put("next").statusCode(201);
  }

  @Test
  void withoutRedisSessionsAreNotToBeHad() {
    redis.kill();
    put("a")
        .statusCode(503)
        .header("Retry-After", notNullValue())
        .body("code", equalTo("redis_unavailable"));
    as().get("/api/v1/sessions/" + user + "/a").then().statusCode(503);
    as().get("/api/v1/sessions?user_id=" + user).then().statusCode(503);
    as().post("/api/v1/sessions/" + user + "/a/touch").then().statusCode(503);
  }

  private ValidatableResponse put(String session) {
    return as().body(Map.of("socket_id", "sock", "server_id", "server"))
        .put("/api/v1/sessions/" + user + "/" + session)
        .then();
  }

  private RequestSpecification as() {
    return given().auth().oauth2(tokens.of("service")).contentType("application/json");
  }
}
