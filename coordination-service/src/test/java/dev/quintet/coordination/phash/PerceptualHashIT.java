package dev.quintet.coordination.phash;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import dev.quintet.coordination.redis.RedisStore;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.specification.RequestSpecification;
import io.vertx.redis.client.Command;
import jakarta.inject.Inject;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // filled in by ServiceBackends and Quarkus
class PerceptualHashIT {
  private static final Duration SOON = Duration.ofSeconds(5);
  private static final int MOST = 100;

  @Inject RedisStore redis;
  @Inject MirrorJob job;

  Database database;
  Tokens tokens;

  @BeforeEach
  void emptied() {
    database.update("DELETE FROM coordination.perceptual_hashes");
    send(Command.DEL, redis.key("phash:index"), redis.key("phash:full"));
  }

  private record Stored(UUID id, long hash) {
    int distance(long other) {
      return Long.bitCount(hash ^ other);
    }
  }

  /** I20, scenario 18. */
  @Test
  void aSearchFindsWhatLookingAtAllFinds() throws SQLException {
    var random = new Random(20);
    long query = 0x8000_0000_0000_0001L ^ random.nextLong();
    var all = new ArrayList<Stored>();
    for (int i = 0; i < 1_000; i++) {
      all.add(new Stored(new UUID(random.nextLong(), random.nextLong()), random.nextLong()));
    }
    for (int i = 0; i < 50; i++) {
      all.add(
          new Stored(new UUID(random.nextLong(), random.nextLong()), near(random, query, i % 33)));
    }
    store(all);

    for (int distance = 0; distance <= 32; distance++) {
      int r = distance;
      var expected =
          all.stream()
              .filter(stored -> stored.distance(query) <= r)
              .sorted(
                  Comparator.<Stored>comparingInt(stored -> stored.distance(query))
                      .thenComparing(stored -> stored.id().toString()))
              .limit(MOST)
              .map(stored -> stored.id() + " " + stored.distance(query))
              .toList();
      assertThat(search(query, r)).as("distance %d", r).containsExactlyElementsOf(expected);
    }
  }

  @Test
  void similarityIsThePartOfTheBitsThatAgree() {
    var exact = document("00000000000000ff");
    var nine = document("0000000000007fc0");
    as("service")
        .body(Map.of("phash", "00000000000000FF", "min_similarity", 0.85))
        .post("/api/v1/perceptual-hashes/search")
        .then()
        .statusCode(200)
        .body("document_id", equalTo(List.of(exact.toString())))
        .body("[0].distance", equalTo(0), "[0].similarity", equalTo(1.0f));
    as("service")
        .body(Map.of("phash", "00000000000000ff", "min_similarity", 0.75, "limit", 2))
        .post("/api/v1/perceptual-hashes/search")
        .then()
        .body("document_id", equalTo(List.of(exact.toString(), nine.toString())))
        .body("[1].distance", equalTo(13), "[1].similarity", equalTo(0.796875f));
  }

  @Test
  void aHashIsReplacedAndForgotten() {
    var id = document("0123456789abcdef");
    put(id, "fedcba9876543210").statusCode(200);
    assertThat(search(0x0123456789abcdefL, 0)).isEmpty();
    assertThat(search(0xfedcba9876543210L, 0)).containsExactly(id + " 0");

    as("service").delete("/api/v1/perceptual-hashes/" + id).then().statusCode(204);
    assertThat(search(0xfedcba9876543210L, 0)).isEmpty();
    as("service")
        .delete("/api/v1/perceptual-hashes/" + id)
        .then()
        .statusCode(404)
        .body("code", equalTo("unknown_hash"));
  }

  @Test
  void redisShowsTheSeedsIndex() {
    var id = document("fedcba9876543210");
    assertThat(Double.parseDouble(send(Command.ZSCORE, redis.key("phash:index"), id.toString())))
        .isEqualTo(0xfedcba98L);
    assertThat(send(Command.HGET, redis.key("phash:full"), id.toString()))
        .isEqualTo("fedcba9876543210");

    as("service").delete("/api/v1/perceptual-hashes/" + id).then().statusCode(204);
    assertThat(send(Command.ZCARD, redis.key("phash:index"))).isEqualTo("0");
    assertThat(send(Command.HLEN, redis.key("phash:full"))).isEqualTo("0");
  }

