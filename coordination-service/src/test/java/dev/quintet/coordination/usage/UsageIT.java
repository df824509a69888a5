package dev.quintet.coordination.usage;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import java.math.BigDecimal;
import java.util.ArrayList;
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
@SuppressWarnings("NullAway.Init")
class UsageIT {
  Database database;
  Tokens tokens;

  private final String model = "m-" + UUID.randomUUID();

  @BeforeEach
  void peopleAreKnownAndNothingIsReported() {
    for (String role : List.of("admin", "devops", "user")) {
      assertThat(
              database.update(
                  "INSERT INTO coordination.users (id, role) VALUES (?::uuid, ?) ON CONFLICT (id) DO UPDATE SET role = excluded.role",
                  subject(role),
                  role))
          .isEqualTo(1);
    }
    database.execute("DELETE FROM coordination.ai_usage_tracking");
  }

  private String subject(String role) {
    String payload = tokens.of(role).split("\\.")[1];
    String json = new String(java.util.Base64.getUrlDecoder().decode(payload));
    return json.replaceAll(".*\"sub\":\"([^\"]+)\".*", "$1");
  }

  private RequestSpecification as(String role) {
    return given().auth().oauth2(tokens.of(role)).contentType("application/json");
  }

  private Map<String, Object> call(Object... members) {
    var call = new HashMap<String, Object>();
    call.put("model", model);
    call.put("request_id", UUID.randomUUID().toString());
    for (int i = 0; i < members.length; i += 2) {
      call.put((String) members[i], members[i + 1]);
    }
    return call;
  }

  @SafeVarargs
  private ValidatableResponse report(Map<String, Object>... calls) {
    return report(List.of(calls));
  }

  private ValidatableResponse report(List<Map<String, Object>> calls) {
    return as("service").body(Map.of("records", calls)).post("/api/v1/ai-usage").then();
  }

  @Test
  void whatCachesSaveIsTheSumOfWhatHitsAvoided() {
    String document = UUID.randomUUID().toString();
    report(call("document_id", document, "cost_usd", 0.01)).statusCode(200);
    // One tells what it avoided, the other is looked up by its document.
    report(
            call("cache_hit", true, "avoided_cost_usd", 0.01),
            call("cache_hit", true, "document_id", document))
        .statusCode(200)
        .body("accepted", equalTo(2));
    as("devops")
        .get("/api/v1/reports/cache-effectiveness")
        .then()
        .statusCode(200)
        .body("items", hasSize(1))
        .body("items[0].hour", notNullValue())
        .body("items[0].cache_hits", equalTo(2))
        .body("items[0].cache_misses", equalTo(1))
        .body("items[0].hit_rate", equalTo(66.67f))
        .body("items[0].cost_without_cache", equalTo(0.03f))
        .body("items[0].actual_cost", equalTo(0.01f))
        .body("items[0].savings", equalTo(0.02f));
  }

  @Test
  void savingsAreNeverNegativeAndAddUp() {
    var random = new java.util.Random(26);
    var calls = new ArrayList<Map<String, Object>>();
    for (int i = 0; i < 200; i++) {
      BigDecimal cost = BigDecimal.valueOf(random.nextInt(1_000_000), 6);
      calls.add(
          random.nextBoolean()
              ? call("cache_hit", true, "avoided_cost_usd", cost)
              : call("cost_usd", cost));
    }
    report(calls).statusCode(200);
    assertThat(
            database.rows(
                "SELECT savings >= 0 AND cost_without_cache = actual_cost + savings AS holds FROM coordination.v_cache_effectiveness"))
        .isNotEmpty()
        .allMatch(row -> Boolean.TRUE.equals(row.get("holds")));
  }

  @Test
  void aRepeatRecordsNothing() {
    var calls = new ArrayList<Map<String, Object>>();
    for (int i = 0; i < 100; i++) {
      calls.add(call("cost_usd", 0.001));
    }
    var reversed = new ArrayList<>(calls.reversed());
    var accepted =
        Race.of(
            8,
            i ->
                () ->
                    report(i % 2 == 0 ? calls : reversed)
                        .statusCode(200)
                        .extract()
                        .<Integer>path("accepted"));
    assertThat(accepted.stream().mapToInt(Integer::intValue).sum()).isEqualTo(100);
    assertThat(database.count("coordination.ai_usage_tracking")).isEqualTo(100);
  }

