package dev.quintet.autoscaler.metric;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;

import dev.quintet.autoscaler.testing.MeasuredNode;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.config.DecoderConfig;
import io.restassured.response.Response;
import io.restassured.response.ValidatableResponse;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A batch is stored whole and once, or its sender learns why not. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the test resource fills the fields in
class MetricIntakeIT {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  Database database;
  Tokens tokens;

  private MeasuredNode node;

  @BeforeEach
  void node() {
    node = MeasuredNode.create(database, 3);
  }

  private static String sample(String pool, String type, String value, String timestamp) {
    return "{"
        + pool
        + "\"metric_type\":\""
        + type
        + "\",\"value\":"
        + value
        + ",\"unit\":\"percent\""
        + (timestamp.isEmpty() ? "" : ",\"timestamp\":\"" + timestamp + "\"")
        + "}";
  }

  private String good(int i) {
    return sample(
        "\"pool_id\":" + node.pools().get(i % 3).id() + ",",
        "cpu",
        i + ".5",
        Instant.now().minusSeconds(i).toString());
  }

  private static String batch(UUID id, List<String> samples) {
    return "{\"batch_id\":\"" + id + "\",\"samples\":[" + String.join(",", samples) + "]}";
  }

  private static String batch(String... samples) {
    return batch(UUID.randomUUID(), List.of(samples));
  }

  private List<String> goods(int n) {
    return IntStream.range(0, n)
        .mapToObj(this::good)
        .collect(Collectors.toCollection(ArrayList::new));
  }

  private Response send(String body, String query) {
    return given()
        .config(
            RestAssured.config().decoderConfig(DecoderConfig.decoderConfig().noContentDecoders()))
        .header("X-API-Key", node.key())
        .contentType("application/json")
        .body(body)
        .post("/api/v1/nodes/" + node.id() + "/metrics" + query);
  }

  private ValidatableResponse send(String body) {
    return send(body, "").then();
  }

  private long stored() {
    return ((Number)
            Objects.requireNonNull(
                database.value(
                    "SELECT count(*) FROM autoscaler.metrics WHERE node_id = ?", node.id())))
        .longValue();
  }

  @Test
  void aBatchIsStoredAsItWasSent() {
    Instant at =
        Instant.parse(Instant.now().minusSeconds(90).toString().substring(0, 19) + ".123456Z");
    var pool = node.pools().get(1);
    UUID id = UUID.randomUUID();
    send(batch(
            id,
            List.of(
                sample("\"pool_id\":" + pool.id() + ",", "cpu", "71.25", at.toString()),
                sample(
                    "\"oracle_pool_id\":\"" + pool.oraclePoolId() + "\",",
                    "mémoire 😀",
                    "-1e-300",
                    ""),
                sample("\"pool_id\":null,\"oracle_pool_id\":null,", "load", "3", at.toString()))))
        .statusCode(202)
        .body("batch_id", equalTo(id.toString()))
        .body("accepted", equalTo(3))
        .body("rejected", equalTo(0))
        .body("duplicate", equalTo(false))
        .body("rejections", hasSize(0));
    var rows =
        database.rows(
            "SELECT pool_id, metric_type, value, unit, \"timestamp\" = ?::timestamptz AS sent, \"timestamp\" > now() - interval '10 s' AS fresh"
                + " FROM autoscaler.metrics WHERE node_id = ? ORDER BY metric_type",
            at.toString(),
            node.id());
    assertThat(rows)
        .extracting(row -> row.get("metric_type"))
        .containsExactly("cpu", "load", "mémoire 😀");
    assertThat(rows)
        .extracting(row -> row.get("pool_id"))
        .containsExactly(pool.id(), null, pool.id());
    assertThat(rows).extracting(row -> row.get("value")).containsExactly(71.25, 3.0, -1e-300);
    assertThat(rows).extracting(row -> row.get("sent")).containsExactly(true, true, false);
    assertThat(rows).extracting(row -> row.get("fresh")).containsExactly(false, false, true);
  }

