package dev.quintet.autoscaler.schedule;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import dev.quintet.autoscaler.testing.Rows;
import dev.quintet.common.security.Roles;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the backends are injected before each test
class ScheduleIT {
  private static final String SCHEDULES = "/api/v1/schedules";

  Database database;
  Tokens tokens;

  private int node;
  private int pool;

  @BeforeEach
  void pool() {
    node = Rows.node(database);
    pool = Rows.pool(database, node, 2, 10);
  }

  @Test
  void whatIsLeftOutHasItsDefault() {
    int id = create(Map.of()).statusCode(201).extract().path("id");

    get(id)
        .statusCode(200)
        .header("ETag", "\"1\"")
        .body("node_id", equalTo(node), "pool_id", equalTo(pool), "mode", equalTo("exact"))
        .body("timezone", equalTo("UTC"), "days_of_week", equalTo(127), "priority", equalTo(0))
        .body("is_active", equalTo(true), "valid_from", nullValue(), "overlaps", empty())
        .body("next_transition_at", notNullValue());
  }

  @Test
  void aScheduleOfAPoolKnowsItsNode() {
    create(with("node_id", null)).statusCode(201).body("node_id", equalTo(node));
  }

  @ParameterizedTest
  @CsvSource({
    "9:00, 17:00, /start_time",
    "25:00, 17:00, /start_time",
    "12:60, 17:00, /start_time",
    "12:0, 17:00, /start_time",
    "'', 17:00, /start_time",
    "12:00:00, 17:00, /start_time",
    "٠٩:٠٠, 17:00, /start_time",
    "24:00, 17:00, /start_time",
    "09:00, 24:01, /end_time",
    "09:00, 09:00, /end_time",
    "00:00, 00:00, /end_time"
  })
  void aTimeIsHoursAndMinutes(String start, String end, String pointer) {
    create(Map.of("start_time", start, "end_time", end))
        .statusCode(422)
        .body("code", equalTo("schedule_invalid"), "errors.pointer", hasItem(pointer));
    assertNone();
  }

  @Test
  void aTimeEndsWhereItEnds() {
    create(Map.of("start_time", "09:00\n"))
        .statusCode(422)
        .body("code", equalTo("schedule_invalid"))
        .body("errors[0].detail", equalTo("must be HH:MM, 00:00 to 23:59"));
    create(Map.of("start_time", "00:00", "end_time", "00:00"))
        .statusCode(422)
        .body(
            "errors[0].detail",
            equalTo("must differ from start_time; a whole day is 00:00 to 24:00"));
    create(Map.of("start_time", "00:00", "end_time", "24:00")).statusCode(201);
  }

  @ParameterizedTest
  @ValueSource(strings = {"CET+1", "Mars/Base", "", "+02:00", "europe/berlin"})
  void aZoneIsAnIanaName(String zone) {
    create(Map.of("timezone", zone)).statusCode(422).body("code", equalTo("timezone_unknown"));
    assertNone();
  }

  @ParameterizedTest
  @CsvSource({
    "target_instances, -1",
    "target_instances, 1001",
    "days_of_week, 0",
    "days_of_week, 128",
    "mode, sometimes",
    "valid_from, yesterday",
    "priority, 99999999999"
  })
  void aValueThatMakesNoSenseIsRefused(String field, String value) {
    Object asNumber = value.matches("-?[0-9]+") ? (Object) Long.valueOf(value) : value;
    create(Map.of(field, asNumber))
        .statusCode(422)
        .body("code", equalTo("schedule_invalid"), "errors[0].pointer", equalTo("/" + field));
    assertNone();
  }

  @Test
  void allThatIsWrongIsToldAtOnce() {
    create(
            Map.of(
                "start_time",
                "9",
                "timezone",
                "Mars",
                "name",
                " ",
                "valid_from",
                "2026-02-01",
                "valid_until",
                "2026-01-01"))
        .statusCode(422)
        .body("code", equalTo("validation_failed"))
        .body("errors.pointer", hasItem("/start_time"))
        .body("errors.pointer", hasItem("/timezone"))
        .body("errors.pointer", hasItem("/name"))
        .body("errors.pointer", hasItem("/valid_until"));
  }

