package dev.quintet.autoscaler.backtest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.nullValue;

import dev.quintet.autoscaler.testing.Console;
import dev.quintet.autoscaler.testing.Rows;
import dev.quintet.common.security.Roles;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.ValidatableResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Traces A and S of the brief, by hand there, through the API here. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the database is injected before each test
class BacktestIT {
  private static final Map<String, Object> CPU60 =
      Map.of("name", "cpu60", "type", "target_tracking", "metric", "cpu", "target", 60);

  Database database;

  private Console console;
  private int pool;

  @BeforeEach
  void pool() {
    console = new Console(database);
    pool = Rows.pool(database, Rows.node(database), 2, 10);
  }

  @Test
  void traceAGivesTheFiguresOfTheBrief() {
    JsonPath done =
        run(
            Map.of(
                "trace", Map.of("demand", traceA()),
                "start_instances", 2,
                "candidates",
                    List.of(
                        way("plain", Map.of()),
                        way("max5", Map.of("max_instances", 5)),
                        way("short", Map.of("behavior", Map.of("scale_in_window_seconds", 60))),
                        Map.of("name", "origin", "origin_rule", true))));

    assertThat(changes(done, "plain")).containsExactly("10: 2→4", "11: 4→7", "24: 7→2");
    assertThat(figures(done, "plain"))
        .containsEntry("instance_minutes", 147)
        .containsEntry("saturated_minutes", 2)
        .containsEntry("minutes_over_target", 2)
        .containsEntry("scale_ups", 2)
        .containsEntry("scale_downs", 1);

    assertThat(changes(done, "max5")).containsExactly("10: 2→4", "11: 4→5", "24: 5→2");
    assertThat(figures(done, "max5"))
        .containsEntry("instance_minutes", 121)
        .containsEntry("minutes_over_target", 10);

    assertThat(changes(done, "short")).last().asString().startsWith("20: ");
    assertThat(figures(done, "short")).containsEntry("instance_minutes", 127);

    assertThat(changes(done, "origin")).containsExactly("10: 2→3", "15: 3→4", "20: 4→3", "25: 3→2");
    assertThat(figures(done, "origin")).containsEntry("saturated_minutes", 10);
  }

  @Test
  void withoutACapTheFirstLookIsEnough() {
    JsonPath done =
        run(
            Map.of(
                "trace",
                Map.of("demand", traceA()),
                "start_instances",
                2,
                "capped",
                false,
                "candidates",
                List.of(way("plain", Map.of()))));

    assertThat(changes(done, "plain")).containsExactly("10: 2→7", "24: 7→2");
    assertThat(figures(done, "plain")).containsEntry("instance_minutes", 150);
  }

  @Test
  void traceSIsCalmWithItsMemoryAndFlapsWithout() {
    var demand = new ArrayList<Integer>();
    for (int minute = 0; minute < 60; minute++) {
      demand.add(minute / 2 % 2 == 0 ? 300 : 150);
    }
    JsonPath done =
        run(
            Map.of(
                "trace", Map.of("demand", demand),
                "start_instances", 5,
                "candidates",
                    List.of(
                        way("calm", Map.of("min_instances", 1)),
                        way(
                            "flapping",
                            Map.of(
                                "min_instances",
                                1,
                                "behavior",
                                Map.of("scale_in_window_seconds", 0, "cooldown_in_seconds", 0))))));

    assertThat(changes(done, "calm")).isEmpty();
    assertThat(changes(done, "flapping")).hasSize(29);
  }

  @Test
  void theSameRequestGivesTheSameResult() {
    Map<String, Object> request =
        Map.of(
            "trace", Map.of("demand", traceA()),
            "start_instances", 2,
            "candidates", List.of(way("plain", Map.of())));
    JsonPath first = run(request);
    JsonPath second = run(request);

    assertThat(second.getString("result_hash"))
        .isEqualTo(first.getString("result_hash"))
        .hasSize(64);
    assertThat((Object) second.get("result")).isEqualTo(first.get("result"));
    assertThat(second.getString("id")).isNotEqualTo(first.getString("id"));
  }

  @Test
  void theTimelineTellsEachStep() {
    JsonPath done =
        run(
            Map.of(
                "trace", Map.of("demand", traceA(), "start", "2026-05-04T10:00:00Z"),
                "start_instances", 2,
                "candidates", List.of(way("plain", Map.of()))));

    console
        .as(Roles.DEVOPS)
        .get("/api/v1/backtests/{id}/timeline", done.getString("id"))
        .then()
        .statusCode(200)
        .body("candidates[0].from", equalTo("2026-05-04T10:00:00Z"))
        .body("candidates[0].step_seconds", equalTo(60))
        .body("candidates[0].target.size()", equalTo(40))
        .body("candidates[0].target[10]", equalTo(4))
        .body("candidates[0].current[11]", equalTo(4));
  }

