package dev.quintet.coordination.limit;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;

import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import dev.quintet.coordination.redis.OwnRedis;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Redis is really stopped. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@QuarkusTestResource(value = OwnRedis.class, restrictToAnnotatedClass = true)
@SuppressWarnings("NullAway.Init") // the backends are injected before each test
class RateLimitOutageIT {
  private static final Duration BACK_WITHIN = Duration.ofSeconds(5);

  OwnRedis server;
  Tokens tokens;

  private final String user = "u-" + UUID.randomUUID();

  @BeforeEach
  void policies() {
    server.startServer();
    for (String mode : new String[] {"closed", "open", "local"}) {
      put(mode, "\"fail_mode\":\"" + mode + "\"");
    }
    put("watch", "\"fail_mode\":\"closed\",\"shadow\":true");
    Eventually.holds(
        BACK_WITHIN, () -> check("local").statusCode(200).body("degraded", equalTo(false)));
  }

  @AfterEach
  void start() {
    server.startServer();
  }

  @Test
  void aStoppedRedisIsWhatEachPolicySays() {
    server.kill();

    check("closed")
        .statusCode(503)
        .header("Retry-After", "1")
        .body("code", equalTo("rate_limiter_unavailable"));
    check("open")
        .statusCode(200)
        .header("RateLimit-Policy", "\"minute\";q=10;w=60")
        .body("allowed", equalTo(true), "degraded", equalTo(true), "limits", empty());
    check("watch").statusCode(200).body("allowed", equalTo(true), "degraded", equalTo(true));
    for (int i = 0; i < 10; i++) {
      check("local")
          .statusCode(200)
          .body(
              "degraded", equalTo(true),
              "limits[0].guarantee", equalTo("local_share"),
              "limits[0].remaining", equalTo(9 - i));
    }
    check("local")
        .statusCode(429)
        .body("degraded", equalTo(true), "retry_after_ms", greaterThan(0));

    given()
        .auth()
        .oauth2(tokens.of("service"))
        .contentType("application/json")
        .body("{\"request_id\":\"r\",\"actual_cost\":1}")
        .post("/api/v1/rate-limits/settle")
        .then()
        .statusCode(503)
        .body("code", equalTo("redis_unavailable"));
    given()
        .auth()
        .oauth2(tokens.of("devops"))
        .delete("/api/v1/rate-limits/m/" + user)
        .then()
        .statusCode(503);
    given()
        .get("/q/health/ready")
        .then()
        .statusCode(200)
        .body(
            "status", equalTo("UP"),
            "checks.find { it.name == 'redis' }.data.state", equalTo("DEGRADED"));

    server.startServer();
    Eventually.holds(
        BACK_WITHIN,
        () -> {
          check("closed").statusCode(200).body("degraded", equalTo(false));
          check("open").statusCode(200).body("degraded", equalTo(false));
        });
  }

  @Test
  void aFrozenRedisIsTheSame() {
    server.freeze();
    check("closed").statusCode(503);
    check("open").statusCode(200).body("degraded", equalTo(true));
    server.thaw();
    Eventually.holds(
        BACK_WITHIN, () -> check("closed").statusCode(200).body("degraded", equalTo(false)));
  }

  @Test
  void aBatchTellsOfEachCheck() {
    server.kill();
    given()
        .auth()
        .oauth2(tokens.of("service"))
        .contentType("application/json")
        .body("{\"checks\":[" + body("closed") + "," + body("open") + "]}")
        .post("/api/v1/rate-limits/check-batch")
        .then()
        .statusCode(200)
        .body(
            "results[0].error", equalTo("rate_limiter_unavailable"),
            "results[1].decision.degraded", equalTo(true));
  }

  private void put(String name, String members) {
    given()
        .auth()
        .oauth2(tokens.of("devops"))
        .contentType("application/json")
        .body(
            "{\"model_pattern\":\"outage\",\"windows\":[{\"window\":\"minute\",\"limit\":10}],"
                + members
                + "}")
        .put("/api/v1/rate-limit-policies/outage-" + name);
  }

  private String body(String policy) {
    return "{\"model\":\"m\",\"user_id\":\"%s-%s\",\"policy\":\"outage-%s\"}"
        .formatted(user, policy, policy);
  }

  private ValidatableResponse check(String policy) {
    return given()
        .auth()
        .oauth2(tokens.of("service"))
        .contentType("application/json")
        .body(body(policy))
        .post("/api/v1/rate-limits/check")
        .then();
  }
}
