package dev.quintet.coordination.breaker;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.SseReader;
import dev.quintet.common.testing.Tokens;
import dev.quintet.coordination.redis.RedisStore;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import io.vertx.redis.client.Command;
import jakarta.inject.Inject;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init")
class BreakerIT {
  private static final Duration SOON = Duration.ofSeconds(20);

  /** Opens at the third failure of five, for a moment. */
  private static final Map<String, Object> QUICK =
      Map.of(
          "failure_threshold", 3,
          "volume_threshold", 5,
          "reset_timeout_ms", 300,
          "max_reset_timeout_ms", 600,
          "half_open_requests", 2,
          "probe_timeout_ms", 60_000);

  Database database;
  Tokens tokens;

  @Inject RedisStore redis;
  @Inject BreakerSyncJob job;

  @Test
  void theSeedsServicesHaveTheFiguresOfTheirOrigin() {
    as("service")
        .get("/api/v1/circuit-breakers/gpt-4o-mini")
        .then()
        .statusCode(200)
        .body("config.failure_threshold", equalTo(3))
        .body("config.monitoring_window_ms", equalTo(120_000))
        .body("config.reset_timeout_ms", equalTo(60_000))
        .body("config.max_reset_timeout_ms", equalTo(600_000))
        .body("config.half_open_requests", equalTo(2))
        .body("config.volume_threshold", equalTo(5));
  }

  @Test
  void aServiceThatIsAskedAboutFirstHasTheGeneralFigures() {
    String service = unique();
    permit(service).body("permitted", equalTo(true)).body("permit_id", notNullValue());
    as("user")
        .get("/api/v1/circuit-breakers/" + service)
        .then()
        .statusCode(200)
        .body("config.failure_threshold", equalTo(5))
        .body("config.monitoring_window_ms", equalTo(60_000))
        .body("config.reset_timeout_ms", equalTo(30_000))
        .body("config.half_open_requests", equalTo(3))
        .body("config.volume_threshold", equalTo(10));
  }

  @Test
  void aBreakerOpensIsProbedAndCloses() {
    String service = opened(with("reset_timeout_ms", 2_500, "max_reset_timeout_ms", 2_500));
    permit(service)
        .body("permitted", equalTo(false))
        .body("state", equalTo("open"))
        .body("permit_id", nullValue())
        .body("retry_after_ms", lessThanOrEqualTo(2_500));

    var first = probe(service);
    var second = probe(service);
    permit(service).body("permitted", equalTo(false)).body("state", equalTo("half-open"));
    report(service, outcome("success", first))
        .body("state", equalTo("half-open"))
        .body("changed", equalTo(false));
    report(service, outcome("success", second))
        .body("state", equalTo("closed"))
        .body("changed", equalTo(true))
        .body("version", equalTo(3));

    as("devops")
        .get("/api/v1/circuit-breakers/" + service + "/history")
        .then()
        .statusCode(200)
        .body("items.version", contains(3, 2, 1))
        .body("items.to_state", contains("closed", "half-open", "open"))
        .body("items.cause", contains("probes_succeeded", "reset_timeout", "failures"))
        .body("next_cursor", nullValue());
  }

  @Test
  void anybodySeesTheStateAndNothingElse() {
    String service = opened(Map.of("failure_threshold", 1, "volume_threshold", 1));
    Map<String, Object> seen =
        given()
            .get("/api/v1/circuit-breakers/" + service)
            .then()
            .statusCode(200)
            .extract()
            .path("");
    assertThat(seen)
        .containsOnlyKeys("service_name", "state", "last_state_change", "since", "retry_after_ms")
        .containsEntry("state", "open");
    List<Map<String, Object>> all =
        given().get("/api/v1/circuit-breakers?state=open&limit=200").then().extract().path("items");
    assertThat(all).contains(seen(all, service)).allSatisfy(one -> assertThat(one).hasSize(5));
    as("user")
        .get("/api/v1/circuit-breakers/" + service)
        .then()
        .body("version", equalTo(1))
        .body("failure_count", equalTo(1))
        .body("reporters", contains("pod-1"))
        .body("volume", equalTo(1));
  }

