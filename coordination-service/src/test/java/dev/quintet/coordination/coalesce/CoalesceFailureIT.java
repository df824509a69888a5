package dev.quintet.coordination.coalesce;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import dev.quintet.coordination.redis.OwnRedis;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.specification.RequestSpecification;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What coalescing does while Redis is really away. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@QuarkusTestResource(value = OwnRedis.class, restrictToAnnotatedClass = true)
@SuppressWarnings("NullAway.Init")
class CoalesceFailureIT {
  private static final String WANTED = "/api/v1/coalesce/render/0123456789abcdef";

  Tokens tokens;
  OwnRedis redis;

  @AfterEach
  void up() {
    redis.startServer();
  }

  @Test
  void withoutRedisEverybodyComputesForItself() {
    String promise =
        as().body(Map.of("holder", "h"))
            .post(WANTED)
            .then()
            .statusCode(201)
            .extract()
            .path("promise_id");
    var waiting =
        CompletableFuture.supplyAsync(
            () -> as().get(WANTED + "/" + promise + "?wait_ms=30000").jsonPath());
    redis.kill();
    as().body(Map.of("holder", "h"))
        .post(WANTED)
        .then()
        .statusCode(200)
        .body("role", equalTo("bypass"))
        .body("degraded", equalTo(true));
    JsonPath answer = waiting.join();
    assertThat(answer.getString("role")).isEqualTo("bypass");
    as().body(Map.of("result", 1))
        .post(WANTED + "/" + promise + "/complete")
        .then()
        .statusCode(503)
        .body("code", equalTo("redis_unavailable"));
    as().get(WANTED + "/stream").then().statusCode(503);
  }

  private RequestSpecification as() {
    return given().auth().oauth2(tokens.of("service")).contentType("application/json");
  }
}
