package dev.quintet.coordination.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.SseReader;
import dev.quintet.common.testing.Tokens;
import dev.quintet.coordination.cache.CacheCaller.Address;
import dev.quintet.coordination.redis.RedisStore;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.vertx.redis.client.Command;
import jakarta.inject.Inject;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // filled in by ServiceBackends and Quarkus
class InvalidationIT {
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final String LISTENER =
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'";

  @Inject RedisStore redis;
  @Inject OutboxRetentionJob retention;

  @TestHTTPResource("/")
  URI base;

  Database database;
  Tokens tokens;

  private CacheCaller caller;

  @BeforeEach
  void caller() {
    caller = new CacheCaller(tokens);
  }

  /** I17, scenario 15. */
  @Test
  void aChangedDocumentsValuesAreGone() {
    var document = caller.document();
    var address = cached(document);
    change(document);
    isGone(address);
    assertThat(rows(address)).isEmpty();
  }

  /** I17, scenario 15. */
  @Test
  void aDeletedDocumentsValuesAreGone() {
    var document = caller.document();
    caller
        .as("service")
        .body(Map.of("phash", "0123456789abcdef"))
        .put("/api/v1/perceptual-hashes/" + document)
        .then()
        .statusCode(201);
    var address = cached(document);
    caller.as("service").delete("/api/v1/documents/" + document).then().statusCode(204);
    isGone(address);
    Eventually.holds(
        SOON,
        () ->
            assertThat(send(Command.HEXISTS, redis.key("phash:full"), document.toString()))
                .isEqualTo("0"));
  }

  /** I17, scenario 15: nobody hears of the change. */
  @Test
  void aLostConnectionLosesNoInvalidation() {
    var document = caller.document();
    var address = cached(document);
    for (int i = 0; i < 3; i++) {
      var unused = database.rows("SELECT pg_terminate_backend(pid) FROM (" + LISTENER + ") AS l");
      change(document);
      isGone(address);
      caller.put(address, "1", null).statusCode(201);
    }
  }

  /** I17: a bulk change rings no bell. */
  @Test
  void aBulkChangeIsFoundBySweeping() {
    var document = caller.document();
    var address = cached(document);
    database.execute(
        "BEGIN; SET LOCAL coordination.bulk = 'on'; UPDATE coordination.documents SET title = 'b' WHERE id = '"
            + document
            + "'; COMMIT");
    isGone(address);
  }

  /** Scenario 16. */
  @Test
  void aValueComputedBeforeTheChangeIsRefused() {
    var document = caller.document();
    var address = Address.of(Map.of("document_id", document));
    String token = caller.token(address);
    change(document);
    Eventually.holds(SOON, () -> assertThat(waiting()).isZero());

    caller.put(address, "1", token).statusCode(409).body("code", equalTo("stale_fill"));
    caller.get(address).statusCode(404);
    caller.put(address, "1", caller.token(address)).statusCode(201);
  }

  @Test
  void aTokenIsForWhatItWasAskedFor() {
    var document = caller.document();
    var address = Address.of(Map.of());
    String token = caller.token(address);
    var withDocument =
        new Address(address.content(), address.preferences(), Map.of("document_id", document));
    caller.put(withDocument, "1", token).statusCode(409);
    caller.put(address, "1", "a1.k1").statusCode(409);
    caller.put(address, "1", "").statusCode(201);
  }

  /** What Redis has lost begins anew, at another number. */
  @Test
  void noOldTokenIsGoodAfterAFlush() {
    var document = caller.document();
    var address = Address.of(Map.of("document_id", document));
    String token = caller.token(address);
    send(Command.DEL, redis.key("gen:doc:" + document));
    caller.put(address, "1", token).statusCode(409);
    assertThat(caller.token(address)).isNotEqualTo(token);
    caller.put(address, "1", token).statusCode(409);
  }