  @Test
  void aTokenThatIsNoGoodIsNotTakenForNone() {
    given()
        .auth()
        .oauth2(tokens.wrongSignature("user"))
        .get("/api/v1/circuit-breakers")
        .then()
        .statusCode(401);
  }

  /** I13. */
  @Test
  void ofAHundredAtOnceOnlyTheProbesPass() {
    String service =
        opened(with("half_open_requests", 7, "reset_timeout_ms", 150, "max_reset_timeout_ms", 150));
    Eventually.holds(
        SOON,
        () ->
            assertThat(
                    ((Number)
                            given()
                                .get("/api/v1/circuit-breakers/" + service)
                                .path("retry_after_ms"))
                        .longValue())
                .isZero());
    List<Boolean> permitted =
        Race.of(100, () -> permit(service).extract().<Boolean>path("permitted"));
    assertThat(Collections.frequency(permitted, true)).isEqualTo(7);
  }

  /** I13, with probes that come back while others are asked for. */
  @Test
  void probesThatSucceededKeepTheirPlace() {
    String service = opened(with("half_open_requests", 5));
    var given = new ArrayList<String>();
    given.add(probe(service));
    for (int i = 0; i < 4; i++) {
      report(service, outcome("success", given.getLast()));
      given.add(probe(service));
    }
    permit(service).body("permitted", equalTo(false));
    report(service, outcome("success", given.getLast())).body("state", equalTo("closed"));
  }

  /** I15. */
  @Test
  void probesThatAreLostOpenTheBreakerAgain() {
    String service = opened(with("probe_timeout_ms", 200));
    probe(service);
    probe(service);
    Eventually.holds(
        SOON,
        () ->
            assertThat(permit(service).extract().<String>path("state")).isNotEqualTo("half-open"));
    assertThat(causes(service)).contains("probe_lost");
  }

  /** I15, the other way. */
  @Test
  void probesThatAreLostMayJustFreeTheirPlace() {
    String service = opened(with("probe_timeout_ms", 2_000, "probe_timeout_as", "ignore"));
    probe(service);
    probe(service);
    permit(service).body("permitted", equalTo(false));
    probe(service);
    assertThat(causes(service)).doesNotContain("probe_lost");
  }

  @Test
  void aProbeThatFailsOpensForLonger() {
    String service = opened(with("reset_timeout_ms", 1_000, "max_reset_timeout_ms", 60_000));
    String probe = probe(service);
    report(service, outcome("failure", probe)).body("state", equalTo("open"));
    // Twice the second, give or take a tenth.
    var opened =
        database
            .rows(
                """
                SELECT extract(epoch FROM open_until - last_state_change)::float8 AS seconds
                  FROM coordination.circuit_breaker_states WHERE service_name = ?
                """,
                service)
            .getFirst();
    assertThat((Double) opened.get("seconds")).isBetween(1.8, 2.2);
  }

  /** I16. */
  @Test
  void anOpenBreakerStaysOpenWhenRedisIsEmptied() {
    String service = opened(with("reset_timeout_ms", 60_000, "max_reset_timeout_ms", 60_000));
    var before = row(service);
    flush();
    List<Boolean> permitted =
        Race.of(50, () -> permit(service).extract().<Boolean>path("permitted"));
    assertThat(permitted).containsOnly(false);
    assertThat(row(service)).isEqualTo(before);
    permit(service).body("retry_after_ms", greaterThan(40_000)).body("version", equalTo(1));
  }

  @Test
  void aPermitFromBeforeTheLossReportsNothing() {
    String service = configured(with());
    String permit = permit(service).extract().path("permit_id");
    flush();
    report(service, outcome("failure", permit)).body("ignored_count", equalTo(1));
  }