  @Test
  void aTargetThatNoPoolAllowsIsAWarning() {
    create(Map.of("target_instances", 11))
        .statusCode(201)
        .body("warnings", contains("target_will_be_clamped"));
    create(Map.of("target_instances", 10)).statusCode(201).body("warnings", empty());

    Rows.pool(database, node, 1, 50);
    create(with("pool_id", null, "target_instances", 40)).statusCode(201).body("warnings", empty());
    create(with("pool_id", null, "target_instances", 51))
        .statusCode(201)
        .body("warnings", contains("target_will_be_clamped"));
  }

  @Test
  void overlapsAreToldWithTheOneThatPrevails() {
    int night =
        create(Map.of("name", "night", "start_time", "22:00", "end_time", "06:00"))
            .extract()
            .path("id");
    int early =
        create(Map.of("name", "early", "start_time", "05:00", "end_time", "09:00", "priority", 1))
            .statusCode(201)
            .body("overlaps.schedule_id", contains(night))
            .body("overlaps.name", contains("night"))
            .extract()
            .path("id");
    create(Map.of("name", "floor", "start_time", "05:30", "end_time", "05:40", "mode", "floor"))
        .statusCode(201)
        .body("overlaps.schedule_id", contains(night, early))
        .body("overlaps.prevails", contains(nullValue(), nullValue()));
    // Half-open windows that meet do not overlap.
    create(Map.of("name", "day", "start_time", "09:00", "end_time", "22:00"))
        .statusCode(201)
        .body("overlaps", empty());

    get(night).body("overlaps.find { it.name == 'early' }.prevails", equalTo(early));
    // The pool's own comes before the node's, whatever the priority.
    create(
            with(
                "pool_id",
                null,
                "name",
                "all",
                "start_time",
                "05:00",
                "end_time",
                "05:10",
                "priority",
                99))
        .statusCode(201)
        .body("overlaps.find { it.name == 'early' }.prevails", equalTo(early));
  }

  @Test
  void schedulesOfOtherPoolsDoNotOverlap() {
    int other = Rows.pool(database, node, 1, 10);
    create(Map.of()).statusCode(201);
    create(Map.of("pool_id", other)).statusCode(201).body("overlaps", empty());
    create(Map.of("is_active", false)).statusCode(201).body("overlaps", empty());
  }

  @Test
  void aPatchChangesWhatItNames() {
    int id =
        create(Map.of("valid_from", "2026-01-01", "valid_until", "2026-12-31"))
            .extract()
            .path("id");

    patch(id, "{\"name\": \"renamed\", \"valid_until\": null}")
        .statusCode(200)
        .header("ETag", "\"2\"")
        .body("name", equalTo("renamed"), "valid_until", nullValue())
        .body("valid_from", equalTo("2026-01-01"), "start_time", equalTo("09:00"));
    patch(id, "{\"pool_id\": null}").statusCode(200).body("pool_id", nullValue());
    patch(id, "{\"end_time\": \"09:00\"}")
        .statusCode(422)
        .body("code", equalTo("schedule_invalid"));
    patch(id, "{\"colour\": 1}").statusCode(422).body("code", equalTo("unknown_field"));

    get(id).body("version", equalTo(3), "end_time", equalTo("17:00"));
    assertThat(audits("SCHEDULE_UPDATED", id))
        .extracting(row -> row.get("changed"))
        .first()
        .asString()
        .contains("name", "valid_until")
        .doesNotContain("start_time");
  }

  @Test
  void ofManyChangesThatSawTheSameOneWins() {
    int id = create(Map.of()).extract().path("id");

    List<Integer> statuses =
        Race.of(
            16,
            i ->
                () ->
                    as(Roles.DEVOPS)
                        .header("If-Match", "\"1\"")
                        .body(body(Map.of("priority", i)))
                        .put(SCHEDULES + "/{id}", id)
                        .statusCode());

    assertThat(statuses).filteredOn(status -> status == 200).hasSize(1);
    assertThat(statuses).filteredOn(status -> status == 412).hasSize(15);
    get(id).body("version", equalTo(2));
    assertThat(audits("SCHEDULE_UPDATED", id)).hasSize(1);
  }

