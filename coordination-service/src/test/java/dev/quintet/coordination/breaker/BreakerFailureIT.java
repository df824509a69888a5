package dev.quintet.coordination.breaker;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.nullValue;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import dev.quintet.coordination.redis.OwnRedis;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What breakers do while Redis is really away. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@QuarkusTestResource(value = OwnRedis.class, restrictToAnnotatedClass = true)
@SuppressWarnings("NullAway.Init")
class BreakerFailureIT {
  private static final Duration SOON = Duration.ofSeconds(20);

  Database database;
  Tokens tokens;
  OwnRedis redis;

  @AfterEach
  void up() {
    redis.startServer();
  }

  @Test
  void withoutRedisOpenStaysOpenAndClosedPermits() {
    String open = configured("open");
    String halfOpen = configured("half-open");
    String closed = configured("closed");
    redis.kill();
    permit(open)
        .body("permitted", equalTo(false))
        .body("degraded", equalTo(true))
        .body("retry_after_ms", greaterThanOrEqualTo(1_000));
    permit(halfOpen).body("permitted", equalTo(false)).body("state", equalTo("half-open"));
    permit(closed)
        .body("permitted", equalTo(true))
        .body("permit_id", nullValue())
        .body("degraded", equalTo(true));
    as("service")
        .get("/api/v1/circuit-breakers/" + open)
        .then()
        .statusCode(200)
        .body("state", equalTo("open"))
        .body("degraded", equalTo(true));
    as("devops")
        .post("/api/v1/circuit-breakers/" + open + "/reset")
        .then()
        .statusCode(503)
        .body("code", equalTo("redis_unavailable"));
    redis.startServer();
    Eventually.holds(
        SOON, () -> assertThat(permit(closed).extract().<Boolean>path("degraded")).isNull());
    // Restored from the row: still open.
    permit(open).body("permitted", equalTo(false)).body("state", equalTo("open"));
  }

  @Test
  void outcomesAreKeptUpToABoundAndCountedLater() {
    String service = configured("closed");
    redis.kill();
    report(service, 600).body("buffered_count", equalTo(600)).body("dropped_count", equalTo(0));
    report(service, 600).body("buffered_count", equalTo(400)).body("dropped_count", equalTo(200));
    redis.startServer();
    Eventually.holds(
        SOON,
        () ->
            assertThat(
                    database.rows(
                        "SELECT 1 FROM coordination.circuit_breaker_states WHERE service_name = ? AND state = 'open'",
                        service))
                .hasSize(1));
    as("service")
        .get("/api/v1/circuit-breakers/" + service)
        .then()
        .body("failure_count", equalTo(1_000));
  }

  @Test
  void settingsMadeWithoutRedisHoldAfterwards() {
    String service = configured("closed");
    redis.kill();
    as("devops")
        .body(Map.of("override", "forced_open", "reason", "a test"))
        .put("/api/v1/circuit-breakers/" + service + "/override")
        .then()
        .statusCode(200);
    redis.startServer();
    Eventually.holds(
        SOON, () -> assertThat(permit(service).extract().<Boolean>path("degraded")).isNull());
    permit(service).body("permitted", equalTo(false));
  }

  private String configured(String state) {
    String service = "s-" + UUID.randomUUID();
    int made =
        database.update(
            """
            INSERT INTO coordination.circuit_breaker_states (service_name, state, version, open_until)
            VALUES (?, ?, 7, CASE WHEN ? = 'open' THEN now() + interval '1 hour' END)
            """,
            service,
            state,
            state);
    assertThat(made).isEqualTo(1);
    return service;
  }

  private ValidatableResponse permit(String service) {
    return as("service")
        .body(Map.of("reporter", "pod-1"))
        .post("/api/v1/circuit-breakers/" + service + "/permits")
        .then()
        .statusCode(200);
  }

  private ValidatableResponse report(String service, int failures) {
    return as("service")
        .body(
            Map.of(
                "outcomes",
                Collections.nCopies(failures, Map.of("outcome", "failure", "reporter", "pod-1"))))
        .post("/api/v1/circuit-breakers/" + service + "/outcomes")
        .then()
        .statusCode(200);
  }

  private RequestSpecification as(String role) {
    return given().auth().oauth2(tokens.of(role)).contentType("application/json");
  }
}