  /**
   * I14: whoever moves the breaker, each version is one event, and each begins where the last
   * ended.
   */
  @Test
  void versionsAreConsecutiveUnderConcurrentOutcomes() {
    String service =
        configured(
            Map.of(
                "failure_threshold", 2,
                "volume_threshold", 2,
                "reset_timeout_ms", 100,
                "max_reset_timeout_ms", 100,
                "half_open_requests", 2));
    var unused =
        Race.of(
            8,
            number ->
                () -> {
                  var random = new Random(number);
                  for (int i = 0; i < 20; i++) {
                    String permit = permit(service).extract().path("permit_id");
                    if (permit != null) {
                      report(
                          service, outcome(random.nextInt(3) == 0 ? "failure" : "success", permit));
                    }
                  }
                  return number;
                });
    var events =
        database.rows(
            """
            SELECT version, from_state, to_state FROM coordination.circuit_breaker_events
             WHERE service_name = ? ORDER BY version
            """,
            service);
    assertThat(events).hasSizeGreaterThan(5);
    assertThat(events.stream().map(event -> event.get("version")).toList())
        .isEqualTo(LongStream.rangeClosed(1, events.size()).boxed().toList());
    String state = "closed";
    for (var event : events) {
      assertThat(event.get("from_state")).isEqualTo(state);
      state = String.valueOf(event.get("to_state"));
    }
    assertThat(row(service).get("version")).isEqualTo((long) events.size());
    assertThat(row(service).get("state")).isEqualTo(state);
  }

  /** I14: PostgreSQL never goes back, also where Redis does. */
  @Test
  void whereRedisFellBackTheRowWins() {
    String service = opened(with("reset_timeout_ms", 60_000, "max_reset_timeout_ms", 60_000));
    // As a replica that lagged would have it.
    send(
        Command.HSET,
        redis.key("cb:" + service + ":state"),
        "state",
        "closed",
        "version",
        "0",
        "open_until",
        "0");
    report(service, failures(5)).body("state", equalTo("open")).body("version", equalTo(1));
    permit(service).body("permitted", equalTo(false)).body("version", equalTo(1));
    assertThat(
            database.rows(
                "SELECT 1 FROM coordination.circuit_breaker_events WHERE service_name = ?",
                service))
        .hasSize(1);
  }

  @Test
  void theJobTellsRedisThatItFellBack() {
    String service = opened(with("reset_timeout_ms", 60_000, "max_reset_timeout_ms", 60_000));
    send(Command.HSET, redis.key("cb:" + service + ":state"), "state", "closed", "version", "0");
    run();
    permit(service).body("permitted", equalTo(false)).body("state", equalTo("open"));
  }

  @Test
  void whatPostgresqlCouldNotBeToldItLearnsLater() {
    String service = configured(with("reset_timeout_ms", 60_000, "max_reset_timeout_ms", 60_000));
    permit(service);
    database.shut();
    try {
      report(service, failures(5)).body("state", equalTo("open"));
      permit(service).body("permitted", equalTo(false));
    } finally {
      database.open();
    }
    Eventually.holds(
        SOON,
        () -> {
          run();
          assertThat(row(service).get("state")).isEqualTo("open");
        });
    assertThat(causes(service)).containsExactly("failures");
  }

  @Test
  void aPermitCountsOnce() {
    String service = configured(Map.of("failure_threshold", 2, "volume_threshold", 2));
    String permit = permit(service).extract().path("permit_id");
    List<Integer> ignored =
        Race.of(
            50,
            () ->
                report(service, outcome("failure", permit))
                    .extract()
                    .<Integer>path("ignored_count"));
    assertThat(Collections.frequency(ignored, 0)).isEqualTo(1);
    as("service")
        .get("/api/v1/circuit-breakers/" + service)
        .then()
        .body("state", equalTo("closed"))
        .body("failure_count", equalTo(1))
        .body("volume", equalTo(1));
  }

  @Test
  void anOutcomeOfAnOlderEpisodeMovesNothing() {
    String service = configured(QUICK);
    String old = permit(service).extract().path("permit_id");
    report(service, failures(5)).body("state", equalTo("open"));
    String probe = probe(service);
    report(service, outcome("failure", old))
        .body("state", equalTo("half-open"))
        .body("ignored_count", equalTo(1));
    report(service, outcome("success", probe)).body("ignored_count", equalTo(0));
  }

  @Test
  void whatIsIgnoredGivesTheProbesPlaceBack() {
    String service = opened(with("half_open_requests", 1));
    String probe = probe(service);
    report(service, outcome("ignored", probe))
        .body("state", equalTo("half-open"))
        .body("ignored_count", equalTo(1));
    permit(service).body("permitted", equalTo(true));
  }

