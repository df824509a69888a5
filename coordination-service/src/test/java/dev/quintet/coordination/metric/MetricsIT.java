package dev.quintet.coordination.metric;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import dev.quintet.common.security.Caller;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
class MetricsIT {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  Database database;
  Tokens tokens;

  @Inject MetricReadQueries reads;

  private final String name = "m-" + UUID.randomUUID();

  @BeforeEach
  void theAdministratorIsKnown() {
    assertThat(
            database.update(
                "INSERT INTO coordination.users (id, role) VALUES (?::uuid, 'admin') ON CONFLICT (id) DO UPDATE SET role = 'admin'",
                subject("admin")))
        .isEqualTo(1);
  }

  private String subject(String role) {
    String payload = tokens.of(role).split("\\.")[1];
    String json = new String(java.util.Base64.getUrlDecoder().decode(payload));
    return json.replaceAll(".*\"sub\":\"([^\"]+)\".*", "$1");
  }

  private RequestSpecification as(String role) {
    return given().auth().oauth2(tokens.of(role)).contentType("application/json");
  }

  private Map<String, @Nullable Object> metric(@Nullable Object value, @Nullable Instant at) {
    return metric(UUID.randomUUID(), value, at, "m1");
  }

  private Map<String, @Nullable Object> metric(
      UUID id, @Nullable Object value, @Nullable Instant at, String model) {
    var metric = new HashMap<String, @Nullable Object>();
    metric.put("id", id.toString());
    metric.put("metric_type", "api");
    metric.put("metric_name", name);
    metric.put("metric_value", value);
    metric.put("dimensions", Map.of("model", model));
    metric.put("timestamp", at == null ? null : at.toString());
    return metric;
  }

  private ValidatableResponse store(List<? extends Map<String, ?>> metrics) {
    return as("service").body(Map.of("metrics", metrics)).post("/api/v1/metrics/batch").then();
  }

  private ValidatableResponse percentiles(String query) {
    return as("admin").get("/api/v1/metrics/percentiles?type=api&name=" + name + query).then();
  }

  private long stored() {
    return database.count("coordination.performance_metrics WHERE metric_name = '" + name + "'");
  }

  @Test
  void aBatchIsToldWhatBecameOfEachMetric() {
    Instant at = Instant.now().minusSeconds(60);
    var before = metric(5, at);
    store(List.of(before)).statusCode(200).body("accepted", equalTo(1));
    store(List.of(metric(1.00015, at), metric("NaN", at), metric(1e6, at), before))
        .statusCode(200)
        .body("accepted", equalTo(1))
        .body("duplicates", equalTo(1))
        .body("rejected.index", contains(1, 2))
        .body("rejected.code", contains("metric_value_out_of_range", "metric_value_out_of_range"));
    assertThat(
            database.rows(
                "SELECT metric_value::text AS v FROM coordination.performance_metrics WHERE metric_name = ? ORDER BY 1",
                name))
        .extracting(row -> row.get("v"))
        .containsExactly("1.0002", "5.0000");
  }

  @Test
  void aRepeatOfABatchStoresNothing() {
    Instant at = Instant.now().minusSeconds(60);
    var batch = new ArrayList<Map<String, @Nullable Object>>();
    for (int i = 0; i < 300; i++) {
      batch.add(metric(i, at));
    }
    var reversed = new ArrayList<>(batch.reversed());
    // Both ways round, so that two of them would wait for each other.
    var accepted =
        Race.of(
            8,
            i ->
                () ->
                    store(i % 2 == 0 ? batch : reversed)
                        .statusCode(200)
                        .extract()
                        .<Integer>path("accepted"));
    assertThat(accepted.stream().mapToInt(Integer::intValue).sum()).isEqualTo(300);
    assertThat(stored()).isEqualTo(300);
  }

