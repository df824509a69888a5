package dev.quintet.autoscaler.metric;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import dev.quintet.autoscaler.testing.MeasuredNode;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.path.json.config.JsonPathConfig;
import io.restassured.path.json.config.JsonPathConfig.NumberReturnType;
import io.restassured.specification.RequestSpecification;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a query is answered from, it says what the raw samples say. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the test resource fills the fields in
class MetricQueryIT {
  private static final String ROLL = "SELECT autoscaler.roll_metrics(4711, 50, '15 days') AS taken";

  Database database;
  Tokens tokens;

  private MeasuredNode node;

  @BeforeEach
  void node() {
    node = MeasuredNode.create(database, 2);
  }

  private int pool() {
    return node.pools().getFirst().id();
  }

  private record Sample(Instant at, double value) {}

  private void send(@Nullable Integer pool, String type, List<Sample> samples) {
    String rows =
        samples.stream()
            .map(s ->
                "{\"pool_id\":%s,\"metric_type\":\"%s\",\"value\":%s,\"unit\":\"percent\",\"timestamp\":\"%s\"}"
                    .formatted(pool, type, s.value(), s.at()))
            .collect(Collectors.joining(","));
    given()
        .header("X-API-Key", node.key())
        .contentType("application/json")
        .body("{\"batch_id\":\"" + UUID.randomUUID() + "\",\"samples\":[" + rows + "]}")
        .post("/api/v1/nodes/" + node.id() + "/metrics")
        .then()
        .statusCode(202)
        .body("rejected", equalTo(0));
  }

  private void roll() {
    while (!Integer.valueOf(0).equals(database.value(ROLL))) {
      // the next fifty
    }
  }

  private RequestSpecification user() {
    return given().auth().oauth2(tokens.of("user"));
  }

  private JsonPath query(String type, Instant from, Instant to, String step, String agg) {
    return user()
        .queryParam("pool_id", pool())
        .queryParam("metric_type", type)
        .queryParam("from", from.toString())
        .queryParam("to", to.toString())
        .queryParam("step", step)
        .queryParam("agg", agg)
        .get("/api/v1/metrics/query")
        .then()
        .statusCode(200)
        .extract()
        .jsonPath(JsonPathConfig.jsonPathConfig().numberReturnType(NumberReturnType.DOUBLE));
  }

  private static List<@Nullable Double> values(JsonPath answer) {
    return answer.getList("series[0].points.value", Double.class);
  }

  private static Instant hourBefore(long hours) {
    return Instant.now().truncatedTo(ChronoUnit.HOURS).minus(hours, ChronoUnit.HOURS);
  }

  @Test
  void bucketsAreCompleteAndTheEmptyOnesAreNull() {
    Instant from = hourBefore(3);
    send(
        pool(),
        "cpu",
        List.of(
            new Sample(from, 10),
            new Sample(from.plusSeconds(59), 30),
            new Sample(from.plusSeconds(120), 7)));
    for (int rolled = 0; rolled < 2; rolled++) {
      JsonPath answer = query("cpu", from, from.plusSeconds(240), "60", "avg");
      assertThat(answer.getString("source")).isEqualTo("minutes");
      assertThat(answer.getString("series[0].unit")).isEqualTo("percent");
      assertThat(answer.getList("series[0].points.timestamp"))
          .containsExactly(
              from.toString(),
              from.plusSeconds(60).toString(),
              from.plusSeconds(120).toString(),
              from.plusSeconds(180).toString());
      assertThat(values(answer)).containsExactly(20.0, null, 7.0, null);
      roll();
    }
    assertThat(query("none", from, from.plusSeconds(240), "60", "avg").getList("series")).isEmpty();
  }