  /**
   * Callers compute what the document says now while it changes; once all is quiet the cache never
   * says anything older than the last change.
   */
  @Test
  void noStaleValueSurvivesTheRace() {
    var document = caller.document();
    var addresses = List.of(address(document), address(document), address(document));
    for (int round = 0; round < 5; round++) {
      int number = round;
      Race.<@Nullable Void>of(
          7,
          i ->
              () -> {
                if (i == 0) {
                  for (int change = 0; change < 5; change++) {
                    title(document, "r" + number + "c" + change);
                  }
                } else {
                  for (int fill = 0; fill < 5; fill++) {
                    fill(addresses.get(i % 3), document, i % 2 == 0);
                  }
                }
                return null;
              });
      Eventually.holds(SOON, () -> assertThat(waiting()).isZero());
      for (var address : addresses) {
        var found = caller.get(address).extract();
        if (found.statusCode() == 200) {
          assertThat(found.asString()).isEqualTo("\"" + title(document) + "\"");
        }
      }
    }
  }

  private void fill(Address address, UUID document, boolean slowly) {
    var miss = caller.get(address).extract();
    if (miss.statusCode() == 404) {
      String title = title(document);
      if (slowly) {
        var unused = database.value("SELECT pg_sleep(0.02)::text");
      }
      assertThat(
              caller
                  .put(address, "\"" + title + "\"", miss.header(CacheResource.FILL_TOKEN))
                  .extract()
                  .statusCode())
          .isIn(201, 409);
    }
  }

  /** The seed's patterns of users. */
  @Test
  void anotherTierEndsWindowsAndSessions() {
    var user = caller.user("free");
    var keys = userKeys(user);
    caller
        .as("service")
        .body("{\"subscription_tier\": \"free\", \"email\": \"x@example.test\"}")
        .put("/api/v1/users/" + user)
        .then()
        .statusCode(200);
    Eventually.holds(SOON, () -> assertThat(waiting()).isZero());
    assertThat(present(keys)).isEqualTo(3);

    caller
        .as("service")
        .body("{\"subscription_tier\": \"pro\"}")
        .put("/api/v1/users/" + user)
        .then()
        .statusCode(200);
    Eventually.holds(SOON, () -> assertThat(present(keys)).isEqualTo(1));
    assertThat(present(keys.subList(2, 3))).isEqualTo(1);
  }

  @Test
  void aDeletedUsersWindowsSessionsAndValuesAreGone() {
    var user = caller.user("free");
    var keys = userKeys(user);
    var address = Address.of(Map.of("user_id", user));
    caller.put(address, "1", null).statusCode(201);
    caller.as("service").delete("/api/v1/users/" + user).then().statusCode(204);
    Eventually.holds(SOON, () -> assertThat(present(keys)).isEqualTo(1));
    isGone(address);
  }

  @Test
  void byHandADocumentIsEmptied() {
    var document = caller.document();
    var address = cached(document);
    String token = caller.token(address(document));
    invalidate(Map.of("document_id", document, "dry_run", true))
        .statusCode(200)
        .body("matched", equalTo(1), "deleted", equalTo(0), "outbox_id", nullValue());
    caller.get(address).statusCode(200);
    invalidate(Map.of("document_id", document))
        .statusCode(200)
        .body("matched", equalTo(1), "deleted", equalTo(1), "outbox_id", notNullValue());
    caller.get(address).statusCode(404);
    caller.put(address(document), "1", token).statusCode(409);
    invalidate(Map.of("document_id", document)).statusCode(200).body("matched", equalTo(0));
  }