  @Test
  void onlyABatchOfNothingButFaultsIsRefused() {
    store(List.of(metric("NaN", null), metric(1, Instant.parse("2020-01-01T00:00:00Z"))))
        .statusCode(422)
        .body("code", equalTo("all_rejected"))
        .body("rejected.code", contains("metric_value_out_of_range", "timestamp_out_of_range"));
    store(List.of()).statusCode(422).body("code", equalTo("invalid_value"));
    as("service").body("{}").post("/api/v1/metrics/batch").then().statusCode(422);
    as("service").body("{\"metrics\":[null]}").post("/api/v1/metrics/batch").then().statusCode(422);
    as("service")
        .body("{\"metrics\":[{\"metric_typ\":\"x\"}]}")
        .post("/api/v1/metrics/batch")
        .then()
        .statusCode(422)
        .body("code", equalTo("unknown_field"));
  }

  @Test
  void fiveThousandAreTakenAndOneMoreIsTooMany() {
    Instant at = Instant.now().minusSeconds(60);
    var batch = new ArrayList<Map<String, @Nullable Object>>();
    for (int i = 0; i < 5_000; i++) {
      batch.add(metric(i * 0.001, at));
    }
    store(batch).statusCode(200).body("accepted", equalTo(5_000)).body("rejected", empty());
    batch.add(metric(1, at));
    store(batch)
        .statusCode(413)
        .body("code", equalTo("batch_too_large"))
        .body("limit", equalTo(5_000));
  }

  @Test
  void everyMonthOfRetentionCanBeWrittenAtAnyMoment() {
    // As it is on the first day of an installation, and as after a month was dropped.
    database.execute(
        """
        DO $$ DECLARE p text; BEGIN
          FOR p IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                    WHERE i.inhparent = 'coordination.performance_metrics'::regclass LOOP
            EXECUTE format('DROP TABLE coordination.%I', p);
          END LOOP;
        END $$
        """);
    var now = OffsetDateTime.now(ZoneOffset.UTC);
    var batch = new ArrayList<Map<String, @Nullable Object>>();
    for (int month = 0; month < 6; month++) {
      batch.add(metric(month, now.minusMonths(month).toInstant()));
    }
    batch.add(metric(7, now.plusMinutes(59).toInstant()));
    // Several replicas that find the month missing.
    var answers = Race.of(6, i -> () -> store(batch.subList(i, 7)).extract());
    assertThat(answers).allMatch(answer -> answer.statusCode() == 200);
    assertThat(stored()).isEqualTo(7);
    as("devops").post("/api/v1/metrics/partitions/maintain").then().statusCode(200);
    assertThat(
            database.value(
                "SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'coordination.performance_metrics'::regclass"
                    + " AND NOT (c.relrowsecurity AND c.relforcerowsecurity)"))
        .isEqualTo(0L);
  }