  @Test
  void aDeletedScheduleIsGone() {
    int id = create(Map.of()).extract().path("id");
    as(Roles.DEVOPS)
        .header("If-Match", "\"7\"")
        .delete(SCHEDULES + "/{id}", id)
        .then()
        .statusCode(412);
    as(Roles.DEVOPS).delete(SCHEDULES + "/{id}", id).then().statusCode(204);
    as(Roles.DEVOPS)
        .delete(SCHEDULES + "/{id}", id)
        .then()
        .statusCode(404)
        .body("code", equalTo("unknown_schedule"));

    get(id).statusCode(404);
    assertThat(audits("SCHEDULE_DELETED", id)).hasSize(1);
  }

  @Test
  void whatItIsForMustBeThere() {
    create(with("node_id", Integer.MAX_VALUE, "pool_id", null))
        .statusCode(404)
        .body("code", equalTo("unknown_node"));
    create(Map.of("pool_id", Integer.MAX_VALUE))
        .statusCode(404)
        .body("code", equalTo("unknown_pool"));
    create(Map.of("node_id", Rows.node(database)))
        .statusCode(422)
        .body("code", equalTo("schedule_invalid"), "errors[0].pointer", equalTo("/pool_id"));
    create(with("node_id", null, "pool_id", null))
        .statusCode(422)
        .body("code", equalTo("required"));
    assertNone();
  }

  @Test
  void aRepeatWithItsKeyMakesNoSecondOne() {
    String key = UUID.randomUUID().toString();
    Object first = keyed(key).statusCode(201).extract().path("id");
    Object again = keyed(key).statusCode(201).extract().path("id");

    assertThat(again).isEqualTo(first);
    assertThat(database.rows("SELECT 1 FROM autoscaler.schedules WHERE pool_id = ?", pool))
        .hasSize(1);
  }

  @Test
  void aPreviewTellsOfTheClockChange() {
    int id =
        create(Map.of("start_time", "02:10", "end_time", "02:50", "timezone", "Europe/Berlin"))
            .extract()
            .path("id");

    as(Roles.USER)
        .get(SCHEDULES + "/{id}/preview?days=92", id)
        .then()
        .statusCode(200)
        .body("openings.size()", org.hamcrest.Matchers.greaterThan(90))
        .body("openings[3].nominal_minutes", equalTo(40), "openings[3].spans.size()", equalTo(1));
    for (String days : List.of("0", "93", "-1", "x", "1.5")) {
      as(Roles.USER)
          .queryParam("days", days)
          .get(SCHEDULES + "/{id}/preview", id)
          .then()
          .statusCode(422)
          .body("code", equalTo("invalid_window"));
    }
  }

  @Test
  void aPlanIsWithoutGaps() {
    create(
        Map.of("name", "day", "start_time", "09:00", "end_time", "17:00", "target_instances", 5));
    create(
        Map.of(
            "name",
            "floor",
            "start_time",
            "12:00",
            "end_time",
            "18:00",
            "target_instances",
            3,
            "mode",
            "floor"));

    as(Roles.USER)
        .queryParams("from", "2026-05-04T08:00:00Z", "to", "2026-05-04T20:00:00Z")
        .get("/api/v1/pools/{id}/schedule-plan", pool)
        .then()
        .statusCode(200)
        .body(
            "stretches.from",
            contains(
                "2026-05-04T08:00:00Z",
                "2026-05-04T09:00:00Z",
                "2026-05-04T12:00:00Z",
                "2026-05-04T17:00:00Z",
                "2026-05-04T18:00:00Z"))
        .body("stretches.collect { it.exact?.name }", contains(null, "day", "day", null, null))
        .body("stretches.collect { it.floor?.target_instances }", contains(null, null, 3, 3, null));
  }