  @Test
  void oneSickReporterDoesNotOpenItForAll() {
    String service = configured(with("min_reporters", 2));
    report(service, failures(8)).body("state", equalTo("closed"));
    var other = new HashMap<>(outcome("failure", null));
    other.put("reporter", "pod-2");
    report(service, other).body("state", equalTo("open"));
  }

  @Test
  void tooLargeAShareOfFailuresOpens() {
    String service =
        configured(
            Map.of(
                "failure_threshold", 1_000, "volume_threshold", 4, "failure_rate_threshold", 0.5));
    report(service, outcome("success", null), outcome("timeout", null), outcome("success", null))
        .body("state", equalTo("closed"));
    report(service, outcome("failure", null)).body("state", equalTo("open"));
    assertThat(causes(service)).containsExactly("failure_rate");
  }

  @Test
  void tooLargeAShareOfSlowCallsOpens() {
    String service =
        configured(Map.of("volume_threshold", 2, "slow_call_ms", 500, "slow_rate_threshold", 0.5));
    var slow = new HashMap<>(outcome("success", null));
    slow.put("duration_ms", 500);
    report(service, outcome("success", null), slow).body("state", equalTo("open"));
    assertThat(causes(service)).containsExactly("slow_rate");
  }

  @Test
  void overridesComeBeforeTheBreakersOwnJudgement() {
    String service = configured(QUICK);
    override(service, "forced_open", null).statusCode(200).body("override", equalTo("forced_open"));
    permit(service).body("permitted", equalTo(false)).body("state", equalTo("closed"));
    override(service, "forced_closed", null).statusCode(200);
    report(service, failures(9)).body("state", equalTo("closed")).body("ignored_count", equalTo(0));
    permit(service).body("permitted", equalTo(true));
    override(service, "disabled", null).statusCode(200);
    report(service, failures(9)).body("ignored_count", equalTo(9));
    permit(service).body("permitted", equalTo(true));
    override(service, null, null).statusCode(200).body("override", nullValue());
    report(service, failures(1)).body("state", equalTo("open"));
  }

  @Test
  void anOverrideEndsByItself() {
    String service = configured(QUICK);
    override(service, "forced_open", java.time.Instant.now().plusMillis(700).toString())
        .statusCode(200)
        .body("retry_after_ms", greaterThan(0));
    permit(service).body("permitted", equalTo(false)).body("retry_after_ms", greaterThan(0));
    Eventually.holds(
        SOON, () -> assertThat(permit(service).extract().<Boolean>path("permitted")).isTrue());
    run();
    assertThat(row(service).get("override")).isNull();
  }

  @Test
  void anOverrideSurvivesTheLossOfRedis() {
    String service = configured(QUICK);
    override(service, "forced_open", null);
    flush();
    permit(service).body("permitted", equalTo(false));
  }

  @Test
  void resetClosesAndForgets() {
    String service = opened(with("reset_timeout_ms", 60_000, "max_reset_timeout_ms", 60_000));
    as("devops")
        .post("/api/v1/circuit-breakers/" + service + "/reset")
        .then()
        .statusCode(200)
        .body("state", equalTo("closed"))
        .body("version", equalTo(2));
    permit(service).body("permitted", equalTo(true));
    report(service, failures(4)).body("state", equalTo("closed"));
    assertThat(causes(service)).containsExactly("failures", "reset");
  }

  @Test
  void whenEnforcedARefusalIsAProblem() {
    String service =
        opened(
            with(
                "reset_timeout_ms",
                60_000,
                "max_reset_timeout_ms",
                60_000,
                "fallback",
                List.of("other")));
    as("service")
        .body(Map.of("reporter", "pod-1"))
        .post("/api/v1/circuit-breakers/" + service + "/permits?enforce=true")
        .then()
        .statusCode(503)
        .header("Retry-After", notNullValue())
        .body("code", equalTo("circuit_open"))
        .body("state", equalTo("open"))
        .body("fallback", contains("other"));
  }