  /** What a bucket must say, from the samples themselves. */
  private static @Nullable Double expected(List<Sample> all, Instant from, Instant to, String agg) {
    var within =
        all.stream()
            .filter(s -> !s.at().isBefore(from) && s.at().isBefore(to))
            .sorted(Comparator.comparing(Sample::at))
            .toList();
    double[] sorted = within.stream().mapToDouble(Sample::value).sorted().toArray();
    if (sorted.length == 0) {
      return null;
    }
    double sum = within.stream().mapToDouble(Sample::value).sum();
    return switch (agg) {
      case "avg" -> sum / sorted.length;
      case "sum" -> sum;
      case "min" -> sorted[0];
      case "max" -> sorted[sorted.length - 1];
      case "count" -> (double) sorted.length;
      case "last" -> within.getLast().value();
      default -> {
        double rank = Integer.parseInt(agg.substring(1)) / 100.0 * (sorted.length - 1);
        int below = (int) Math.floor(rank);
        int above = Math.min(below + 1, sorted.length - 1);
        yield sorted[below] + (rank - below) * (sorted[above] - sorted[below]);
      }
    };
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void everyAggregateIsThatOfTheSamplesWhateverItIsComputedFrom(long seed) {
    var random = new Random(seed);
    Instant start = hourBefore(5);
    var all = new ArrayList<Sample>();
    var times = new HashSet<Instant>();
    for (int batch = 0; batch < 4; batch++) {
      var samples = new ArrayList<Sample>();
      for (int i = 0; i < 150; i++) {
        // Two at one instant have no last.
        Instant at = start.plusMillis(random.nextInt(4 * 3600 * 1000 / 50) * 50L);
        if (times.add(at)) {
          samples.add(new Sample(at, random.nextDouble() * 200 - 100));
        }
      }
      all.addAll(samples);
      send(pool(), "m", samples);
      send(node.pools().get(1).id(), "m", List.of(new Sample(start, 1e6)));
      send(null, "m", List.of(new Sample(start, -1e6)));
      // Some batches are rolled up, late ones into buckets that were rolled before, some are not
      // yet.
      if (random.nextBoolean()) {
        roll();
      }
    }
    record Ask(Instant from, Instant to, String step, int seconds, String source) {}
    for (Ask ask :
        List.of(
            new Ask(start, start.plusSeconds(4 * 3600), "1h", 3600, "hours"),
            new Ask(start.minusSeconds(3600), start.plusSeconds(5 * 3600), "2h", 7200, "hours"),
            new Ask(start.plusSeconds(300), start.plusSeconds(9000), "5m", 300, "minutes"),
            new Ask(start, start.plusSeconds(4 * 3600), "60s", 60, "minutes"),
            new Ask(start.plusSeconds(60), start.plusSeconds(3660), "1h", 3600, "minutes"),
            new Ask(start.plusSeconds(7), start.plusSeconds(7000), "5m", 300, "raw"),
            new Ask(start, start.plusSeconds(1000), "17", 17, "raw"))) {
      for (String agg : List.of("avg", "min", "max", "sum", "count", "last", "p50", "p95", "p99")) {
        JsonPath answer = query("m", ask.from(), ask.to(), ask.step(), agg);
        assertThat(answer.getString("source"))
            .isEqualTo(agg.startsWith("p") ? "raw" : ask.source());
        long bucket = Math.floorDiv(ask.from().getEpochSecond(), ask.seconds()) * ask.seconds();
        double counted = 0;
        List<@Nullable Double> values = values(answer);
        for (int i = 0; i < values.size(); i++, bucket += ask.seconds()) {
          Instant begin = Instant.ofEpochSecond(bucket);
          Double expected =
              expected(
                  all,
                  begin.isBefore(ask.from()) ? ask.from() : begin,
                  begin.plusSeconds(ask.seconds()).isAfter(ask.to())
                      ? ask.to()
                      : begin.plusSeconds(ask.seconds()),
                  agg);
          String what = ask + " " + agg + " " + begin;
          if (expected == null) {
            assertThat(values.get(i)).as(what).isNull();
          } else {
            assertThat(Objects.requireNonNull(values.get(i)))
                .as(what)
                .isCloseTo(expected, within(1e-9 * Math.max(1, Math.abs(expected))));
            counted += agg.equals("count") ? expected : 0;
          }
        }
        assertThat(bucket).isGreaterThanOrEqualTo(ask.to().getEpochSecond());
        if (agg.equals("count")) {
          // I33, by the database's own count.
          assertThat(
                  values.stream().filter(Objects::nonNull).mapToDouble(Double::doubleValue).sum())
              .isEqualTo(counted)
              .isEqualTo(
                  ((Number)
                          Objects.requireNonNull(
                              database.value(
                                  "SELECT count(*) FROM autoscaler.metrics WHERE pool_id = ? AND metric_type = 'm'"
                                      + " AND \"timestamp\" >= ?::timestamptz AND \"timestamp\" < ?::timestamptz",
                                  pool(),
                                  ask.from().toString(),
                                  ask.to().toString())))
                      .doubleValue());
        }
      }
    }
  }

  @Test
  void aNodesOwnSeriesIsNotItsPools() {
    Instant from = hourBefore(2);
    send(null, "load", List.of(new Sample(from, 3)));
    send(pool(), "load", List.of(new Sample(from, 100)));
    for (int rolled = 0; rolled < 2; rolled++) {
      for (String to : List.of(from.plusSeconds(60).toString(), from.plusSeconds(61).toString())) {
        user()
            .queryParams(
                Map.of(
                    "node_id", node.id(), "metric_type", "load", "from", from.toString(), "to", to))
            .get("/api/v1/metrics/query")
            .then()
            .statusCode(200)
            .body("series[0].points[0].value", equalTo(3.0f));
      }
      roll();
    }
  }

  @Test
  void valuesAtTheEndsOfTheRangeNeitherOverflowNorVanish() {
    // A multiple of both steps, of which one is answered from rollups.
    Instant from = Instant.ofEpochSecond(hourBefore(2).getEpochSecond() / (60 * 61) * (60 * 61));
    Instant to = from.plusSeconds(60);
    double most = Double.MAX_VALUE;
    send(
        pool(),
        "big",
        List.of(
            new Sample(from, most),
            new Sample(from.plusSeconds(1), most),
            new Sample(from.plusSeconds(2), most)));
    send(
        pool(),
        "small",
        List.of(
            new Sample(from, Double.MIN_VALUE),
            new Sample(from.plusSeconds(1), 3 * Double.MIN_VALUE)));
    send(pool(), "wide", List.of(new Sample(from, -most), new Sample(from.plusSeconds(1), most)));
    send(pool(), "both", List.of(new Sample(from, 1e300), new Sample(from.plusSeconds(1), 1e10)));
    for (int rolled = 0; rolled < 2; rolled++) {
      for (String step : List.of("60", "61")) {
        assertThat(values(query("big", from, to, step, "sum")).getFirst())
            .isCloseTo(most, within(most * 0.01));
        assertThat(values(query("big", from, to, step, "max"))).containsExactly(most);
        assertThat(values(query("big", from, to, step, "p95"))).containsExactly(most);
        assertThat(values(query("small", from, to, step, "avg")))
            .containsExactly(2 * Double.MIN_VALUE);
        assertThat(values(query("wide", from, to, step, "avg"))).containsExactly(0.0);
        assertThat(values(query("wide", from, to, step, "p50"))).doesNotContainNull();
        assertThat(values(query("both", from, to, step, "sum"))).containsExactly(1e300);
      }
      assertThat(values(query("big", from, to, "61", "avg")).getFirst())
          .isCloseTo(most, within(most * 1e-9));
      roll();
    }
  }

  @Test
  void replicasThatRollAtOnceGiveWhatOneGives() {
    Instant from = hourBefore(2);
    var random = new Random(7);
    var all = new ArrayList<Sample>();
    for (int batch = 0; batch < 30; batch++) {
      var samples = new ArrayList<Sample>();
      for (int i = 0; i < 20; i++) {
        samples.add(new Sample(from.plusMillis(random.nextInt(600_000)), random.nextInt(100)));
      }
      all.addAll(samples);
      send(pool(), "r", samples);
    }
    // Small bites, so that they follow each other closely.
    while (Race.of(
            4, () -> database.rows("SELECT autoscaler.roll_metrics(4711, 3, '15 days') AS taken"))
        .stream()
        .anyMatch(rows ->
            rows.getFirst().get("taken") == null
                || !Integer.valueOf(0).equals(rows.getFirst().get("taken")))) {
      // until all of them find nothing
      if (Objects.equals(database.value("SELECT count(*) FROM autoscaler.metric_unrolled"), 0L)) {
        break;
      }
    }
    for (int bucket : new int[] {60, 3600}) {
      var rolled =
          database.rows(
              "SELECT sum(n)::bigint AS n, sum(sum) AS sum, min(min) AS min, max(max) AS max FROM autoscaler.metrics_rollup"
                  + " WHERE pool_id = ? AND metric_type = 'r' AND bucket_seconds = ?",
              pool(),
              bucket);
      assertThat(rolled.getFirst())
          .containsEntry("n", 600L)
          .containsEntry("sum", all.stream().mapToDouble(Sample::value).sum())
          .containsEntry("min", all.stream().mapToDouble(Sample::value).min().orElseThrow())
          .containsEntry("max", all.stream().mapToDouble(Sample::value).max().orElseThrow());
    }
    assertThat(
            database.value(
                "SELECT count(*) FROM autoscaler.metrics_rollup WHERE pool_id = ? AND bucket_seconds = 60",
                pool()))
        .isEqualTo(10L);
  }

  @Test
  void oldTimesAreAnsweredFromRollupsInWholeOnes() {
    Instant old = Instant.now().minus(20, ChronoUnit.DAYS).truncatedTo(ChronoUnit.HOURS);
    var unused =
        database.update(
            "INSERT INTO autoscaler.metrics_rollup VALUES (?, ?, 'o', 'percent', 60, ?::timestamptz, 2, 9, 4, 5, 5, ?::timestamptz)",
            node.id(),
            pool(),
            old.plusSeconds(60).toString(),
            old.plusSeconds(61).toString());
    var series =
        database.update(
            "INSERT INTO autoscaler.metric_series VALUES (?, ?, 'o', 'percent', now())",
            pool(),
            node.id());
    assertThat(unused + series).isEqualTo(2);
    JsonPath answer = query("o", old.plusSeconds(61), old.plusSeconds(119), "1m", "avg");
    assertThat(answer.getString("source")).isEqualTo("minutes");
    assertThat(answer.getString("from")).isEqualTo(old.plusSeconds(60).toString());
    assertThat(answer.getString("to")).isEqualTo(old.plusSeconds(120).toString());
    assertThat(values(answer)).containsExactly(4.5);
    for (String bad : List.of("agg=p95&step=60", "agg=avg&step=7")) {
      user()
          .get(
              "/api/v1/metrics/query?pool_id=1&metric_type=o&from="
                  + old.plusSeconds(1)
                  + "&to="
                  + old.plusSeconds(120)
                  + "&"
                  + bad)
          .then()
          .statusCode(422)
          .body("code", equalTo("invalid_window"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "pool_id=1&metric_type=m, required",
    "metric_type=m&from=2026-05-04T10:00:00Z, required",
    "pool_id=0&metric_type=m&from=2026-05-04T10:00:00Z, invalid_parameter",
    "pool_id=x&metric_type=m&from=2026-05-04T10:00:00Z, invalid_parameter",
    "pool_id=1&metric_type=m&from=yesterday, invalid_parameter",
    "pool_id=1&metric_type=m&from=%2B12026-05-04T10:00:00Z, invalid_parameter",
    "pool_id=1&metric_type=m&from=2026-05-04T10:00:00Z&to=2026-05-04T10:00:00Z, invalid_window",
    "pool_id=1&metric_type=m&from=2026-05-04T10:00:00Z&to=2026-05-04T11:00:00Z&step=0, invalid_parameter",
    "pool_id=1&metric_type=m&from=2026-05-04T10:00:00Z&to=2026-05-04T11:00:00Z&step=1w, invalid_parameter",
    "pool_id=1&metric_type=m&from=2026-05-04T10:00:00Z&to=2026-05-04T11:00:00Z&agg=median, invalid_parameter",
    "pool_id=1&metric_type=m&from=1970-01-01T00:00:00Z&step=60, too_many_points",
    "pool_id=1&metric_type=m&from=2026-05-04T00:00:00Z&to=2026-05-04T03:03:21Z&step=1, too_many_points"
  })
  void whatCannotBeAskedIsToldAtOnce(String parameters, String code) {
    user()
        .urlEncodingEnabled(false)
        .get("/api/v1/metrics/query?" + parameters)
        .then()
        .statusCode(422)
        .body(containsString("\"code\":\"" + code + "\""));
  }

  @Test
  void elevenThousandPointsAreGivenAndNoMore() {
    Instant to = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    send(pool(), "p", List.of(new Sample(to.minusSeconds(1), 1)));
    assertThat(values(query("p", to.minusSeconds(11_000), to, "1", "max")))
        .hasSize(11_000)
        .endsWith(1.0);
  }

  @Test
  void aMetricOfManyUnitsMustBeNarrowed() {
    Instant from = hourBefore(1);
    String rows =
        java.util.stream.IntStream.range(0, 30)
            .mapToObj(i ->
                "{\"pool_id\":%d,\"metric_type\":\"u\",\"value\":1,\"unit\":\"u%d\",\"timestamp\":\"%s\"}"
                    .formatted(pool(), i, from))
            .collect(Collectors.joining(","));
    given()
        .header("X-API-Key", node.key())
        .contentType("application/json")
        .body("{\"batch_id\":\"" + UUID.randomUUID() + "\",\"samples\":[" + rows + "]}")
        .post("/api/v1/nodes/" + node.id() + "/metrics")
        .then()
        .statusCode(202);
    String ask =
        "/api/v1/metrics/query?pool_id="
            + pool()
            + "&metric_type=u&step=1&from="
            + from
            + "&to="
            + from.plusSeconds(10_000);
    user().get(ask).then().statusCode(422).body("code", equalTo("too_many_points"));
    user().get(ask + "&unit=u7").then().statusCode(200).body("series.unit", equalTo(List.of("u7")));
  }

  @Test
  void aListShowsEachRowOnceWhileOthersComeIn() {
    Instant start = hourBefore(2);
    var samples = new ArrayList<Sample>();
    for (int i = 0; i < 300; i++) {
      // Five at each instant: the time alone does not tell them apart.
      samples.add(new Sample(start.plusSeconds(i / 5), i));
    }
    send(pool(), "l", samples);
    var shown = new ArrayList<Double>();
    String cursor = null;
    do {
      var request =
          user()
              .queryParam("pool_id", pool())
              .queryParam("metric_type", "l")
              .queryParam("limit", 7);
      if (cursor != null) {
        request.queryParam("cursor", cursor);
      }
      JsonPath page = request.get("/api/v1/metrics").then().statusCode(200).extract().jsonPath();
      shown.addAll(page.getList("items.value", Double.class));
      cursor = page.getString("next_cursor");
      send(
          pool(),
          "l",
          List.of(new Sample(Instant.now(), -1), new Sample(start.minusSeconds(1), -2)));
    } while (cursor != null);
    assertThat(shown.stream().filter(v -> v >= 0)).hasSize(300).doesNotHaveDuplicates();
    assertThat(shown.stream().filter(v -> v == -1)).isEmpty();
  }

  @Test
  void aListIsOfAPoolOrANodeAndBoundedByTime() {
    Instant at = hourBefore(1);
    send(pool(), "a", List.of(new Sample(at, 1), new Sample(at.plusSeconds(60), 2)));
    send(null, "b", List.of(new Sample(at, 3)));
    user()
        .get("/api/v1/metrics?node_id=" + node.id())
        .then()
        .statusCode(200)
        .body("items.value", equalTo(List.of(2.0f, 3.0f, 1.0f)));
    user()
        .get("/api/v1/metrics?pool_id=" + pool() + "&to=" + at.plusSeconds(60))
        .then()
        .body("items.value", equalTo(List.of(1.0f)));
    user()
        .get("/api/v1/metrics?node_id=" + node.id() + "&pool_id=" + node.pools().get(1).id())
        .then()
        .body("items", equalTo(List.of()));
    user()
        .get("/api/v1/metrics?pool_id=99999999999")
        .then()
        .statusCode(200)
        .body("items", equalTo(List.of()));
    user().get("/api/v1/metrics").then().statusCode(422).body("code", equalTo("required"));
    user()
        .get("/api/v1/metrics?pool_id=1&cursor=x")
        .then()
        .statusCode(422)
        .body("code", equalTo("invalid_cursor"));
    given().get("/api/v1/metrics?pool_id=1").then().statusCode(401);
  }

  @Test
  void theMetricsThereAreAreListedByName() {
    Instant at = hourBefore(1);
    String type = "t" + UUID.randomUUID().toString().toLowerCase(Locale.ROOT);
    send(pool(), type, List.of(new Sample(at, 1)));
    send(node.pools().get(1).id(), type, List.of(new Sample(at, 1)));
    send(null, "z" + type, List.of(new Sample(at, 1)));
    roll();
    user()
        .get("/api/v1/metrics/types?limit=1&node_id=" + node.id())
        .then()
        .statusCode(200)
        .body("items.metric_type", equalTo(List.of(type)))
        .body("items[0].series", equalTo(2))
        .body("items[0].unit", equalTo("percent"));
    assertThat(
            user()
                .get("/api/v1/metrics/types?pool_id=" + pool())
                .jsonPath()
                .getList("items.metric_type"))
        .isEqualTo(List.of(type));
    assertThat(
            user()
                .get("/api/v1/metrics/types?node_id=" + node.id())
                .jsonPath()
                .getList("items.metric_type"))
        .isEqualTo(List.of(type, "z" + type));
  }

  @Test
  void aDeletedPoolLeavesNothingAndTheNodesOwnStays() {
    Instant at = hourBefore(1);
    send(pool(), "d", List.of(new Sample(at, 1)));
    send(null, "d", List.of(new Sample(at, 1)));
    roll();
    var deleted = database.update("DELETE FROM autoscaler.pools WHERE id = ?", pool());
    assertThat(deleted).isEqualTo(1);
    for (String table : List.of("metrics", "metrics_rollup", "metric_series")) {
      assertThat(
              database.value(
                  "SELECT count(*) FROM autoscaler." + table + " WHERE pool_id = ?", pool()))
          .as(table)
          .isEqualTo(0L);
      assertThat(
              database.value(
                  "SELECT count(*) > 0 FROM autoscaler." + table + " WHERE node_id = ?", node.id()))
          .as(table)
          .isEqualTo(true);
    }
    var gone = database.update("DELETE FROM autoscaler.nodes WHERE id = ?", node.id());
    assertThat(gone).isEqualTo(1);
    for (String table :
        List.of(
            "metrics", "metrics_rollup", "metric_series", "metric_batches", "metric_unrolled")) {
      assertThat(
              database.value(
                  "SELECT count(*) FROM autoscaler." + table + " WHERE node_id = ?", node.id()))
          .as(table)
          .isEqualTo(0L);
    }
  }
}