  @Test
  void theSameBatchAgainStoresNothing() {
    UUID id = UUID.randomUUID();
    send(batch(id, goods(7))).statusCode(202).body("duplicate", equalTo(false));
    send(batch(id, goods(5)))
        .statusCode(202)
        .body("accepted", equalTo(7))
        .body("rejected", equalTo(0))
        .body("duplicate", equalTo(true));
    assertThat(stored()).isEqualTo(7);
  }

  @Test
  void twentyAtOnceStoreOneBatch() {
    UUID id = UUID.randomUUID();
    String body = batch(id, goods(50));
    var answers = Race.of(20, () -> send(body, ""));
    assertThat(answers).extracting(Response::statusCode).containsOnly(202);
    assertThat(answers).extracting(a -> a.jsonPath().getInt("accepted")).containsOnly(50);
    assertThat(answers.stream().filter(a -> !a.jsonPath().getBoolean("duplicate"))).hasSize(1);
    assertThat(stored()).isEqualTo(50);
  }

  @Test
  void twoNodesMayChooseTheSameBatchId() {
    UUID id = UUID.randomUUID();
    send(batch(id, goods(2))).statusCode(202).body("duplicate", equalTo(false));
    node();
    send(batch(id, goods(2))).statusCode(202).body("duplicate", equalTo(false));
  }

  @Test
  void fiveThousandAreTakenAndNoMore() {
    send(batch(UUID.randomUUID(), goods(5000))).statusCode(202).body("accepted", equalTo(5000));
    send(batch(UUID.randomUUID(), goods(5001)))
        .statusCode(413)
        .body("code", equalTo("batch_too_large"))
        .body("limit_samples", equalTo(5000));
    send(batch(UUID.randomUUID(), goods(5001)), "?mode=partial").then().statusCode(413);
    assertThat(stored()).isEqualTo(5000);
  }

  @ParameterizedTest
  @CsvSource({
    "1e999, value_not_finite",
    "-1e999, value_not_finite",
    "NaN, value_not_finite",
    "-Infinity, value_not_finite",
    "'\"71\"', wrong_type",
    "true, wrong_type",
    "[1], wrong_type",
    "'{\"a\":{}}', wrong_type",
    "null, required"
  })
  void oneBadValueRefusesTheBatch(String value, String code) {
    var samples = goods(9);
    samples.add(4, sample("", "cpu", value, ""));
    send(batch(UUID.randomUUID(), samples))
        .statusCode(422)
        .body("code", equalTo(code))
        .body("errors[0].pointer", equalTo("/samples/4/value"));
    assertThat(stored()).isZero();

    send(batch(UUID.randomUUID(), samples), "?mode=partial")
        .then()
        .statusCode(202)
        .body("accepted", equalTo(9))
        .body("rejected", equalTo(1))
        .body("rejections.index", equalTo(List.of(4)))
        .body("rejections[0].code", equalTo(code));
    assertThat(stored()).isEqualTo(9);
  }

  @Test
  void inPartialModeOneOfFiveThousandIsLeftOut() {
    var samples = goods(4999);
    samples.add(sample("", "cpu", "1e999", ""));
    UUID id = UUID.randomUUID();
    send(batch(id, samples), "?mode=partial")
        .then()
        .statusCode(202)
        .body("accepted", equalTo(4999))
        .body("rejected", equalTo(1));
    assertThat(stored()).isEqualTo(4999);
    send(batch(id, samples), "?mode=partial")
        .then()
        .statusCode(202)
        .body("accepted", equalTo(4999))
        .body("rejected", equalTo(1))
        .body("duplicate", equalTo(true));
    assertThat(stored()).isEqualTo(4999);
  }