  @Test
  void selectionTakesTheFirstThatMayBeCalled() {
    String open = opened(with("reset_timeout_ms", 60_000, "max_reset_timeout_ms", 60_000));
    String closed = configured(QUICK);
    String permit =
        select(List.of(open, closed))
            .statusCode(200)
            .body("service_name", equalTo(closed))
            .body("skipped.service_name", contains(open))
            .body("skipped.state", contains("open"))
            .extract()
            .path("permit_id");
    report(closed, outcome("success", permit)).body("ignored_count", equalTo(0));
    select(List.of(open))
        .statusCode(503)
        .body("code", equalTo("no_candidate"))
        .header("Retry-After", notNullValue())
        .body("skipped", hasSize(1));
  }

  @Test
  void settingsAreEditedByWhoSawThem() {
    String service = unique();
    String tag =
        as("devops")
            .body(QUICK)
            .put("/api/v1/circuit-breakers/" + service)
            .then()
            .statusCode(201)
            .header(
                "Location",
                equalTo(
                    RestAssured.baseURI
                        + ":"
                        + RestAssured.port
                        + "/api/v1/circuit-breakers/"
                        + service))
            .extract()
            .header("ETag");
    as("devops")
        .header("If-Match", tag)
        .body(with("failure_threshold", 4))
        .put("/api/v1/circuit-breakers/" + service)
        .then()
        .statusCode(200)
        .body("config.failure_threshold", equalTo(4));
    as("devops")
        .header("If-Match", tag)
        .body(QUICK)
        .put("/api/v1/circuit-breakers/" + service)
        .then()
        .statusCode(412);
    report(service, failures(5)).body("state", equalTo("open"));
  }

  @Test
  void theJobTakesCountsDown() {
    String service = configured(Map.of());
    report(service, failures(3));
    report(service, outcome("success", null));
    run();
    var row = row(service);
    assertThat(row.get("failure_count")).isEqualTo(3);
    assertThat(row.get("last_failure_time")).isNotNull();
    assertThat(row.get("last_success_time")).isNotNull();
  }

  @Test
  void theStreamTellsEachTransitionOnce() {
    String service = configured(with("reset_timeout_ms", 60_000, "max_reset_timeout_ms", 60_000));
    String last;
    try (var reader = stream(Map.of())) {
      Eventually.holds(SOON, () -> assertThat(reader.names()).contains("snapshot"));
      assertThat(reader.data().getFirst()).contains(service);
      report(service, failures(5)).body("state", equalTo("open"));
      Eventually.holds(SOON, () -> assertThat(changes(reader, service)).hasSize(1));
      last = reader.ids().getLast();
      assertThat(changes(reader, service).getFirst())
          .contains("\"state\":\"open\"")
          .doesNotContain("pod-1");
    }
    as("devops").post("/api/v1/circuit-breakers/" + service + "/reset");
    try (var reader = stream(Map.of("Last-Event-ID", last))) {
      Eventually.holds(SOON, () -> assertThat(changes(reader, service)).hasSize(1));
      assertThat(changes(reader, service).getFirst()).contains("\"state\":\"closed\"");
      assertThat(reader.names()).doesNotContain("snapshot");
    }
  }

