package dev.quintet.autoscaler.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.nullValue;

import dev.quintet.autoscaler.testing.Console;
import dev.quintet.autoscaler.testing.Rows;
import dev.quintet.common.security.Roles;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the database is injected before each test
class PolicyIT {
  private static final String CPU60 =
      """
      {"name": "cpu60", "type": "target_tracking", "metric": "cpu", "kind": "utilization", "statistic": "avg", "window_seconds": 60,
       "target": 60, "tolerance": 0.1, "scale_in_enabled": true, "dry_run": true}
      """;

  Database database;

  private Console console;
  private int pool;

  @BeforeEach
  void pool() {
    console = new Console(database);
    pool = Rows.pool(database, Rows.node(database), 2, 10);
  }

  @Test
  void aNewPolicyMovesNothing() {
    create(CPU60)
        .statusCode(201)
        .header("Location", containsString("/api/v1/policies/"))
        .header("ETag", "\"1\"")
        .body("enabled", equalTo(false), "dry_run", equalTo(true), "version", equalTo(1))
        .body("type", equalTo("target_tracking"), "target", equalTo(60))
        .body("max_age_seconds", equalTo(180));
  }

  @Test
  void whatWasReadCanBeSentBack() {
    int id = create(CPU60).extract().path("id");
    Map<String, Object> read = new HashMap<>(get(id).extract().jsonPath().getMap(""));
    List.of("id", "pool_id", "enabled", "version", "created_at", "updated_at")
        .forEach(read::remove);
    read.put("target", 70);

    console
        .as(Roles.DEVOPS)
        .body(read)
        .put("/api/v1/policies/{id}", id)
        .then()
        .statusCode(200)
        .body("target", equalTo(70));
    get(id).body("version", equalTo(2), "name", equalTo("cpu60"), "tolerance", equalTo(0.1f));
  }

  @Test
  void aPolicyCanBecomeOneOfAnotherKind() {
    int id = create(CPU60).extract().path("id");
    console
        .as(Roles.DEVOPS)
        .body(Map.of("name", "origin", "type", "threshold", "cpu_threshold", 80))
        .put("/api/v1/policies/{id}", id)
        .then()
        .statusCode(200)
        .body("type", equalTo("threshold"), "cpu_threshold", equalTo(80), "metric", nullValue());
    assertThat(database.value("SELECT type FROM autoscaler.scaling_policies WHERE id = ?", id))
        .isEqualTo("threshold");
  }

  @Test
  void aNameIsOneOfItsKindInItsPool() {
    create(CPU60).statusCode(201);
    create(CPU60).statusCode(409).body("code", equalTo("policy_name_taken"));
    int other = Rows.pool(database, Rows.node(database), 1, 5);
    console
        .as(Roles.DEVOPS)
        .body(CPU60)
        .post("/api/v1/pools/{id}/policies", other)
        .then()
        .statusCode(201);
  }