  @Test
  void theFirstTwentyBadSamplesAreListed() {
    var samples = new ArrayList<>(Collections.nCopies(30, sample("", "cpu", "1e999", "")));
    samples.add(0, good(0));
    send(batch(UUID.randomUUID(), samples))
        .statusCode(422)
        .body("code", equalTo("value_not_finite"))
        .body("errors", hasSize(20))
        .body("errors[19].pointer", equalTo("/samples/20/value"));
    send(batch(UUID.randomUUID(), samples), "?mode=partial")
        .then()
        .body("rejected", equalTo(30))
        .body("rejections", hasSize(20));
  }

  @Test
  void aPoolOfAnotherNodeIsRefusedLikeOneThatIsNot() {
    MeasuredNode other = MeasuredNode.create(database, 1);
    for (String pool :
        List.of(
            "\"pool_id\":" + other.pools().getFirst().id() + ",",
            "\"oracle_pool_id\":\"" + other.pools().getFirst().oraclePoolId() + "\",",
            "\"pool_id\":2147483000,",
            "\"pool_id\":9007199254740993,",
            "\"oracle_pool_id\":\"none\",",
            "\"pool_id\":"
                + node.pools().get(0).id()
                + ",\"oracle_pool_id\":\""
                + node.pools().get(1).oraclePoolId()
                + "\",")) {
      String body = batch(good(0), sample(pool, "cpu", "1", ""));
      send(body)
          .statusCode(403)
          .body("code", equalTo("pool_of_another_node"))
          .body("errors[0].pointer", equalTo("/samples/1"))
          .body("errors[0].detail", equalTo("is of no pool of this node"));
      assertThat(stored()).isZero();
    }
    send(
            batch(
                good(0),
                sample("\"pool_id\":" + other.pools().getFirst().id() + ",", "cpu", "1", "")),
            "?mode=partial")
        .then()
        .statusCode(202)
        .body("accepted", equalTo(1))
        .body("rejections[0].code", equalTo("pool_of_another_node"));
    assertThat(stored()).isEqualTo(1);
    assertThat(
            database.value(
                "SELECT count(*) FROM autoscaler.metrics WHERE node_id = ? OR pool_id = ?",
                other.id(),
                other.pools().getFirst().id()))
        .isEqualTo(0L);
  }