  @ParameterizedTest
  @CsvSource({
    "2026-05-04T08:00:00Z, 2026-05-04T08:00:00Z",
    "2026-05-04T08:00:00Z, 2026-09-04T08:00:00Z"
  })
  void aPlanHasAWindow(String from, String to) {
    as(Roles.USER)
        .queryParams("from", from, "to", to)
        .get("/api/v1/pools/{id}/schedule-plan", pool)
        .then()
        .statusCode(422)
        .body("code", equalTo("invalid_window"));
  }

  @Test
  void aListShowsEachOnce() {
    for (int i = 0; i < 5; i++) {
      create(Map.of("name", "s" + i)).statusCode(201);
    }
    var seen = new java.util.ArrayList<Object>();
    String cursor = null;
    do {
      var request = as(Roles.USER).queryParam("pool_id", pool).queryParam("limit", 2);
      var page =
          (cursor == null ? request : request.queryParam("cursor", cursor))
              .get(SCHEDULES)
              .then()
              .statusCode(200)
              .extract();
      seen.addAll(page.path("items.name"));
      cursor = page.path("next_cursor");
    } while (cursor != null);
    assertThat(seen).containsExactly("s0", "s1", "s2", "s3", "s4");
    as(Roles.USER).queryParam("is_active", "perhaps").get(SCHEDULES).then().statusCode(422);
  }

  @ParameterizedTest
  @ValueSource(strings = {Roles.USER, Roles.SERVICE})
  void whoOnlyReadsChangesNothing(String role) {
    int id = create(Map.of()).extract().path("id");
    as(role).body(body(Map.of())).post(SCHEDULES).then().statusCode(403);
    as(role).body(body(Map.of())).put(SCHEDULES + "/{id}", id).then().statusCode(403);
    as(role).body("{}").patch(SCHEDULES + "/{id}", id).then().statusCode(403);
    as(role).delete(SCHEDULES + "/{id}", id).then().statusCode(403);
    as(role).get(SCHEDULES + "/{id}", id).then().statusCode(200).body("version", equalTo(1));
    as(role).get(SCHEDULES).then().statusCode(200).body("items", not(empty()));
  }

  private ValidatableResponse create(Map<String, ? extends @Nullable Object> values) {
    return as(Roles.DEVOPS).body(body(values)).post(SCHEDULES).then();
  }

  private ValidatableResponse keyed(String key) {
    return as(Roles.DEVOPS)
        .header("Idempotency-Key", key)
        .body(body(Map.of()))
        .post(SCHEDULES)
        .then();
  }

  private Map<String, @Nullable Object> body(Map<String, ? extends @Nullable Object> values) {
    var body = new HashMap<String, @Nullable Object>();
    body.put("node_id", node);
    body.put("pool_id", pool);
    body.put("name", "office hours");
    body.put("start_time", "09:00");
    body.put("end_time", "17:00");
    body.put("target_instances", 5);
    body.putAll(values);
    return body;
  }

  private static Map<String, @Nullable Object> with(@Nullable Object... pairs) {
    var values = new HashMap<String, @Nullable Object>();
    for (int i = 0; i < pairs.length; i += 2) {
      values.put(String.valueOf(pairs[i]), pairs[i + 1]);
    }
    return values;
  }

  private ValidatableResponse patch(int id, String body) {
    return as(Roles.DEVOPS).body(body).patch(SCHEDULES + "/{id}", id).then();
  }

  private ValidatableResponse get(int id) {
    return as(Roles.USER).get(SCHEDULES + "/{id}", id).then();
  }

  private RequestSpecification as(String role) {
    return given().auth().oauth2(tokens.of(role)).contentType("application/json");
  }

  private void assertNone() {
    assertThat(database.rows("SELECT 1 FROM autoscaler.schedules WHERE node_id = ?", node))
        .isEmpty();
  }

  private List<Map<String, @Nullable Object>> audits(String action, int id) {
    return database.rows(
        "SELECT (details::json -> 'changed')::text AS changed FROM autoscaler.audit_logs WHERE action = ? AND status = 'SUCCESS' AND resource_id = ? ORDER BY id",
        action,
        Integer.toString(id));
  }
}