  @ParameterizedTest
  @CsvSource({"x,422,invalid_parameter", "99999999999,422,invalid_cursor"})
  void aStreamBeginsAtARealEvent(String id, int status, String code) {
    given()
        .header("Last-Event-ID", id)
        .get("/api/v1/circuit-breakers/stream")
        .then()
        .statusCode(status)
        .body("code", equalTo(code));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"failure_threshold\":0}|/failure_threshold",
        "{\"volume_threshold\":-1}|/volume_threshold",
        "{\"failure_rate_threshold\":1.01}|/failure_rate_threshold",
        "{\"failure_rate_threshold\":0}|/failure_rate_threshold",
        "{\"slow_call_ms\":5,\"slow_rate_threshold\":2}|/slow_rate_threshold",
        "{\"slow_call_ms\":5}|/slow_rate_threshold",
        "{\"half_open_requests\":101}|/half_open_requests",
        "{\"half_open_requests\":\"2\"}|/half_open_requests",
        "{\"reset_timeout_ms\":0}|/reset_timeout_ms",
        "{\"reset_timeout_ms\":500,\"max_reset_timeout_ms\":400}|/max_reset_timeout_ms",
        "{\"min_reporters\":0}|/min_reporters",
        "{\"probe_timeout_as\":\"maybe\"}|/probe_timeout_as",
        "{\"fallback\":[\"a:b\"]}|/fallback"
      })
  void settingsThatMakeNoSenseAreRefused(String body, String pointer) {
    as("devops")
        .body(body)
        .put("/api/v1/circuit-breakers/" + unique())
        .then()
        .statusCode(422)
        .body("code", equalTo("invalid_breaker_config"))
        .body("errors[0].pointer", startsWith(pointer));
  }

  @Test
  void aStateThatThereIsNotIsRefused() {
    given()
        .get("/api/v1/circuit-breakers?state=half_open")
        .then()
        .statusCode(422)
        .body("code", equalTo("invalid_state"))
        .body("errors[0].detail", equalTo("must be one of closed, open, half-open"));
  }

  @Test
  void anOutcomeThatThereIsNotIsRefused() {
    as("service")
        .body(Map.of("outcomes", List.of(Map.of("outcome", "half_open", "reporter", "pod-1"))))
        .post("/api/v1/circuit-breakers/" + unique() + "/outcomes")
        .then()
        .statusCode(422)
        .body("code", equalTo("invalid_state"))
        .body("errors[0].pointer", equalTo("/outcomes/0/outcome"))
        .body("errors[0].detail", equalTo("must be one of success, failure, timeout, ignored"));
  }

  @Test
  void tooManyOutcomesAreTooLargeABatch() {
    as("service")
        .body(Map.of("outcomes", Collections.nCopies(1_001, outcome("success", null))))
        .post("/api/v1/circuit-breakers/" + unique() + "/outcomes")
        .then()
        .statusCode(413)
        .body("code", equalTo("batch_too_large"));
    String service = configured(Map.of());
    report(service, Collections.nCopies(1_000, outcome("success", null)))
        .body("ignored_count", equalTo(0));
  }

  @ParameterizedTest
  @CsvSource({"a:b", "a*b", "stream"})
  void aNameThatCannotStandInAKeyIsRefused(String service) {
    as("devops")
        .body("{}")
        .urlEncodingEnabled(true)
        .put("/api/v1/circuit-breakers/{service}", service)
        .then()
        .statusCode(422)
        .body("code", equalTo("invalid_service_name"));
    as("service")
        .body(Map.of("candidates", List.of(service), "reporter", "pod-1"))
        .post("/api/v1/circuit-breakers/select")
        .then()
        .statusCode(422)
        .body("code", equalTo("invalid_service_name"));
  }

  @Test
  void anOverrideNeedsAReasonAndAFuture() {
    String service = configured(QUICK);
    as("devops")
        .body(Map.of("override", "forced_open"))
        .put("/api/v1/circuit-breakers/" + service + "/override")
        .then()
        .statusCode(422)
        .body("code", equalTo("reason_required"));
    override(service, "forced_open", "2020-01-01T00:00:00Z")
        .statusCode(422)
        .body("errors[0].pointer", equalTo("/until"));
    override(service, "forced_open", "+292000-01-01T00:00:00Z")
        .statusCode(422)
        .body("errors[0].pointer", equalTo("/until"));
    override(unique(), "forced_open", null)
        .statusCode(404)
        .body("code", equalTo("unknown_breaker"));
  }

  @Test
  void whatIsNotThereIsNotFound() {
    given().get("/api/v1/circuit-breakers/" + unique()).then().statusCode(404);
    as("admin").get("/api/v1/circuit-breakers/" + unique() + "/history").then().statusCode(404);
    as("admin").post("/api/v1/circuit-breakers/" + unique() + "/reset").then().statusCode(404);
  }

  @Test
  void aNameWithASlashIsAName() {
    String service = "vendor/" + unique();
    as("service")
        .body(Map.of("reporter", "pod-1"))
        .post("/api/v1/circuit-breakers/{service}/permits", service)
        .then()
        .statusCode(200)
        .body("permitted", equalTo(true));
    given()
        .get("/api/v1/circuit-breakers/{service}", service)
        .then()
        .statusCode(200)
        .body("service_name", equalTo(service));
  }

  private String configured(Map<String, ?> config) {
    String service = unique();
    as("devops").body(config).put("/api/v1/circuit-breakers/" + service).then().statusCode(201);
    return service;
  }

  private String opened(Map<String, ?> config) {
    String service = configured(config);
    int volume =
        ((Number) java.util.Objects.requireNonNull(config.get("volume_threshold"))).intValue();
    report(service, failures(volume)).body("state", equalTo("open")).body("changed", equalTo(true));
    return service;
  }

  /** Asks until a probe is given out. */
  private String probe(String service) {
    String[] permit = new String[1];
    Eventually.holds(
        SOON,
        () -> {
          permit[0] = permit(service).extract().path("permit_id");
          assertThat(permit[0]).isNotNull();
        });
    return permit[0];
  }

  private ValidatableResponse permit(String service) {
    return as("service")
        .body(Map.of("reporter", "pod-1"))
        .post("/api/v1/circuit-breakers/" + service + "/permits")
        .then()
        .statusCode(200);
  }

  @SafeVarargs
  private ValidatableResponse report(String service, Map<String, Object>... outcomes) {
    return report(service, List.of(outcomes));
  }

  private ValidatableResponse report(String service, List<Map<String, Object>> outcomes) {
    return as("service")
        .body(Map.of("outcomes", outcomes))
        .post("/api/v1/circuit-breakers/" + service + "/outcomes")
        .then()
        .statusCode(200);
  }

  private ValidatableResponse override(
      String service, @Nullable String override, @Nullable String until) {
    var body = new HashMap<String, @Nullable Object>();
    body.put("override", override);
    body.put("reason", "a test");
    body.put("until", until);
    return as("devops").body(body).put("/api/v1/circuit-breakers/" + service + "/override").then();
  }

  private ValidatableResponse select(List<String> candidates) {
    return as("service")
        .body(Map.of("candidates", candidates, "reporter", "pod-1"))
        .post("/api/v1/circuit-breakers/select")
        .then();
  }

  private RequestSpecification as(String role) {
    return given().auth().oauth2(tokens.of(role)).contentType("application/json");
  }

  private static Map<String, Object> outcome(String outcome, @Nullable String permit) {
    var one = new HashMap<String, Object>();
    one.put("outcome", outcome);
    one.put("reporter", "pod-1");
    if (permit != null) {
      one.put("permit_id", permit);
    }
    return one;
  }

  private static List<Map<String, Object>> failures(int number) {
    return Collections.nCopies(number, outcome("failure", null));
  }

  private static Map<String, Object> with(Object... pairs) {
    var config = new HashMap<>(QUICK);
    for (int i = 0; i < pairs.length; i += 2) {
      config.put((String) pairs[i], pairs[i + 1]);
    }
    return config;
  }

  private static String unique() {
    return "s-" + UUID.randomUUID();
  }

  private static Map<String, Object> seen(List<Map<String, Object>> all, String service) {
    return all.stream()
        .filter(one -> service.equals(one.get("service_name")))
        .findFirst()
        .orElseThrow();
  }

  private SseReader stream(Map<String, String> headers) {
    return SseReader.open(
        URI.create("http://localhost:" + RestAssured.port + "/api/v1/circuit-breakers/stream"),
        headers);
  }

  private static List<String> changes(SseReader reader, String service) {
    return reader.data().stream()
        .filter(data -> data.contains("\"from_state\"") && data.contains(service))
        .toList();
  }

  private List<String> causes(String service) {
    return database
        .rows(
            "SELECT cause FROM coordination.circuit_breaker_events WHERE service_name = ? ORDER BY version",
            service)
        .stream()
        .map(event -> String.valueOf(event.get("cause")))
        .toList();
  }

  private Map<String, @Nullable Object> row(String service) {
    return database
        .rows(
            """
            SELECT state, version, failure_count, last_failure_time, last_success_time, last_state_change, open_until, override
              FROM coordination.circuit_breaker_states WHERE service_name = ?
            """,
            service)
        .getFirst();
  }

  private void run() {
    assertThat(job.run().await().atMost(SOON)).startsWith("transitions=");
  }

  private void flush() {
    send(Command.FLUSHDB);
  }

  private void send(Command command, Object... arguments) {
    assertThat(redis.send(command, arguments).await().atMost(SOON)).isNotNull();
  }
}