  @Test
  void ofManyOfOneNameOneIsMade() {
    List<Integer> statuses = Race.of(16, () -> create(CPU60).extract().statusCode());
    assertThat(statuses).filteredOn(status -> status == 201).hasSize(1);
    assertThat(statuses).filteredOn(status -> status == 409).hasSize(15);
    assertThat(database.rows("SELECT 1 FROM autoscaler.scaling_policies WHERE pool_id = ?", pool))
        .hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"name\": \"p\", \"type\": \"target_tracking\", \"metric\": \"cpu\", \"target\": 0}",
        "{\"name\": \"p\", \"type\": \"target_tracking\", \"metric\": \"cpu\", \"target\": -1}",
        "{\"name\": \"p\", \"type\": \"target_tracking\", \"metric\": \"cpu\", \"target\": 60, \"tolerance\": 1}",
        "{\"name\": \"p\", \"type\": \"target_tracking\", \"metric\": \"cpu\", \"target\": 60, \"window_seconds\": 9}",
        "{\"name\": \"p\", \"type\": \"step\", \"metric\": \"cpu\", \"threshold\": 60, \"steps\": [{\"lower\": 0, \"upper\": 10, \"adjustment\": 1}, {\"lower\": 15, \"adjustment\": 2}]}",
        "{\"name\": \"p\", \"type\": \"step\", \"metric\": \"cpu\", \"threshold\": 60, \"steps\": [{\"lower\": 0, \"upper\": 10, \"adjustment\": 1}, {\"lower\": 5, \"adjustment\": 2}]}",
        "{\"name\": \"p\", \"type\": \"sometimes\", \"metric\": \"cpu\"}",
        "{\"name\": \"p\", \"type\": \"threshold\"}",
        "{\"name\": \"p\", \"type\": \"threshold\", \"cpu_threshold\": 80, \"target\": 60}",
        "{\"name\": \"p\", \"type\": \"target_tracking\", \"metric\": \"cpu\", \"target\": \"60\"}"
      })
  void aPolicyThatMakesNoSenseIsRefused(String body) {
    create(body).statusCode(422).body("code", equalTo("policy_invalid"));
    assertThat(database.rows("SELECT 1 FROM autoscaler.scaling_policies WHERE pool_id = ?", pool))
        .isEmpty();
  }

  @Test
  void anUntestedPolicyIsSwitchedOnWithAWarningOrNotAtAll() {
    int id = create(CPU60).extract().path("id");
    post(id, "enable?require_backtest=true")
        .statusCode(409)
        .body("code", equalTo("backtest_required"));
    get(id).body("enabled", equalTo(false));

    post(id, "enable")
        .statusCode(200)
        .header("Warning", containsString("back-test"))
        .body("enabled", equalTo(true));
    post(id, "disable").statusCode(200).body("enabled", equalTo(false), "version", equalTo(3));

    var unused =
        database.rows(
            "INSERT INTO autoscaler.backtests (pool_id, spec, status) VALUES (?, jsonb_build_object('tested', jsonb_build_array(?::text)), 'done') RETURNING id",
            pool,
            id + "@3");
    post(id, "enable?require_backtest=true").statusCode(200).header("Warning", nullValue());
  }

  @Test
  void whatIsSoAlreadyIsNoChange() {
    int id = create(CPU60).extract().path("id");
    post(id, "disable").statusCode(200).body("version", equalTo(1));
    post(id, "enable").statusCode(200).body("version", equalTo(2));
    post(id, "enable").statusCode(200).body("version", equalTo(2));

    assertThat(console.audit("policy", id))
        .extracting(row -> row.get("action"))
        .containsExactly("POLICY_CREATED", "POLICY_ENABLED");
  }

  @Test
  void dryRunIsAStepOfItsOwn() {
    int id = create(CPU60).extract().path("id");
    dryRun(id, "{\"dry_run\": false}")
        .statusCode(200)
        .body("dry_run", equalTo(false), "enabled", equalTo(false));
    dryRun(id, "{}").statusCode(422).body("code", equalTo("required"));

    assertThat(console.audit("policy", id))
        .extracting(row -> row.get("action"))
        .contains("POLICY_DRY_RUN_CHANGED");
  }

  @Test
  void aChangeOnWhatIsPastIsRefused() {
    int id = create(CPU60).extract().path("id");
    post(id, "enable").statusCode(200);
    console
        .as(Roles.DEVOPS)
        .header("If-Match", "\"1\"")
        .body(CPU60)
        .put("/api/v1/policies/{id}", id)
        .then()
        .statusCode(412);
    delete(id, "\"1\"").statusCode(412);
    get(id).statusCode(200).body("version", equalTo(2));

    delete(id, "\"2\"").statusCode(204);
    get(id).statusCode(404).body("code", equalTo("unknown_policy"));
  }

  @Test
  void aPoolsPoliciesAreListedEachOnce() {
    for (int i = 0; i < 5; i++) {
      create(CPU60.replace("cpu60", "p" + i)).statusCode(201);
    }
    assertThat(listed(pool)).containsExactly("p0", "p1", "p2", "p3", "p4");
    assertThat(listed(Rows.pool(database, Rows.node(database), 1, 5))).isEmpty();
    console
        .get("/pools/" + Integer.MAX_VALUE + "/policies")
        .statusCode(404)
        .body("code", equalTo("unknown_pool"));
    console.get("/pools/99999999999/policies").statusCode(404);
  }

  @Test
  void aPoolWithoutABehaviourHasTheDefaults() {
    console
        .get("/pools/" + pool + "/behavior")
        .statusCode(200)
        .header("ETag", "\"0\"")
        .body("version", equalTo(0), "scale_in_window_seconds", equalTo(300));

    behavior(
            "{\"scale_in_window_seconds\": 60, \"scale_in_rates\": {\"rates\": [{\"type\": \"percent\", \"value\": 10, \"period_seconds\": 60}]}}",
            "\"0\"")
        .statusCode(200)
        .body("version", equalTo(1), "scale_in_window_seconds", equalTo(60))
        .body("cooldown_in_seconds", equalTo(300));
    behavior("{}", "\"0\"").statusCode(412);
    behavior("{}", "\"1\"")
        .statusCode(200)
        .body("version", equalTo(2), "scale_in_window_seconds", equalTo(300));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"scale_in_window_seconds\": -1}",
        "{\"scale_in_window_seconds\": 3601}",
        "{\"cooldown_in_seconds\": \"300\"}",
        "{\"scale_in_rates\": {\"select\": \"most\"}}",
        "{\"scale_in_rates\": {\"rates\": [{\"type\": \"percent\", \"value\": 0, \"period_seconds\": 60}]}}"
      })
  void aBehaviourThatMakesNoSenseIsRefused(String body) {
    console
        .as(Roles.DEVOPS)
        .body(body)
        .put("/api/v1/pools/{id}/behavior", pool)
        .then()
        .statusCode(422)
        .body("code", equalTo("behavior_invalid"));
    console.get("/pools/" + pool + "/behavior").body("version", equalTo(0));
  }

  @ParameterizedTest
  @ValueSource(strings = {Roles.USER, Roles.SERVICE})
  void whoOnlyReadsChangesNothing(String role) {
    int id = create(CPU60).extract().path("id");
    var paths = List.of("enable", "disable", "dry-run");
    console.as(role).body(CPU60).post("/api/v1/pools/{id}/policies", pool).then().statusCode(403);
    console.as(role).body(CPU60).put("/api/v1/policies/{id}", id).then().statusCode(403);
    console.as(role).delete("/api/v1/policies/{id}", id).then().statusCode(403);
    for (String verb : paths) {
      console.as(role).body("{}").post("/api/v1/policies/{id}/" + verb, id).then().statusCode(403);
    }
    console.as(role).body("{}").put("/api/v1/pools/{id}/behavior", pool).then().statusCode(403);
    console
        .as(role)
        .get("/api/v1/policies/{id}", id)
        .then()
        .statusCode(200)
        .body("version", equalTo(1));
    console
        .as(role)
        .get("/api/v1/pools/{id}/policies", pool)
        .then()
        .statusCode(200)
        .body("items.id", hasItem(id));
  }

  private ValidatableResponse create(String body) {
    return console.as(Roles.DEVOPS).body(body).post("/api/v1/pools/{id}/policies", pool).then();
  }

  private ValidatableResponse get(int id) {
    return console.get("/policies/" + id);
  }

  private List<String> listed(int ofPool) {
    return console.pages(Roles.USER, "/pools/" + ofPool + "/policies", 2, "name");
  }

  private ValidatableResponse post(int id, String verb) {
    return console.as(Roles.DEVOPS).post("/api/v1/policies/" + id + "/" + verb).then();
  }

  private ValidatableResponse dryRun(int id, String body) {
    return console.as(Roles.DEVOPS).body(body).post("/api/v1/policies/{id}/dry-run", id).then();
  }

  private ValidatableResponse delete(int id, String ifMatch) {
    return console
        .as(Roles.DEVOPS)
        .header("If-Match", ifMatch)
        .delete("/api/v1/policies/{id}", id)
        .then();
  }

  private ValidatableResponse behavior(String body, String ifMatch) {
    return console
        .as(Roles.DEVOPS)
        .header("If-Match", ifMatch)
        .body(body)
        .put("/api/v1/pools/{id}/behavior", pool)
        .then();
  }
}
