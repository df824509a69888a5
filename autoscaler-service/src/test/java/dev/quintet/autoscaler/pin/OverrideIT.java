package dev.quintet.autoscaler.pin;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;

import dev.quintet.autoscaler.testing.Rows;
import dev.quintet.common.security.Roles;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@SuppressWarnings("NullAway.Init") // the backends are injected before each test
@QuarkusTestResource(ServiceBackends.class)
class OverrideIT {
  Database database;
  Tokens tokens;

  private int pool;

  @BeforeEach
  void pool() {
    pool = Rows.pool(database, Rows.node(database), 2, 10);
  }

  @Test
  void aPinIsKeptUntilItExpires() {
    pin(6, Duration.ofHours(1))
        .statusCode(200)
        .body("pool_id", equalTo(pool), "target", equalTo(6), "reason", equalTo("black friday"))
        .body("warnings", empty());
    get().statusCode(200).body("target", equalTo(6));

    aged();
    get().statusCode(404).body("code", equalTo("no_override"));
  }

  @ParameterizedTest
  @CsvSource({"0, 2", "1, 2", "11, 10", "2000000000, 10"})
  void aTargetOutsideTheLimitsIsBroughtIn(int asked, int kept) {
    pin(asked, Duration.ofHours(1))
        .statusCode(200)
        .body("target", equalTo(kept))
        .body("warnings", contains("target_clamped"));
  }

  @Test
  void theLastOfManyPinsStandsAndAllAreOnRecord() {
    Race.of(20, i -> () -> pin(2 + i % 8, Duration.ofHours(1)).extract().statusCode())
        .forEach(status -> assertThat(status).isEqualTo(200));

    assertThat(database.rows("SELECT 1 FROM autoscaler.pool_overrides WHERE pool_id = ?", pool))
        .hasSize(1);
    assertThat(audits("OVERRIDE_SET", "SUCCESS")).hasSize(20);
    // Each row's before is the after of the one before it: no pin was lost between two.
    var chain = audits("OVERRIDE_SET", "SUCCESS");
    for (int i = 1; i < chain.size(); i++) {
      assertThat(chain.get(i).get("before")).isEqualTo(chain.get(i - 1).get("after"));
    }
  }

  @Test
  void endingAPinTwiceIsOneChange() {
    pin(6, Duration.ofHours(1)).statusCode(200);
    delete().statusCode(204);
    delete().statusCode(204);

    get().statusCode(404);
    assertThat(audits("OVERRIDE_CLEARED", "SUCCESS")).hasSize(1);
  }

  @Test
  void anExpiredPinIsNoneBeforeTheNext() {
    pin(6, Duration.ofHours(1)).statusCode(200);
    aged();
    pin(7, Duration.ofHours(1)).statusCode(200);

    assertThat(audits("OVERRIDE_SET", "SUCCESS").getLast().get("before")).isEqualTo("null");
  }