  @Test
  void aRecordedWindowIsReplayedAndItsPolicyCountsAsTested() {
    int policy =
        console
            .as(Roles.DEVOPS)
            .body(CPU60)
            .post("/api/v1/pools/{id}/policies", pool)
            .then()
            .statusCode(201)
            .extract()
            .path("id");
    recordTraceA();

    JsonPath done =
        run(
            Map.of(
                "from",
                "2026-05-04T10:00:00Z",
                "to",
                "2026-05-04T10:40:00Z",
                "start_instances",
                2,
                "candidates",
                List.of(Map.of("name", "mine", "policy_ids", List.of(policy)))));

    assertThat(changes(done, "mine")).containsExactly("10: 2→4", "11: 4→7", "24: 7→2");
    assertThat(figures(done, "mine"))
        .containsEntry("instance_minutes", 147)
        .containsEntry("baseline_instance_minutes", 400);

    console
        .as(Roles.DEVOPS)
        .post("/api/v1/policies/{id}/enable?require_backtest=true", policy)
        .then()
        .statusCode(200)
        .header("Warning", nullValue());
  }

  @Test
  void aWindowWithoutARecordIsNoData() {
    start(Map.of("from", "2026-05-04T10:00:00Z", "to", "2026-05-04T10:40:00Z"))
        .statusCode(409)
        .body("code", equalTo("no_data"));
    assertThat(database.rows("SELECT 1 FROM autoscaler.backtests WHERE pool_id = ?", pool))
        .isEmpty();
  }