  @Test
  void theJobBringsTheCopyBack() {
    var id = document("fedcba9876543210");
    send(Command.DEL, redis.key("phash:index"), redis.key("phash:full"));
    assertThat(job.run().await().atMost(SOON)).isEqualTo("shown=1");
    assertThat(send(Command.HGET, redis.key("phash:full"), id.toString()))
        .isEqualTo("fedcba9876543210");
    assertThat(job.run().await().atMost(SOON)).isEqualTo("same=1");

    database.update("DELETE FROM coordination.perceptual_hashes WHERE document_id = ?", id);
    assertThat(job.run().await().atMost(SOON)).isEqualTo("shown=0");
    assertThat(send(Command.HLEN, redis.key("phash:full"))).isEqualTo("0");
    assertThat(send(Command.ZCARD, redis.key("phash:index"))).isEqualTo("0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|bad_phash",
        "{\"phash\": \"0123\"}|bad_phash",
        "{\"phash\": \"0123456789abcdeg\"}|bad_phash",
        "{\"phash\": 12}|bad_phash",
        "{\"phash\": \"0123456789abcdef\", \"max_distance\": 33}|distance_out_of_range",
        "{\"phash\": \"0123456789abcdef\", \"max_distance\": -1}|distance_out_of_range",
        "{\"phash\": \"0123456789abcdef\", \"min_similarity\": 0.49}|distance_out_of_range",
        "{\"phash\": \"0123456789abcdef\", \"min_similarity\": 1.1}|distance_out_of_range",
        "{\"phash\": \"0123456789abcdef\", \"max_distance\": 1, \"min_similarity\": 0.9}|invalid_value",
        "{\"phash\": \"0123456789abcdef\", \"limit\": 101}|invalid_limit",
        "{\"phash\": \"0123456789abcdef\", \"limit\": 0}|invalid_limit"
      })
  void aBadSearchIsRefused(String body, String code) {
    as("service")
        .body(body)
        .post("/api/v1/perceptual-hashes/search")
        .then()
        .statusCode(422)
        .body("code", equalTo(code));
  }

  @Test
  void onlyADocumentHasAHash() {
    put(UUID.randomUUID(), "0123456789abcdef")
        .statusCode(422)
        .body("code", equalTo("unknown_document"));
    put(UUID.randomUUID(), "bad").statusCode(422).body("code", equalTo("bad_phash"));
  }

  @ParameterizedTest
  @CsvSource({"user", "devops", "admin"})
  void onlyServicesSearch(String role) {
    as(role)
        .body("{\"phash\": \"0123456789abcdef\"}")
        .post("/api/v1/perceptual-hashes/search")
        .then()
        .statusCode(403);
  }

  /** The hardest to find: no slice differs in fewer bits than it must. */
  private static long near(Random random, long hash, int bits) {
    long flips = 0;
    while (Long.bitCount(flips) < bits) {
      int slice = Long.bitCount(flips) % 4;
      flips |= 1L << (16 * slice + random.nextInt(16));
    }
    return hash ^ flips;
  }

  private void store(List<Stored> all) throws SQLException {
    try (var connection = database.connect();
        var documents =
            connection.prepareStatement("INSERT INTO coordination.documents (id) VALUES (?)");
        var hashes =
            connection.prepareStatement(
                "INSERT INTO coordination.perceptual_hashes (document_id, phash) VALUES (?, ?)")) {
      for (var stored : all) {
        documents.setObject(1, stored.id());
        documents.addBatch();
        hashes.setObject(1, stored.id());
        hashes.setLong(2, stored.hash());
        hashes.addBatch();
      }
      assertThat(documents.executeBatch()).hasSize(all.size());
      assertThat(hashes.executeBatch()).hasSize(all.size());
    }
  }

  private List<String> search(long hash, int distance) {
    var found =
        as("service")
            .body(
                Map.of(
                    "phash", HexFormat.of().toHexDigits(hash),
                    "max_distance", distance,
                    "limit", MOST))
            .post("/api/v1/perceptual-hashes/search")
            .then()
            .statusCode(200)
            .extract();
    List<Map<String, Object>> rows = found.path("$");
    return rows.stream().map(row -> row.get("document_id") + " " + row.get("distance")).toList();
  }

  private UUID document(String hash) {
    var id = UUID.randomUUID();
    database.update("INSERT INTO coordination.documents (id) VALUES (?)", id);
    put(id, hash).statusCode(201).body("phash", equalTo(hash));
    return id;
  }

  private io.restassured.response.ValidatableResponse put(UUID document, String hash) {
    return as("service")
        .body(Map.of("phash", hash))
        .put("/api/v1/perceptual-hashes/" + document)
        .then();
  }

  private RequestSpecification as(String role) {
    return given().auth().oauth2(tokens.of(role)).contentType("application/json");
  }

  private String send(Command command, Object... arguments) {
    return String.valueOf(redis.send(command, arguments).await().atMost(SOON));
  }
}