  @Test
  void byHandAUserAModelAndKeysAreEmptied() {
    var user = caller.user("free");
    var hers = Address.of(Map.of("user_id", user));
    caller.put(hers, "1", null).statusCode(201);
    invalidate(Map.of("user_id", user)).body("deleted", equalTo(1));
    caller.get(hers).statusCode(404);

    String model = "m-" + UUID.randomUUID();
    String path =
        "/api/v1/cache/enhancements/" + model + "/" + CacheCaller.hash() + "/" + CacheCaller.hash();
    caller.as("service").body("1").put(path).then().statusCode(201);
    String token =
        caller.as("service").get(path + "0").then().extract().header("Coordination-Fill-Token");
    invalidate(Map.of("model", model)).body("deleted", equalTo(1));
    caller.as("service").get(path).then().statusCode(404);
    caller
        .as("service")
        .header("Coordination-Fill-Token", token)
        .body("1")
        .put(path + "0")
        .then()
        .statusCode(409);

    var one = Address.of(Map.of());
    var two = Address.of(Map.of());
    caller.put(one, "1", null).statusCode(201);
    String fill = caller.token(two);
    invalidate(Map.of("keys", List.of(one.key(), two.key())))
        .body("matched", equalTo(2), "deleted", equalTo(1));
    caller.get(one).statusCode(404);
    caller.put(two, "1", fill).statusCode(409);
  }