  @Test
  void whatIsTooLongIsRefused() {
    start(Map.of("from", "2026-05-01T00:00:00Z", "to", "2026-06-01T00:00:01Z"))
        .statusCode(422)
        .body("code", equalTo("backtest_invalid"), "errors[0].pointer", equalTo("/to"));
    start(Map.of("from", "2026-05-01T00:00:00Z", "to", "2026-05-02T00:00:00Z", "step_seconds", 9))
        .statusCode(422)
        .body("errors.pointer", hasItem("/step_seconds"));
    start(Map.of("trace", Map.of("demand", Collections.nCopies(50_001, 1))))
        .statusCode(422)
        .body("code", equalTo("backtest_invalid"), "errors.pointer", contains("/trace/demand"));
    start(
            Map.of(
                "trace",
                Map.of("demand", Collections.nCopies(30_000, 1), "interval_seconds", 60),
                "step_seconds",
                10,
                "candidates",
                List.of(way("a", Map.of()), way("b", Map.of()))))
        .statusCode(422)
        .body("errors[0].detail", containsString("360000 steps"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"from\": \"2026-05-01T00:00:00Z\"}",
        "{\"from\": \"2026-05-02T00:00:00Z\", \"to\": \"2026-05-01T00:00:00Z\"}",
        "{\"trace\": {\"demand\": []}}",
        "{\"trace\": {\"demand\": [-1]}}",
        "{\"trace\": {\"demand\": [null]}}",
        "{\"trace\": {\"demand\": [1]}, \"from\": \"2026-05-02T00:00:00Z\"}",
        "{\"trace\": {\"demand\": [1]}, \"candidates\": []}",
        "{\"trace\": {\"demand\": [1]}, \"candidates\": [{\"name\": \"a\"}, {\"name\": \"a\"}]}",
        "{\"trace\": {\"demand\": [1]}, \"candidates\": [{\"name\": \"a\", \"policy_ids\": [2147483647]}]}",
        "{\"trace\": {\"demand\": [1]}, \"candidates\": [{\"name\": \"a\", \"min_instances\": 5, \"max_instances\": 4}]}",
        "{\"trace\": {\"demand\": [1]}, \"candidates\": [{\"name\": \"a\", \"origin_rule\": true, \"policy_ids\": [1]}]}",
        "{\"trace\": {\"demand\": [1]}, \"candidates\": [{\"name\": \"a\", \"policies\": [{\"name\": \"p\", \"type\": \"threshold\"}]}]}"
      })
  void whatMakesNoSenseIsRefused(String body) {
    console
        .as(Roles.DEVOPS)
        .body(body)
        .post("/api/v1/pools/{id}/backtests", pool)
        .then()
        .statusCode(422);
    assertThat(database.rows("SELECT 1 FROM autoscaler.backtests WHERE pool_id = ?", pool))
        .isEmpty();
  }

  @Test
  void aRunThatItsReplicaDidNotSurviveIsRunAgain() {
    JsonPath done =
        run(Map.of("trace", Map.of("demand", traceA()), "candidates", List.of(way("p", Map.of()))));
    String id = done.getString("id");
    database.update(
        "UPDATE autoscaler.backtests SET status = 'running', claimed_at = now() - interval '6 min', result = NULL WHERE id = ?::uuid",
        id);

    assertThat(result(id).getString("result_hash")).isEqualTo(done.getString("result_hash"));
  }

  @Test
  void aForgottenOneIsGone() {
    String id =
        run(Map.of("trace", Map.of("demand", traceA()), "candidates", List.of(way("p", Map.of()))))
            .getString("id");
    console.as(Roles.DEVOPS).delete("/api/v1/backtests/{id}", id).then().statusCode(204);
    for (String gone : List.of(id, UUID.randomUUID().toString(), "nobody", "1")) {
      console
          .as(Roles.DEVOPS)
          .get("/api/v1/backtests/{id}", gone)
          .then()
          .statusCode(404)
          .body("code", equalTo("unknown_backtest"));
      console.as(Roles.DEVOPS).delete("/api/v1/backtests/{id}", gone).then().statusCode(404);
      console.as(Roles.DEVOPS).get("/api/v1/backtests/{id}/timeline", gone).then().statusCode(404);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {Roles.USER, Roles.SERVICE})
  void onlyOperatorsTry(String role) {
    console
        .as(role)
        .body(Map.of("trace", Map.of("demand", List.of(1))))
        .post("/api/v1/pools/{id}/backtests", pool)
        .then()
        .statusCode(403);
    console.as(role).get("/api/v1/backtests/{id}", UUID.randomUUID()).then().statusCode(403);
  }

  private static List<Integer> traceA() {
    var demand = new ArrayList<Integer>();
    demand.addAll(Collections.nCopies(10, 120));
    demand.addAll(Collections.nCopies(10, 420));
    demand.addAll(Collections.nCopies(20, 90));
    return demand;
  }

  /** As a pool of ten would have reported it, so that nothing of the demand is hidden. */
  private void recordTraceA() {
    List<Integer> demand = traceA();
    for (int minute = 0; minute < demand.size(); minute++) {
      database.update(
          """
          INSERT INTO autoscaler.pool_analytics (pool_id, node_id, oracle_pool_id, "timestamp", current_instances, active_instances,
                                                 avg_cpu_utilization, avg_memory_utilization)
          SELECT p.id, p.node_id, p.oracle_pool_id, '2026-05-04T10:00:00Z'::timestamptz + make_interval(mins => ?), 10, 10, ?, 20
            FROM autoscaler.pools p WHERE p.id = ?
          """,
          minute,
          demand.get(minute) / 10.0,
          pool);
    }
  }

  private static Map<String, Object> way(String name, Map<String, Object> more) {
    var way = new HashMap<String, Object>(more);
    way.put("name", name);
    way.put("policies", List.of(CPU60));
    return way;
  }

  private ValidatableResponse start(Map<String, Object> request) {
    return console.as(Roles.DEVOPS).body(request).post("/api/v1/pools/{id}/backtests", pool).then();
  }

  private JsonPath run(Map<String, Object> request) {
    var accepted = start(request).statusCode(202).extract();
    assertThat(accepted.header("Location")).isEqualTo("/api/v1/backtests/" + accepted.path("id"));
    return result(accepted.path("id"));
  }

  private JsonPath result(String id) {
    Eventually.holds(
        Duration.ofSeconds(30),
        () ->
            console
                .as(Roles.DEVOPS)
                .get("/api/v1/backtests/{id}", id)
                .then()
                .statusCode(200)
                .body("status", equalTo("done")));
    return console.as(Roles.DEVOPS).get("/api/v1/backtests/{id}", id).jsonPath();
  }

  /** Minute and change of each decision that changed the target. */
  private static List<String> changes(JsonPath done, String candidate) {
    List<Map<String, @Nullable Object>> decisions =
        done.getList("result.find { it.name == '" + candidate + "' }.decisions");
    return decisions.stream()
        .filter(decision -> !"NO_ACTION".equals(decision.get("event")))
        .map(decision ->
            java.time.OffsetDateTime.parse(String.valueOf(decision.get("at"))).getMinute()
                + ": "
                + decision.get("previous_target")
                + "→"
                + decision.get("target"))
        .toList();
  }

  private static Map<String, @Nullable Object> figures(JsonPath done, String candidate) {
    return done.getMap("result.find { it.name == '" + candidate + "' }.figures");
  }
}
