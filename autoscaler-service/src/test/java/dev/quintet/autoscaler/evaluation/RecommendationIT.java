package dev.quintet.autoscaler.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.nullValue;

import dev.quintet.autoscaler.testing.Console;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What would be decided; asking changes nothing. */
@QuarkusTest
@SuppressWarnings("NullAway.Init") // the backends are injected before each test
@QuarkusTestResource(ServiceBackends.class)
class RecommendationIT {
  Database database;

  private Console console;
  private Fleet fleet;

  @BeforeEach
  void fleet() {
    console = new Console(database);
    fleet = new Fleet(database, 2, 10).policy("cpu60", false, Fleet.CPU_60).mode("managed");
    fleet.beat(4, 60).statusCode(200);
  }

  @Test
  void theQuestionIsAnsweredByWhatDecides() {
    console
        .get("/pools/" + fleet.pool + "/recommendation")
        .statusCode(200)
        .body("decision_id", nullValue())
        .body("pool_id", equalTo(fleet.pool))
        .body("event", equalTo("NO_ACTION"))
        .body("code", equalTo("WITHIN_TOLERANCE"))
        .body("target", equalTo(4));
  }

  @ParameterizedTest
  @CsvSource({
    "90, SCALE_UP, METRIC_ABOVE_TARGET, 6",
    "66, NO_ACTION, WITHIN_TOLERANCE, 4",
    "66.1, SCALE_UP, METRIC_ABOVE_TARGET, 5"
  })
  void otherReadings(double cpu, String event, String code, int target) {
    ask(Map.of("metrics", Map.of("cpu", cpu)))
        .statusCode(200)
        .body("event", equalTo(event), "code", equalTo(code), "target", equalTo(target));
  }

  @Test
  void otherLimits() {
    ask(Map.of("metrics", Map.of("cpu", 90), "limits", Map.of("min", 1, "max", 5)))
        .body("target", equalTo(5), "limits.max", equalTo(5));
  }

  @Test
  void otherPolicies() {
    var queue =
        Map.of(
            "name", "queue",
            "type", "target_tracking",
            "metric", "queue",
            "kind", "total",
            "target", 10,
            "dry_run", false);
    ask(Map.of("metrics", Map.of("queue", 85), "policies", List.of(queue)))
        .statusCode(200)
        .body("target", equalTo(9), "policies[0].name", equalTo("queue"));
  }

  @Test
  void anotherInstant() {
    fleet.schedule("exact", "09:00", "17:00", 5);
    var busy = Map.of("cpu", 90);
    ask(Map.of("metrics", busy, "at", tomorrow("10:00:00")))
        .statusCode(200)
        .body("target", equalTo(5), "code", equalTo("SCHEDULE_EXACT"))
        .body("warnings", hasItem("SCHEDULE_HOLDS_BACK_SCALE_OUT"));
    ask(Map.of("metrics", busy, "at", tomorrow("17:00:00")))
        .body("target", equalTo(6), "code", equalTo("METRIC_ABOVE_TARGET"));
  }

  @Test
  void askingChangesNothing() {
    List<Object> before = rows();
    console.get("/pools/" + fleet.pool + "/recommendation").statusCode(200);
    ask(Map.of("metrics", Map.of("cpu", 99), "limits", Map.of("min", 0, "max", 1000)))
        .statusCode(200)
        .body("event", equalTo("SCALE_UP"));
    ask(Map.of("at", tomorrow("03:00:00"))).statusCode(200);
    assertThat(rows()).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "limits_invalid | {\"limits\": {\"min\": 3, \"max\": 2}}",
        "limits_invalid | {\"limits\": {\"min\": -1, \"max\": 2}}",
        "limits_invalid | {\"limits\": {\"min\": 0, \"max\": 1001}}",
        "policy_invalid | {\"policies\": [{\"name\": \"x\", \"type\": \"target_tracking\", \"metric\": \"cpu\", \"target\": 0}]}",
        "timestamp_out_of_range | {\"at\": \"1999-01-01T00:00:00Z\"}",
        "timestamp_out_of_range | {\"at\": \"9999-01-01T00:00:00Z\"}",
        "unknown_field | {\"bogus\": 1}"
      })
  void whatCannotBeAskedIsRefused(String code, String body) {
    ask(body).statusCode(422).body("errors[0].code", equalTo(code));
  }

  @Test
  void onlyWhoReadsMayAsk() {
    console
        .as("service")
        .get("/api/v1/pools/{id}/recommendation", fleet.pool)
        .then()
        .statusCode(200);
    fleet
        .agent
        .request()
        .get("/api/v1/pools/{id}/recommendation", fleet.pool)
        .then()
        .statusCode(403);
    io.restassured.RestAssured.given()
        .get("/api/v1/pools/{id}/recommendation", fleet.pool)
        .then()
        .statusCode(401);
  }

  private ValidatableResponse ask(Object body) {
    return console
        .as("user")
        .body(body)
        .post("/api/v1/pools/{id}/recommendation", fleet.pool)
        .then();
  }

  private static String tomorrow(String time) {
    return java.time.LocalDate.now(java.time.ZoneOffset.UTC).plusDays(1) + "T" + time + "Z";
  }

  /** All rows about the pool, to the last column. */
  private List<Object> rows() {
    var all = new ArrayList<Object>();
    for (String table :
        List.of(
            "pool_scaling_state",
            "pool_recommendations",
            "scaling_decisions",
            "pool_analytics",
            "scaling_policies",
            "events")) {
      all.add(
          database.rows(
              "SELECT t::text, t.xmin::text FROM autoscaler."
                  + table
                  + " t WHERE t.pool_id = ? ORDER BY t::text",
              fleet.pool));
    }
    all.add(
        database.rows(
            "SELECT p::text, p.xmin::text FROM autoscaler.pools p WHERE p.id = ?", fleet.pool));
    all.add(
        database.rows(
            "SELECT a::text FROM autoscaler.audit_logs a WHERE a.resource_type = 'pool' AND a.resource_id = ? ORDER BY a.id",
            Integer.toString(fleet.pool)));
    return all;
  }
}