  @Test
  void agentsHearOfAPinAndOfItsEnd() {
    pin(6, Duration.ofHours(1)).statusCode(200);
    delete().statusCode(204);

    assertThat(
            database.rows(
                "SELECT payload ->> 'target' AS target FROM autoscaler.events WHERE pool_id = ? AND kind = 'override' ORDER BY id",
                pool))
        .extracting(row -> row.get("target"))
        .containsExactly("6", null);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-PT1S", "P8D"})
  void anEndThatIsPastOrTooFarIsRefused(Duration away) {
    pin(6, away)
        .statusCode(422)
        .body("code", equalTo("override_invalid"), "errors[0].pointer", equalTo("/expires_at"));

    get().statusCode(404);
    assertThat(audits("OVERRIDE_SET", "FAILURE"))
        .singleElement()
        .satisfies(row -> assertThat(row.get("error_message")).isEqualTo("override_invalid"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"target\": -1, \"reason\": \"r\", \"expires_at\": \"2126-01-01T00:00:00Z\"}",
        "{\"target\": 1, \"reason\": \"  \", \"expires_at\": \"2126-01-01T00:00:00Z\"}",
        "{\"target\": 1, \"reason\": \"r\", \"expires_at\": \"tomorrow\"}",
        "{\"target\": 99999999999, \"reason\": \"r\", \"expires_at\": \"2126-01-01T00:00:00Z\"}"
      })
  void whatMakesNoSenseIsRefused(String body) {
    as(Roles.DEVOPS).body(body).put("/api/v1/pools/{id}/override", pool).then().statusCode(422);
    get().statusCode(404);
  }

  @Test
  void aKeyStandsForOnePin() {
    String key = UUID.randomUUID().toString();
    Instant until = Instant.now().plus(Duration.ofHours(1));
    keyed(key, 6, until).statusCode(200).body("target", equalTo(6));
    keyed(key, 6, until).statusCode(200).body("target", equalTo(6));
    keyed(key, 7, until).statusCode(422).body("code", equalTo("idempotency_key_reused"));

    assertThat(audits("OVERRIDE_SET", "SUCCESS")).hasSize(1);
  }

  @Test
  void aPoolThatIsNotThereIsSaidSo() {
    int nobody = Integer.MAX_VALUE;
    as(Roles.DEVOPS)
        .body(body(6, Instant.now().plusSeconds(60)))
        .put("/api/v1/pools/{id}/override", nobody)
        .then()
        .statusCode(404)
        .body("code", equalTo("unknown_pool"));
    as(Roles.DEVOPS).delete("/api/v1/pools/{id}/override", nobody).then().statusCode(404);
    as(Roles.USER).get("/api/v1/pools/{id}/override", nobody).then().statusCode(404);
  }

  @ParameterizedTest
  @ValueSource(strings = {Roles.USER, Roles.SERVICE})
  void whoOnlyReadsMayNotPin(String role) {
    as(role)
        .body(body(6, Instant.now().plusSeconds(60)))
        .put("/api/v1/pools/{id}/override", pool)
        .then()
        .statusCode(403);
    as(role).delete("/api/v1/pools/{id}/override", pool).then().statusCode(403);

    get().statusCode(404);
    assertThat(audits("OVERRIDE_SET", "FAILURE"))
        .singleElement()
        .satisfies(row -> assertThat(row.get("error_message")).isEqualTo("forbidden"));
  }

  private ValidatableResponse pin(int target, Duration away) {
    return as(Roles.DEVOPS)
        .body(body(target, Instant.now().plus(away)))
        .put("/api/v1/pools/{id}/override", pool)
        .then();
  }

  private ValidatableResponse keyed(String key, int target, Instant until) {
    return as(Roles.DEVOPS)
        .header("Idempotency-Key", key)
        .body(body(target, until))
        .put("/api/v1/pools/{id}/override", pool)
        .then();
  }

  private static Map<String, Object> body(int target, Instant until) {
    return Map.of("target", target, "reason", "black friday", "expires_at", until.toString());
  }

  private ValidatableResponse get() {
    return as(Roles.USER).get("/api/v1/pools/{id}/override", pool).then();
  }

  private ValidatableResponse delete() {
    return as(Roles.DEVOPS).delete("/api/v1/pools/{id}/override", pool).then();
  }

  private io.restassured.specification.RequestSpecification as(String role) {
    return given().auth().oauth2(tokens.of(role)).contentType("application/json");
  }

  private void aged() {
    database.update(
        "UPDATE autoscaler.pool_overrides SET expires_at = now() - interval '1 s' WHERE pool_id = ?",
        pool);
  }

  private List<Map<String, Object>> audits(String action, String status) {
    return database.rows(
        """
        SELECT (details::json -> 'before')::text AS before, (details::json -> 'after')::text AS after, error_message, ip_address, user_agent
          FROM autoscaler.audit_logs WHERE action = ? AND status = ? AND resource_id = ? ORDER BY id
        """,
        action,
        status,
        Integer.toString(pool));
  }
}