  @Test
  void byHandAPatternIsEmptied() {
    var address = Address.of(Map.of());
    caller.put(address, "1", null).statusCode(201);
    String pattern = "cache:doc:" + address.content().substring(0, 20) + "*";
    invalidate(Map.of("pattern", pattern)).statusCode(403);
    caller
        .as("devops")
        .body(Map.of("pattern", pattern, "dry_run", true))
        .post("/api/v1/cache/invalidate")
        .then()
        .statusCode(200)
        .body("matched", equalTo(1), "deleted", equalTo(0));
    caller
        .as("admin")
        .body(Map.of("pattern", pattern))
        .post("/api/v1/cache/invalidate")
        .then()
        .statusCode(200)
        .body("matched", equalTo(1), "deleted", equalTo(1));
    caller.get(address).statusCode(404);
    caller.as("user").body("{}").post("/api/v1/cache/invalidate").then().statusCode(403);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|invalid_value",
        "{\"model\": \"m\", \"pattern\": \"cache:doc:*\"}|invalid_value",
        "{\"pattern\": \"*\"}|pattern_too_broad",
        "{\"pattern\": \"cache:*\"}|pattern_too_broad",
        "{\"pattern\": \"cb:*\"}|pattern_too_broad",
        "{\"pattern\": \"api_key:x\"}|pattern_too_broad",
        "{\"model\": \"a:b\"}|invalid_key_segment",
        "{\"keys\": [\"cb:x:state\"]}|invalid_value",
        "{\"keys\": [null]}|invalid_value",
        "{\"user_id\": \"me\"}|validation_failed"
      })
  void aBadInvalidationIsRefused(String body, String code) {
    caller
        .as("admin")
        .body(body)
        .post("/api/v1/cache/invalidate")
        .then()
        .statusCode(422)
        .body("code", equalTo(code));
  }

  @Test
  void aKeyThatIsTooLongIsRefused() {
    invalidate(Map.of("keys", List.of("cache:doc:" + "a".repeat(491))))
        .statusCode(422)
        .body("code", equalTo("cache_key_too_long"));
    invalidate(Map.of("keys", java.util.Collections.nCopies(1_001, "cache:doc:a:b")))
        .statusCode(413)
        .body("code", equalTo("batch_too_large"));
  }

  @Test
  void aReaderHearsOfEachInvalidationOnce() {
    var document = caller.document();
    try (var reader = stream(null)) {
      assertThat(reader.status()).isEqualTo(200);
      Eventually.holds(SOON, () -> assertThat(reader.comments()).isPositive());
      Race.<@Nullable Void>of(
          4,
          i ->
              () -> {
                for (int n = 0; n < 5; n++) {
                  title(document, "t" + i + n);
                }
                return null;
              });
      Eventually.holds(SOON, () -> assertThat(of(reader, document)).isEqualTo(20));
      assertThat(reader.ids()).doesNotHaveDuplicates();
      assertThat(reader.names()).containsOnly("invalidated");

      String third = reader.ids().get(2);
      try (var again = stream(third)) {
        Eventually.holds(
            SOON,
            () ->
                assertThat(again.ids())
                    .startsWith(
                        reader.ids().subList(3, reader.ids().size()).toArray(String[]::new)));
      }
    }
  }

  @Test
  void whoComesBackTooLateIsTold() {
    long id =
        invalidate(Map.of("keys", List.of("cache:doc:a:b")))
            .extract()
            .jsonPath()
            .getLong("outbox_id");
    try (var reader = stream(Long.toString(id))) {
      assertThat(reader.status()).isEqualTo(200);
    }
    database.update(
        "UPDATE coordination.cache_invalidation_outbox SET done_at = now() - interval '2 days' WHERE id = ?",
        id);
    assertThat(retention.run().await().atMost(SOON)).isNotEqualTo("deleted=0");
    try (var reader = stream(Long.toString(id))) {
      assertThat(reader.status()).isEqualTo(410);
      Eventually.holds(
          SOON, () -> assertThat(reader.lines()).anyMatch(line -> line.contains("stream_too_old")));
    }
    try (var reader = stream("yesterday")) {
      assertThat(reader.status()).isEqualTo(422);
    }
    caller
        .as("user")
        .accept("text/event-stream")
        .get("/api/v1/cache/invalidations/stream")
        .then()
        .statusCode(403);
  }

  private static long of(SseReader reader, UUID document) {
    return reader.data().stream().filter(line -> line.contains(document.toString())).count();
  }

  private SseReader stream(@Nullable String last) {
    var headers =
        new java.util.HashMap<>(Map.of("Authorization", "Bearer " + tokens.of("service")));
    if (last != null) {
      headers.put("Last-Event-ID", last);
    }
    return SseReader.open(base.resolve("/api/v1/cache/invalidations/stream"), headers);
  }

  private Address address(UUID document) {
    return Address.of(Map.of("document_id", document));
  }

  private Address cached(UUID document) {
    var address = address(document);
    caller.put(address, "1", null).statusCode(201);
    caller.get(address).statusCode(200);
    return address;
  }

  private void change(UUID document) {
    caller.as("service").body("{}").put("/api/v1/documents/" + document).then().statusCode(200);
  }

  private void title(UUID document, String title) {
    assertThat(
            database.update(
                "UPDATE coordination.documents SET title = ? WHERE id = ?", title, document))
        .isEqualTo(1);
  }

  private String title(UUID document) {
    return String.valueOf(
        database.value("SELECT title FROM coordination.documents WHERE id = ?", document));
  }

  private void isGone(Address address) {
    Eventually.holds(SOON, () -> caller.get(address).statusCode(404));
  }

  private List<?> rows(Address address) {
    return database.rows(
        "SELECT 1 FROM coordination.cache_metadata WHERE cache_key = ?", address.key());
  }

  private long waiting() {
    return ((Number)
            java.util.Objects.requireNonNull(
                database.value(
                    "SELECT count(*) FROM coordination.cache_invalidation_outbox WHERE done_at IS NULL")))
        .longValue();
  }

  private ValidatableResponse invalidate(Map<String, ?> what) {
    return caller.as("service").body(what).post("/api/v1/cache/invalidate").then();
  }

  /** The third is another user's. */
  private List<String> userKeys(UUID user) {
    var keys =
        List.of(
            redis.key("rl:gpt-4o-mini:" + user + ":minute"),
            redis.key("session:" + user + ":s1"),
            redis.key("session:" + UUID.randomUUID() + ":s1"));
    keys.forEach(key -> send(Command.SET, key, "1"));
    return keys;
  }

  private int present(List<String> keys) {
    return Integer.parseInt(send(Command.EXISTS, keys.toArray()));
  }

  private String send(Command command, Object... arguments) {
    return String.valueOf(redis.send(command, arguments).await().atMost(SOON));
  }
}