  @Test
  void timesMustBeNearAndNotOlderThanRowsAreKept() {
    for (Instant at :
        List.of(
            Instant.now().plusSeconds(360),
            Instant.now().minusSeconds(14 * 86_400 + 60),
            Instant.EPOCH)) {
      send(batch(good(0), sample("", "cpu", "1", at.toString())))
          .statusCode(422)
          .body("code", equalTo("timestamp_out_of_range"))
          .body("errors[0].pointer", equalTo("/samples/1/timestamp"));
    }
    assertThat(stored()).isZero();
    send(batch(
            sample("", "cpu", "1", Instant.now().plusSeconds(240).toString()),
            sample("", "cpu", "1", Instant.now().minusSeconds(14 * 86_400 - 60).toString())))
        .statusCode(202)
        .body("accepted", equalTo(2));
    send(
            batch(
                good(0),
                sample("", "cpu", "1", "2100-01-01T00:00:00Z"),
                sample("", "cpu", "1", "+12026-01-01T00:00:00Z")),
            "?mode=partial")
        .then()
        .body("accepted", equalTo(1))
        .body(
            "rejections.code",
            equalTo(List.of("timestamp_out_of_range", "timestamp_out_of_range")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"batch_id\":\"x\",\"samples\":[]} | 422 | wrong_type",
        "{\"samples\":[]} | 422 | required",
        "{\"batch_id\":\"5f0c7d1e-2f7b-4a5d-9f3a-6f1f6d2f9b11\"} | 422 | required",
        "{\"batch_id\":\"5f0c7d1e-2f7b-4a5d-9f3a-6f1f6d2f9b11\",\"samples\":{}} | 422 | wrong_type",
        "{\"batch_id\":\"5f0c7d1e-2f7b-4a5d-9f3a-6f1f6d2f9b11\",\"samples\":[],\"colour\":[{}]} | 422 | unknown_field",
        "{\"batch_id\":\"5f0c7d1e-2f7b-4a5d-9f3a-6f1f6d2f9b11\",\"samples\":[7]} | 422 | wrong_type",
        "{\"batch_id\":\"5f0c7d1e-2f7b-4a5d-9f3a-6f1f6d2f9b11\",\"samples\":[{}]} | 422 | required",
        "{\"batch_id\":\"5f0c7d1e-2f7b-4a5d-9f3a-6f1f6d2f9b11\",\"samples\":[{\"metric_type\":\"a\",\"value\":1,\"unit\":\"b\",\"x\":1}]} | 422 | unknown_field",
        "{\"batch_id\":\"5f0c7d1e-2f7b-4a5d-9f3a-6f1f6d2f9b11\",\"samples\":[{\"metric_type\":\"\",\"value\":1,\"unit\":\"b\"}]} | 422 | invalid_value",
        "{\"batch_id\":\"5f0c7d1e-2f7b-4a5d-9f3a-6f1f6d2f9b11\",\"samples\":[{\"metric_type\":\"a\\u0000\",\"value\":1,\"unit\":\"b\"}]} | 422 | invalid_character",
        "{\"batch_id\":\"5f0c7d1e-2f7b-4a5d-9f3a-6f1f6d2f9b11\",\"samples\":[{\"metric_type\":\"a\\ud800\",\"value\":1,\"unit\":\"b\"}]} | 422 | invalid_character",
        "{\"batch_id\":\"5f0c7d1e-2f7b-4a5d-9f3a-6f1f6d2f9b11\",\"samples\":[{\"metric_type\":\"a\",\"value\":1,\"unit\":\"b\",\"pool_id\":1.5}]} | 422 | wrong_type",
        "{\"batch_id\":\"5f0c7d1e-2f7b-4a5d-9f3a-6f1f6d2f9b11\",\"samples\":[{\"metric_type\":\"a\",\"value\":1,\"unit\":\"b\",\"pool_id\":99999999999999999999}]} | 422 | number_out_of_range",
        "{\"batch_id\":\"5f0c7d1e-2f7b-4a5d-9f3a-6f1f6d2f9b11\",\"samples\":[{\"metric_type\":\"a\",\"value\":1,\"unit\":\"b\",\"timestamp\":\"now\"}]} | 422 | wrong_type",
        "[] | 422 | wrong_type",
        "{\"batch_id\":\"5f0c7d1e-2f7b-4a5d-9f3a-6f1f6d2f9b11\",\"samples\":[{\"value\":1,\"value\":2}]} | 400 | malformed_json",
        "{\"samples\":[],\"samples\":[]} | 400 | malformed_json",
        "{\"samples\":[] | 400 | malformed_json",
        "{} {} | 400 | malformed_json",
        "{\"samples\":[{\"value\":0x1}]} | 400 | malformed_json"
      })
  void whatIsNoBatchIsRefused(String body, int status, String code) {
    send(body).statusCode(status).body("code", equalTo(code));
    assertThat(stored()).isZero();
  }

  @Test
  void severalKindsOfFaultsAreToldAtOnce() {
    send(batch("{\"metric_type\":7,\"value\":\"x\"}", sample("", "cpu", "1e999", "")))
        .statusCode(422)
        .body("code", equalTo("validation_failed"))
        .body("errors.pointer", hasItem("/samples/0/metric_type"))
        .body("errors.pointer", hasItem("/samples/0/value"))
        .body("errors.pointer", hasItem("/samples/0/unit"))
        .body("errors.pointer", hasItem("/samples/1/value"));
  }

  @Test
  void onlyAKeyThatIsGoodNowAndTheNodesOwnStoresAnything() {
    MeasuredNode other = MeasuredNode.create(database, 0);
    record Try(String key, int node, int status, String code) {}
    var unknown = "ask_" + "x".repeat(43);
    for (Try one :
        List.of(
            new Try(unknown, node.id(), 401, "key_unknown"),
            new Try(other.key(), node.id(), 403, "node_mismatch"),
            new Try(node.key(), Integer.MAX_VALUE, 403, "node_mismatch"))) {
      for (String body :
          List.of(
              batch(sample("", "cpu", "1", "")),
              "{}",
              "{",
              batch(sample("", "cpu", "1e999", "")))) {
        given()
            .header("X-API-Key", one.key())
            .contentType("application/json")
            .body(body)
            .post("/api/v1/nodes/" + one.node() + "/metrics")
            .then()
            .statusCode(one.status())
            .body("code", equalTo(one.code()));
      }
    }
    given()
        .header("X-API-Key", node.key())
        .contentType("application/json")
        .body(batch(good(0)))
        .post("/api/v1/nodes/4294967299/metrics")
        .then()
        .statusCode(403);
    var revoked =
        database.update(
            "UPDATE autoscaler.node_api_keys SET revoked_at = now() WHERE node_id = ?", node.id());
    assertThat(revoked).isEqualTo(1);
    send(batch(good(0))).statusCode(401).body("code", equalTo("key_revoked"));
    var expired =
        database.update(
            "UPDATE autoscaler.node_api_keys SET revoked_at = NULL, expires_at = now() WHERE node_id = ?",
            node.id());
    assertThat(expired).isEqualTo(1);
    send(batch(good(0))).statusCode(401).body("code", equalTo("key_expired"));
    assertThat(stored()).isZero();
  }

  @Test
  void aPersonMayNotSend() {
    for (String role : List.of("user", "devops", "admin", "service")) {
      given()
          .auth()
          .oauth2(tokens.of(role))
          .contentType("application/json")
          .body(batch(good(0)))
          .post("/api/v1/nodes/" + node.id() + "/metrics")
          .then()
          .statusCode(403)
          .body("code", equalTo("forbidden"));
    }
    given()
        .contentType("application/json")
        .body(batch(good(0)))
        .post("/api/v1/nodes/" + node.id() + "/metrics")
        .then()
        .statusCode(401);
  }

  @ParameterizedTest
  @ValueSource(strings = {"all", "Partial"})
  void theModeIsStrictOrPartial(String mode) {
    send(batch(good(0)), "?mode=" + mode)
        .then()
        .statusCode(422)
        .body("code", equalTo("invalid_parameter"));
  }

  // --- size and packing

  private HttpResponse<String> raw(byte[] body, boolean announced, String... headers)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(
                URI.create(
                    "http://localhost:"
                        + RestAssured.port
                        + "/api/v1/nodes/"
                        + node.id()
                        + "/metrics"))
            .header("X-API-Key", node.key())
            .header("Content-Type", "application/json")
            .POST(
                announced
                    ? HttpRequest.BodyPublishers.ofByteArray(body)
                    : HttpRequest.BodyPublishers.ofInputStream(
                        () -> new ByteArrayInputStream(body)));
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private static byte[] gzip(byte[] plain) throws IOException {
    var packed = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(packed)) {
      out.write(plain);
    }
    return packed.toByteArray();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void aBodyOfMoreThanAMebibyteIsNotReadToItsEnd() throws Exception {
    byte[] large = bytes(" ".repeat((1 << 20) + 1) + batch(good(0)));
    assertThat(raw(large, true))
        .satisfies(r -> {
          assertThat(r.statusCode()).isEqualTo(413);
          assertThat(r.body()).contains("batch_too_large").contains("\"limit_bytes\":1048576");
        });
    assertThat(raw(large, false))
        .satisfies(r -> {
          assertThat(r.statusCode()).isEqualTo(413);
          assertThat(r.body()).contains("batch_too_large");
        });
    byte[] fits = bytes(" ".repeat(1_000_000) + batch(good(0)));
    assertThat(raw(fits, true).statusCode()).isEqualTo(202);
    assertThat(raw(bytes(" ".repeat(1_000_000) + batch(good(1))), false).statusCode())
        .isEqualTo(202);
    assertThat(stored()).isEqualTo(2);
  }

  @Test
  void gzipIsUnpackedUpToItsLimit() throws Exception {
    byte[] packed = gzip(bytes(batch(UUID.randomUUID(), goods(3000))));
    assertThat(raw(packed, true, "Content-Encoding", "gzip").statusCode()).isEqualTo(202);
    assertThat(stored()).isEqualTo(3000);
    byte[] roomy = gzip(bytes(" ".repeat(8_000_000) + batch(good(0))));
    assertThat(raw(roomy, true, "Content-Encoding", "gzip").statusCode()).isEqualTo(202);
    byte[] bomb = gzip(new byte[64 << 20]);
    assertThat(bomb.length).isLessThan(100_000);
    // Zeros are no JSON; spaces are, and go on.
    byte[] spaces = gzip(bytes(" ".repeat((8 << 20) + 1) + batch(good(0))));
    assertThat(raw(spaces, true, "Content-Encoding", "gzip"))
        .satisfies(r -> {
          assertThat(r.statusCode()).isEqualTo(413);
          assertThat(r.body()).contains("batch_too_large").contains("\"limit_bytes\":8388608");
        });
    assertThat(raw(bomb, true, "Content-Encoding", "gzip").statusCode()).isEqualTo(400);
    assertThat(raw(bytes(batch(good(0))), true, "Content-Encoding", "gzip").statusCode())
        .isEqualTo(400);
    assertThat(
            raw(
                    java.util.Arrays.copyOf(packed, packed.length / 2),
                    true,
                    "Content-Encoding",
                    "gzip")
                .statusCode())
        .isEqualTo(400);
    assertThat(raw(packed, true, "Content-Encoding", "br").statusCode()).isEqualTo(415);
    assertThat(stored()).isEqualTo(3001);
  }

  // --- properties

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void whatIsAcceptedAndRejectedIsWhatWasSentAndAllThatIsStoredIsFinite(long seed) {
    var random = new Random(seed);
    String[] values = {
      "1",
      "-0.0",
      "1e308",
      "-1.7976931348623157e308",
      "5e-324",
      "1e999",
      "NaN",
      "\"1\"",
      "null",
      "[]"
    };
    String[] pools = {
      "",
      "\"pool_id\":" + node.pools().getFirst().id() + ",",
      "\"pool_id\":2147483000,",
      "\"oracle_pool_id\":\"no\","
    };
    String[] times = {"", Instant.now().toString(), "2019-01-01T00:00:00Z", "soon"};
    int accepted = 0;
    for (int round = 0; round < 10; round++) {
      int sent = random.nextInt(60);
      var samples = new ArrayList<String>();
      for (int i = 0; i < sent; i++) {
        samples.add(
            sample(
                pools[random.nextInt(4) == 0 ? random.nextInt(4) : random.nextInt(2)],
                "t" + random.nextInt(3),
                values[random.nextInt(3) == 0 ? random.nextInt(values.length) : random.nextInt(5)],
                times[random.nextInt(4) == 0 ? random.nextInt(4) : random.nextInt(2)]));
      }
      var answer = send(batch(UUID.randomUUID(), samples), "?mode=partial");
      assertThat(answer.statusCode()).isEqualTo(202);
      assertThat(answer.jsonPath().getInt("accepted") + answer.jsonPath().getInt("rejected"))
          .isEqualTo(sent);
      accepted += answer.jsonPath().getInt("accepted");
      assertThat(answer.jsonPath().getList("rejections")).hasSizeLessThanOrEqualTo(20);
    }
    assertThat(stored()).isEqualTo(accepted);
    assertThat(
            database.value(
                "SELECT count(*) FROM autoscaler.metrics WHERE node_id = ? AND NOT (value > '-Infinity' AND value < 'Infinity')",
                node.id()))
        .isEqualTo(0L);
  }
}