  @Test
  void monthsPastRetentionGoAndOthersStay() {
    database.execute(
        "SELECT coordination.ensure_metric_partition(now() - interval '7 months'),"
            + " coordination.ensure_metric_partition(now() - interval '8 months'),"
            + " coordination.ensure_metric_partition(now() - interval '6 months')");
    var now = OffsetDateTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.DAYS).withDayOfMonth(1);
    as("devops")
        .get("/api/v1/metrics/partitions")
        .then()
        .statusCode(200)
        .body("items.name", hasItem(partition(now.minusMonths(8))));
    as("devops")
        .post("/api/v1/maintenance/retention/run")
        .then()
        .statusCode(200)
        .body("outcome", startsWith("partitions=2"));
    as("admin")
        .post("/api/v1/metrics/partitions/maintain")
        .then()
        .statusCode(200)
        .body("items.name", not(hasItem(partition(now.minusMonths(7)))))
        .body("items.name", hasItem(partition(now.minusMonths(6))))
        .body("items.name", hasItem(partition(now.plusMonths(3))))
        .body(
            "items.find { it.name == '" + partition(now) + "' }.from",
            equalTo(now.toInstant().toString()))
        .body(
            "items.find { it.name == '" + partition(now) + "' }.to",
            equalTo(now.plusMonths(1).toInstant().toString()));
  }

  private static String partition(OffsetDateTime month) {
    return "performance_metrics_%04d_%02d".formatted(month.getYear(), month.getMonthValue());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE coordination.performance_metrics SET metric_value = 1",
        "DELETE FROM coordination.performance_metrics"
      })
  void theServiceCanNeitherChangeNorDeleteMetrics(String sql) throws SQLException {
    store(List.of(metric(5, null))).statusCode(200);
    try (Connection service = database.connect("coordination_service", "coordination-dev");
        var statement = service.createStatement()) {
      assertThatThrownBy(() -> statement.executeUpdate(sql))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("permission denied");
    }
    assertThat(stored()).isEqualTo(1);
  }

  @Test
  void thePolicyShowsMetricsToAdministratorsOnly() {
    store(List.of(metric(5, null))).statusCode(200);
    as("admin").get("/api/v1/metrics?name=" + name).then().body("items", hasSize(1));
    for (String role : List.of("user", "devops", "service")) {
      as(role).get("/api/v1/metrics").then().statusCode(403);
      as(role).get("/api/v1/metrics/percentiles?type=a&name=b").then().statusCode(403);
    }
    for (String role : List.of("user", "service")) {
      as(role).get("/api/v1/metrics/partitions").then().statusCode(403);
      as(role).post("/api/v1/metrics/partitions/maintain").then().statusCode(403);
    }
    as("admin").body("{\"metrics\":[]}").post("/api/v1/metrics/batch").then().statusCode(403);
    // The resource has no word in it: whoever is no administrator in users sees nothing.
    var stranger = new Caller(UUID.randomUUID().toString(), "stranger", Set.of("admin"), null);
    var all =
        new MetricReadQueries.Listing(
            null,
            null,
            OffsetDateTime.now(ZoneOffset.UTC).minusDays(1),
            OffsetDateTime.now(ZoneOffset.UTC).plusDays(1),
            OffsetDateTime.now(ZoneOffset.UTC).plusDays(1),
            UUID.randomUUID());
    assertThat(reads.rows(stranger, all, 10).await().atMost(LIMIT)).isEmpty();
  }

  @Test
  void rowsComeByThePageNewestFirst() {
    Instant start = Instant.now().minus(3, ChronoUnit.HOURS).truncatedTo(ChronoUnit.SECONDS);
    var batch = new ArrayList<Map<String, @Nullable Object>>();
    for (int i = 0; i < 25; i++) {
      // Five at each instant.
      batch.add(metric(i, start.plusSeconds(i / 5)));
    }
    store(batch).statusCode(200);
    var seen = new ArrayList<Float>();
    @Nullable String cursor = null;
    do {
      var request = as("admin").queryParam("name", name).queryParam("limit", 7);
      if (cursor != null) {
        request = request.queryParam("cursor", cursor);
      }
      var page = request.get("/api/v1/metrics").then().statusCode(200).extract();
      seen.addAll(page.<List<Float>>path("items.metric_value"));
      cursor = page.path("next_cursor");
    } while (cursor != null);
    assertThat(seen).hasSize(25).doesNotHaveDuplicates();
    assertThat(seen.getFirst()).isGreaterThanOrEqualTo(20);
    as("admin")
        .get(
            "/api/v1/metrics?name="
                + name
                + "&from="
                + start.plusSeconds(1)
                + "&to="
                + start.plusSeconds(2))
        .then()
        .body("items", hasSize(5));
  }

  @Test
  void percentilesAreExactForAFewRowsByGroupAndStep() {
    Instant start = Instant.now().minus(2, ChronoUnit.HOURS).truncatedTo(ChronoUnit.HOURS);
    var batch = new ArrayList<Map<String, @Nullable Object>>();
    for (int i = 1; i <= 100; i++) {
      batch.add(metric(UUID.randomUUID(), i, start.plusSeconds(i % 60), "slow"));
      batch.add(metric(UUID.randomUUID(), i * 0.5, start.plusSeconds(3600 + i % 60), "fast"));
    }
    store(batch).statusCode(200);
    String span = "&from=" + start + "&to=" + start.plusSeconds(7200);
    percentiles(span)
        .statusCode(200)
        .body("method", equalTo("exact"))
        .body("step_seconds", nullValue())
        .body("series", hasSize(1))
        .body("series[0].points[0].count", equalTo(200));
    percentiles(span + "&step=1h&p=50,99.9,100&group_by=dimensions.model")
        .statusCode(200)
        .body("series.group", contains("fast", "slow"))
        .body("series[1].points[0].at", equalTo(start.toString()))
        .body("series[1].points[0].percentiles.p50", equalTo(50.5f))
        .body("series[1].points[0].percentiles.p100", equalTo(100.0f))
        .body("series[1].points[0].min", equalTo(1.0f))
        .body("series[0].points[0].avg", equalTo(25.25f))
        .body("series[0].points[0].at", equalTo(start.plusSeconds(3600).toString()));
  }

  @Test
  void rollupsAreWithinOnePercentOfTheRows() {
    Instant start = Instant.now().minus(3, ChronoUnit.HOURS).truncatedTo(ChronoUnit.HOURS);
    var random = new java.util.Random(7);
    for (int part = 0; part < 4; part++) {
      var batch = new ArrayList<Map<String, @Nullable Object>>();
      for (int i = 0; i < 1_000; i++) {
        double value = Math.pow(10, random.nextDouble() * 6 - 1);
        batch.add(
            metric(
                UUID.randomUUID(),
                random.nextInt(20) == 0 ? -value : value,
                start.plusSeconds(random.nextInt(3_600)),
                "m" + random.nextInt(3)));
      }
      // Rolled in between: a minute that gets more rows is rolled again, and counts none twice.
      store(batch).statusCode(200);
      as("devops").post("/api/v1/maintenance/rollups/run").then().statusCode(200);
    }
    var subject = new Subject("api", name, start, start.plusSeconds(3_600), 900L, "model");
    var fractions = List.of(0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0);
    var admin = new Caller(subject("admin"), "ada", Set.of("admin"), null);
    var exact = reads.percentiles(admin, subject, fractions, 4_000).await().atMost(LIMIT);
    var rolled = reads.percentiles(admin, subject, fractions, 3_999).await().atMost(LIMIT);
    assertThat(exact.rolled()).isFalse();
    assertThat(rolled.rolled()).isTrue();
    assertThat(rolled.points()).hasSize(12).hasSameSizeAs(exact.points());
    for (int i = 0; i < 12; i++) {
      var row = exact.points().get(i);
      var roll = rolled.points().get(i);
      assertThat(roll.at()).isEqualTo(row.at());
      assertThat(roll.group()).isEqualTo(row.group());
      assertThat(roll.count()).isEqualTo(row.count());
      assertThat(roll.min()).isEqualTo(row.min());
      assertThat(roll.max()).isEqualTo(row.max());
      assertThat(roll.avg()).isEqualTo(row.avg(), within(1e-6));
      for (int f = 0; f < fractions.size(); f++) {
        double right = row.values().get(f);
        assertThat(roll.values().get(f)).isEqualTo(right, within(Math.abs(right) * 0.01 + 1e-9));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "type=a&name=b&step=0s, invalid_parameter",
    "type=a&name=b&step=1y, invalid_parameter",
    "type=a&name=b&p=101, invalid_parameter",
    "type=a&name=b&p=half, invalid_parameter",
    "type=a&name=b&group_by=model, invalid_parameter",
    "type=a&name=b&from=yesterday, invalid_parameter",
    "type=a&name=b&from=2026-05-02T00:00:00Z&to=2026-05-01T00:00:00Z, invalid_window",
    "type=a, required",
    "name=b, required"
  })
  void parametersThatMakeNoSenseAreRefused(String query, String code) {
    as("admin")
        .get("/api/v1/metrics/percentiles?" + query)
        .then()
        .statusCode(422)
        .body("code", equalTo(code));
  }

  @Test
  void aCursorOfAnotherListIsRefused() {
    as("admin")
        .get("/api/v1/metrics?cursor=YQ")
        .then()
        .statusCode(422)
        .body("code", equalTo("invalid_cursor"));
  }
}
