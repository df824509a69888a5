package dev.quintet.coordination.redis;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.vertx.redis.client.Command;
import jakarta.inject.Inject;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init")
class RedisHealthIT {
  private static final Duration SOON = Duration.ofSeconds(5);

  @Inject RedisStore redis;

  @AfterEach
  void usualPolicy() {
    policy("noeviction");
  }

  @ParameterizedTest
  @ValueSource(strings = {"noeviction", "volatile-lru"})
  void aPolicyThatKeepsBreakersAndKeysIsReady(String policy) {
    policy(policy);
    health("ready")
        .statusCode(200)
        .body("status", equalTo("UP"), detail("maxmemory_policy"), equalTo(policy));
  }

  @Test
  void aPolicyThatMayEvictAnythingIsRefused() {
    policy("allkeys-lru");
    health("ready")
        .statusCode(503)
        .body("status", equalTo("DOWN"), detail("reason"), containsString("allkeys-lru"));
    health("group/dependencies").statusCode(503).body(detail("state"), equalTo("REFUSED"));
  }

  private static String detail(String name) {
    return "checks.find { it.name == 'redis' }.data." + name;
  }

  private static ValidatableResponse health(String which) {
    return given().get("/q/health/" + which).then();
  }

  private void policy(String policy) {
    redis.send(Command.CONFIG, "SET", "maxmemory-policy", policy).await().atMost(SOON);
  }
}