  @Test
  void aThousandAreTakenAndOneMoreIsTooMany() {
    var calls = new ArrayList<Map<String, Object>>();
    for (int i = 0; i < 1_000; i++) {
      calls.add(call());
    }
    report(calls).statusCode(200).body("accepted", equalTo(1_000));
    calls.add(call());
    report(calls).statusCode(413).body("code", equalTo("batch_too_large"));
  }

  @Test
  void anUnknownUserIsNoFaultOfTheServer() {
    report(call(), call("user_id", UUID.randomUUID().toString()))
        .statusCode(422)
        .body("code", equalTo("unknown_user"));
    assertThat(database.count("coordination.ai_usage_tracking")).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "model, a:b, invalid_key_segment",
    "model, , invalid_key_segment",
    "fallback_model, a*, invalid_key_segment",
    "input_tokens, -1, invalid_usage",
    "cost_usd, -0.1, invalid_usage",
    "cost_usd, 1000000, invalid_usage",
    "cost_usd, 999999.9999995, invalid_usage",
    "avoided_cost_usd, 0.1, invalid_usage",
    "circuit_breaker_state, half_open, invalid_state",
    "input_tokens, 1.5, wrong_type",
    "user_id, nobody, wrong_type",
    "colour, red, unknown_field"
  })
  void whatMakesNoSenseIsRefused(String member, @Nullable String value, String code) {
    String json =
        value != null && value.matches("-?[0-9.]+")
            ? value
            : value == null ? "null" : "\"" + value + "\"";
    String model = member.equals("model") ? "" : "\"model\":\"m\",";
    as("service")
        .body("{\"records\":[{" + model + "\"" + member + "\":" + json + "}]}")
        .post("/api/v1/ai-usage")
        .then()
        .statusCode(422)
        .body("errors.code", hasItem(code));
  }

  @Test
  void aHitThatCostSomethingIsRefused() {
    report(call("cache_hit", true, "cost_usd", 0.5))
        .statusCode(422)
        .body("code", equalTo("invalid_usage"))
        .body("errors[0].pointer", equalTo("/records/0/cost_usd"));
  }

  @Test
  void aPersonSeesHisOwnCallsAndAnAdministratorAll() {
    report(
            call("user_id", subject("user")),
            call("user_id", subject("user")),
            call("user_id", subject("devops")),
            call())
        .statusCode(200);
    as("user")
        .get("/api/v1/ai-usage?model=" + model)
        .then()
        .statusCode(200)
        .body("items", hasSize(2))
        .body("items.user_id", everyItem(equalTo(subject("user"))));
    as("admin").get("/api/v1/ai-usage?model=" + model).then().body("items", hasSize(4));
    as("user")
        .get("/api/v1/reports/ai-usage")
        .then()
        .statusCode(200)
        .body("items", hasSize(1))
        .body("items[0].requests", equalTo(2));
    as("devops")
        .get("/api/v1/reports/ai-usage?group_by=user")
        .then()
        .statusCode(200)
        .body("items", hasSize(3))
        .body("items.group", hasItem("anonymous"));
  }

  @Test
  void callsComeByThePage() {
    var calls = new ArrayList<Map<String, Object>>();
    for (int i = 0; i < 23; i++) {
      calls.add(call());
    }
    report(calls).statusCode(200);
    var seen = new ArrayList<String>();
    @Nullable String cursor = null;
    do {
      var request = as("admin").queryParam("model", model).queryParam("limit", 5);
      if (cursor != null) {
        request = request.queryParam("cursor", cursor);
      }
      var page = request.get("/api/v1/ai-usage").then().statusCode(200).extract();
      seen.addAll(page.<List<String>>path("items.id"));
      cursor = page.path("next_cursor");
    } while (cursor != null);
    assertThat(seen).hasSize(23).doesNotHaveDuplicates();
  }

  @Test
  void reportedUsageOfTheLastHourIsThereByModelAndUser() {
    report(call(), call(), call("user_id", subject("user"))).statusCode(200);
    as("admin")
        .get("/api/v1/reports/active-rate-limits")
        .then()
        .statusCode(200)
        .body("items.redis_key", hasItem("rl:" + model + ":anonymous:hour"))
        .body("items.redis_key", hasItem("rl:" + model + ":" + subject("user") + ":hour"))
        .body("items[0].request_count", equalTo(2))
        .body("items[0].ttl_remaining", greaterThan(3_500));
  }

  @Test
  void slowStatementsAreShownOrWhyNot() {
    as("devops")
        .get("/api/v1/reports/slow-queries?threshold_ms=0")
        .then()
        .statusCode(200)
        .body("items", not(empty()))
        .body("items.query", everyItem(not(equalTo("<insufficient privilege>"))));
    try {
      // As it is where the library is not preloaded: the view is there, and reading it fails.
      database.execute(
          """
          ALTER EXTENSION pg_stat_statements DROP VIEW pg_stat_statements;
          ALTER VIEW pg_stat_statements RENAME TO pg_stat_statements_kept;
          CREATE FUNCTION public.not_loaded() RETURNS double precision LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'pg_stat_statements must be loaded'; END $$;
          CREATE VIEW pg_stat_statements AS
            SELECT ''::text AS query, 1::bigint AS calls, public.not_loaded() AS mean_exec_time, 1::float8 AS total_exec_time, d.oid AS dbid
              FROM pg_database d;
          GRANT SELECT ON pg_stat_statements TO PUBLIC;
          """);
      as("devops")
          .get("/api/v1/reports/slow-queries")
          .then()
          .statusCode(503)
          .header("Retry-After", notNullValue())
          .body("code", equalTo("pg_stat_statements_not_loaded"))
          .body("detail", org.hamcrest.Matchers.containsString("shared_preload_libraries"));
      database.execute(
          "DROP VIEW pg_stat_statements; DROP FUNCTION public.not_loaded(); DROP VIEW pg_stat_statements_kept; DROP EXTENSION pg_stat_statements");
      as("devops")
          .get("/api/v1/reports/slow-queries")
          .then()
          .statusCode(503)
          .header("Retry-After", notNullValue())
          .body("code", equalTo("pg_stat_statements_missing"));
      as("devops").get("/api/v1/reports/cache-effectiveness").then().statusCode(200);
    } finally {
      database.execute(
          "DROP EXTENSION IF EXISTS pg_stat_statements CASCADE; DROP VIEW IF EXISTS pg_stat_statements, pg_stat_statements_kept;"
              + " DROP FUNCTION IF EXISTS public.not_loaded(); CREATE EXTENSION pg_stat_statements");
    }
    as("admin").get("/api/v1/reports/slow-queries").then().statusCode(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "3600001", "many", "1.5"})
  void aThresholdIsMilliseconds(String threshold) {
    as("devops")
        .get("/api/v1/reports/slow-queries?threshold_ms=" + threshold)
        .then()
        .statusCode(422)
        .body("code", equalTo("threshold_out_of_range"));
  }

  @Test
  void eachReportHasItsRoles() {
    for (String report : List.of("cache-effectiveness", "active-rate-limits", "slow-queries")) {
      as("user").get("/api/v1/reports/" + report).then().statusCode(403);
      as("service").get("/api/v1/reports/" + report).then().statusCode(403);
    }
    as("service").get("/api/v1/ai-usage").then().statusCode(403);
    as("service").get("/api/v1/reports/ai-usage").then().statusCode(403);
    as("admin").body("{}").post("/api/v1/ai-usage").then().statusCode(403);
    as("user")
        .get("/api/v1/reports/ai-usage?group_by=colour")
        .then()
        .statusCode(422)
        .body("code", equalTo("invalid_parameter"));
  }
}
