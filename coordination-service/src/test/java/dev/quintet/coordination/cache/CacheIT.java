package dev.quintet.coordination.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import dev.quintet.coordination.cache.CacheCaller.Address;
import dev.quintet.coordination.redis.RedisStore;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // filled in by ServiceBackends and Quarkus
class CacheIT {
  private static final Duration SOON = Duration.ofSeconds(5);
  private static final String LONG = "{\"text\":\"" + "long ".repeat(1_000) + "\"}";
  private static final String EXPIRES =
      "SELECT (extract(epoch FROM expires_at) * 1000)::bigint FROM coordination.cache_metadata WHERE cache_key = ?";

  @Inject RedisStore redis;
  @Inject CacheFlushJob flush;
  @Inject CacheStore store;
  @Inject ObjectMapper json;

  @TestHTTPResource("/")
  URI base;

  Database database;
  Tokens tokens;

  private CacheCaller caller;

  @BeforeEach
  void caller() {
    caller = new CacheCaller(tokens);
  }

  @Test
  void whatIsPutIsFound() {
    var address = Address.of(Map.of("document_id", caller.document()));
    caller
        .get(address)
        .statusCode(404)
        .header("Cache-Status", "coordination; fwd=miss")
        .header("Coordination-Fill-Token", notNullValue())
        .body("code", equalTo("cache_miss"), "fill_token", notNullValue());

    caller
        .put(address, Map.of("ttl_seconds", 1_000), "{\"a\": [1, null]}", caller.token(address))
        .statusCode(201)
        .body("cache_key", equalTo(address.key()), "stored", equalTo(true))
        .body("ttl_seconds", equalTo(1_000), "codec", equalTo("raw"), "degraded", equalTo(false));

    String body =
        caller
            .get(address)
            .statusCode(200)
            .header("Cache-Status", matchesPattern("coordination; hit; ttl=(99\\d|1000)"))
            .contentType("application/json")
            .extract()
            .asString();
    assertThat(body).isEqualTo("{\"a\": [1, null]}");
  }

  @Test
  void enhancementsAreKeptByModelToo() {
    String path = "/api/v1/cache/enhancements/%s/" + CacheCaller.hash() + "/" + CacheCaller.hash();
    caller
        .as("service")
        .body("\"better\"")
        .urlEncodingEnabled(false)
        .put(path.formatted("meta%2Fllama-3"))
        .then()
        .statusCode(201)
        .body("cache_key", matchesPattern("cache:enhance:meta/llama-3:[0-9a-f]{64}:[0-9a-f]{64}"));
    caller
        .as("service")
        .urlEncodingEnabled(false)
        .get(path.formatted("meta%2Fllama-3"))
        .then()
        .statusCode(200)
        .body(equalTo("\"better\""));
    caller.as("service").get(path.formatted("other")).then().statusCode(404);
    caller
        .as("service")
        .get(path.formatted("a:b"))
        .then()
        .statusCode(422)
        .body("code", equalTo("invalid_key_segment"));
  }

  @Test
  void aLongValueIsKeptAndSentCompressed() throws IOException, InterruptedException {
    var address = Address.of(Map.of());
    caller.put(address, LONG, null).statusCode(201).body("codec", equalTo("gzip"));
    byte[] stored = send(Command.GET, redis.key(address.key())).toBytes();
    assertThat(stored[0]).isEqualTo((byte) 1);
    assertThat(stored.length).isLessThan(LONG.length() / 2);

    var packed = raw(address, "gzip");
    assertThat(packed.headers().firstValue("Content-Encoding")).contains("gzip");
    assertThat(packed.headers().firstValue("Vary")).contains("Accept-Encoding");
    assertThat(packed.body()).isEqualTo(java.util.Arrays.copyOfRange(stored, 1, stored.length));

    var plain = raw(address, "identity");
    assertThat(plain.headers().firstValue("Content-Encoding")).isEmpty();
    assertThat(new String(plain.body(), StandardCharsets.UTF_8)).isEqualTo(LONG);
  }

  @Test
  void aHugeValueIsTakenAndAHugerOneIsNot() {
    var address = Address.of(Map.of());
    String huge = "\"" + "0123456789abcdef".repeat(524_287) + "\"";
    caller.put(address, huge, null).statusCode(201);
    assertThat(caller.get(address).statusCode(200).extract().asString()).isEqualTo(huge);
    caller
        .put(address, "\"" + "0123456789abcdef".repeat(524_288) + "\"", null)
        .statusCode(413)
        .body("code", equalTo("value_too_large"));
  }

  @Test
  void bothStoresHaveTheSameEnd() {
    for (String complexity : List.of("low", "medium", "high")) {
      var address = Address.of(Map.of());
      caller
          .put(address, Map.of("complexity", complexity, "tier", "pro"), "1", null)
          .statusCode(201);
      assertThat(send(Command.PEXPIRETIME, redis.key(address.key())).toLong())
          .isEqualTo(database.value(EXPIRES, address.key()));
    }
  }

  @Test
  void theUsersTierSaysHowLong() {
    var free = Address.of(Map.of("user_id", caller.user("free")));
    var premium = Address.of(Map.of("user_id", caller.user("premium")));
    int shortest =
        caller.put(free, Map.of("complexity", "high"), "1", null).extract().path("ttl_seconds");
    int longest =
        caller
            .put(premium, Map.of("complexity", "low", "quality_score", "80.5"), "1", null)
            .extract()
            .path("ttl_seconds");
    assertThat(shortest).isBetween(9_720, 10_800);
    assertThat(longest).isBetween(311_040, 345_600);
  }

  /** I18, scenario 17. */
  @Test
  void aUsersValueIsHisAlone() {
    var anna = caller.user("free");
    var ben = caller.user("free");
    var hers = Address.of(Map.of("user_id", anna));
    var his =
        new Address(hers.content(), hers.preferences(), Map.of("user_id", ben, "scope", "user"));
    var shared = new Address(hers.content(), hers.preferences(), Map.of());

    caller.put(hers, "\"anna\"", null).statusCode(201);

    caller.get(hers).statusCode(200);
    caller.get(his).statusCode(404);
    caller.get(shared).statusCode(404);
    caller.put(shared, "\"all\"", null).statusCode(201);
    caller.put(his, "\"ben\"", null).statusCode(201);
    caller.get(hers).body(equalTo("\"anna\""));
    caller.get(his).body(equalTo("\"ben\""));
    caller.get(shared).body(equalTo("\"all\""));
  }

  /** Scenario 17. */
  @Test
  void aPersonSeesWhatIsHisAndAnAdministratorAll() {
    caller.as("user").get("/api/v1/cache/metadata").then().statusCode(200);
    var uwe = sub(tokens.ofUser("uwe"));
    var other = caller.user("free");
    var document = caller.document();
    for (UUID user : List.of(uwe, other)) {
      for (int i = 0; i < 3; i++) {
        caller
            .put(Address.of(Map.of("user_id", user, "document_id", document)), "1", null)
            .statusCode(201);
      }
    }
    caller
        .as("user")
        .queryParam("limit", 200)
        .get("/api/v1/cache/metadata")
        .then()
        .statusCode(200)
        .body("items.user_id", everyItem(equalTo(uwe.toString())))
        .body("items.size()", greaterThanOrEqualTo(3));
    caller
        .as("user")
        .queryParam("document_id", document)
        .get("/api/v1/cache/metadata")
        .then()
        .body("items.size()", equalTo(3), "next_cursor", nullValue());
    var all = new java.util.ArrayList<String>();
    String cursor = null;
    do {
      var request = caller.as("admin").queryParam("limit", 4).queryParam("document_id", document);
      var page =
          (cursor == null ? request : request.queryParam("cursor", cursor))
              .get("/api/v1/cache/metadata")
              .then()
              .statusCode(200)
              .extract();
      all.addAll(page.path("items.cache_key"));
      cursor = page.path("next_cursor");
    } while (cursor != null);
    assertThat(all).hasSize(6).doesNotHaveDuplicates().isSorted();
    caller
        .as("user")
        .queryParam("cache_type", "toast")
        .get("/api/v1/cache/metadata")
        .then()
        .statusCode(422)
        .body("code", equalTo("invalid_cache_type"));
    caller.as("service").get("/api/v1/cache/metadata").then().statusCode(403);
  }

  /** I19. */
  @Test
  void hitsAreCountedOnceEach() {
    var address = Address.of(Map.of("user_id", caller.user("pro")));
    String key = caller.put(address, "1", null).extract().path("cache_key");
    assertThat(flush.run().await().atMost(SOON)).isNotEmpty();
    long hitsBefore = stat("by_tier.pro.hits");

    Race.of(20, () -> caller.get(address).extract().statusCode())
        .forEach(status -> assertThat(status).isEqualTo(200));
    // Two replicas, and one that died after PostgreSQL was told.
    Race.of(4, () -> flush.run().onFailure().recoverWithItem("").await().atMost(SOON));
    Eventually.holds(
        SOON,
        () -> {
          assertThat(flush.run().await().atMost(SOON)).isNotEmpty();
          assertThat(accesses(key)).isEqualTo(20);
        });

    Eventually.holds(SOON, () -> assertThat(stat("by_tier.pro.hits") - hitsBefore).isEqualTo(20));
    assertThat(flush.run().await().atMost(SOON)).isNotEmpty();
    assertThat(accesses(key)).isEqualTo(20);
  }

  @Test
  void countsThatWereToldAreNotToldAgain() {
    var address = Address.of(Map.of());
    caller.put(address, "1", null).statusCode(201);
    String id = UUID.randomUUID().toString();
    for (int i = 0; i < 3; i++) {
      // From the second time on as if a replica had ended before it threw them away.
      send(Command.HSET, redis.key("cache:hits:taken"), "#id", id, "h||" + address.key(), "7");
      assertThat(flush.run().await().atMost(SOON)).isNotEmpty();
      Eventually.holds(SOON, () -> assertThat(accesses(address.key())).isEqualTo(7));
    }
  }

  /** Two replicas had the same counts; others were taken before both were done with them. */
  @Test
  void whoIsLateThrowsNoNewCountsAway() {
    var address = Address.of(Map.of());
    caller.put(address, "1", null).statusCode(201);
    String id = UUID.randomUUID().toString();
    send(Command.HSET, redis.key("cache:hits:taken"), "#id", id, "h||" + address.key(), "7");
    var late = new CacheStore.Counts(UUID.randomUUID(), Map.of(), Map.of());
    store.throwAway(late).await().atMost(SOON);
    Eventually.holds(
        SOON,
        () -> {
          assertThat(flush.run().await().atMost(SOON)).isNotEmpty();
          assertThat(accesses(address.key())).isEqualTo(7);
        });
  }

  @Test
  void statisticsTellWhatIsThere() {
    var address = Address.of(Map.of());
    caller.put(address, LONG, null).statusCode(201);
    caller.get(address).statusCode(200);
    caller.get(Address.of(Map.of())).statusCode(404);
    assertThat(flush.run().await().atMost(SOON)).isNotEmpty();
    for (String role : List.of("service", "devops", "admin")) {
      caller
          .as(role)
          .get("/api/v1/cache/stats")
          .then()
          .statusCode(200)
          .body("hits", greaterThanOrEqualTo(1), "misses", greaterThanOrEqualTo(1))
          .body("hit_rate", notNullValue(), "by_type.document.entries", greaterThanOrEqualTo(1))
          .body("by_tier.shared.bytes", greaterThanOrEqualTo(20));
    }
    caller.as("user").get("/api/v1/cache/stats").then().statusCode(403);
  }

  @Test
  void aRowWithoutAValueGoesWhenItIsLookedFor() {
    var address = Address.of(Map.of());
    caller.put(address, "1", null).statusCode(201);
    send(Command.DEL, redis.key(address.key()));
    caller.get(address).statusCode(404);
    assertThat(flush.run().await().atMost(SOON)).isNotEmpty();
    assertThat(database.rows(EXPIRES, address.key())).hasSize(1);
    database.update(
        "UPDATE coordination.cache_metadata SET created_at = now() - interval '2 minutes' WHERE cache_key = ?",
        address.key());
    caller.get(address).statusCode(404);
    Eventually.holds(
        SOON,
        () -> {
          assertThat(flush.run().await().atMost(SOON)).isNotEmpty();
          assertThat(database.rows(EXPIRES, address.key())).isEmpty();
        });
  }

  @Test
  void aGracedValueIsServedAsStale() {
    var address = Address.of(Map.of("document_id", caller.document()));
    caller
        .put(address, Map.of("ttl_seconds", 1, "grace_seconds", 600), LONG, null)
        .statusCode(201)
        .body("ttl_seconds", equalTo(1));
    assertThat(send(Command.PEXPIRETIME, redis.key(address.key())).toLong())
        .isEqualTo(database.value(EXPIRES, address.key()));
    Eventually.holds(
        SOON,
        () ->
            caller
                .get(address)
                .statusCode(200)
                .header("Cache-Status", matchesPattern("coordination; hit; ttl=-\\d+"))
                .header("Coordination-Fill-Token", notNullValue())
                .body("text", notNullValue()));
    String token = caller.get(address).extract().header("Coordination-Fill-Token");
    caller.put(address, "2", token).statusCode(201);
    caller.get(address).header("Cache-Status", matchesPattern("coordination; hit; ttl=\\d+"));
  }

  @Test
  void aLookupNeedsNoHashes() {
    var document = caller.document();
    String content = CacheCaller.hash();
    var asked =
        Map.of(
            "type",
            "document",
            "content_hash",
            content,
            "preferences",
            Map.of("style", "modern"),
            "document_id",
            document);
    var miss = caller.lookup(asked).statusCode(200).body("status", equalTo("miss")).extract();
    var address =
        new Address(content, miss.path("preferences_hash"), Map.of("document_id", document));
    assertThat(miss.<String>path("cache_key")).isEqualTo(address.key());
    caller.put(address, LONG, miss.path("fill_token")).statusCode(201);
    caller
        .lookup(asked)
        .body("status", equalTo("hit"), "value.text", notNullValue(), "fill_token", nullValue());
    caller
        .lookup(Map.of("type", "document", "content_hash", content))
        .body("status", equalTo("miss"));
  }

  @Test
  void whatLooksAlikeIsFoundForTheSameWishesOnly() {
    var source = caller.document();
    String hash = phash();
    caller
        .as("service")
        .body(Map.of("phash", hash))
        .put("/api/v1/perceptual-hashes/" + source)
        .then()
        .statusCode(201);
    var preferences = Map.of("style", "modern", "n", 1);
    var first = asked(CacheCaller.hash(), preferences, hash);
    var miss = caller.lookup(first).body("status", equalTo("miss")).extract();
    caller
        .put(
            new Address(
                String.valueOf(first.get("content_hash")),
                miss.path("preferences_hash"),
                Map.of("document_id", source)),
            "\"seen\"",
            null)
        .statusCode(201);

    String other = near(hash, 9);
    caller
        .lookup(asked(CacheCaller.hash(), preferences, other))
        .statusCode(200)
        .body("status", equalTo("similar_hit"), "value", equalTo("seen"), "distance", equalTo(9))
        .body("document_id", equalTo(source.toString()), "fill_token", notNullValue());
    caller
        .lookup(asked(CacheCaller.hash(), preferences, near(hash, 10)))
        .body("status", equalTo("miss"));
    caller
        .lookup(asked(CacheCaller.hash(), Map.of("style", "old", "n", 1), other))
        .body("status", equalTo("miss"));
    var ofUser =
        new java.util.HashMap<String, Object>(asked(CacheCaller.hash(), preferences, other));
    ofUser.put("user_id", caller.user("free"));
    caller.lookup(ofUser).body("status", equalTo("miss"));

    caller
        .as("service")
        .body(Map.of("document_id", source, "perceptual_hash", other))
        .post("/api/v1/cache/similarity-vetoes")
        .then()
        .statusCode(204);
    caller.lookup(asked(CacheCaller.hash(), preferences, other)).body("status", equalTo("miss"));
    caller
        .as("service")
        .body(Map.of("document_id", UUID.randomUUID(), "perceptual_hash", other))
        .post("/api/v1/cache/similarity-vetoes")
        .then()
        .statusCode(422)
        .body("code", equalTo("unknown_document"));
  }

  @Test
  void warmingTellsWhatIsMissing() {
    var there = Address.of(Map.of());
    var missing = Address.of(Map.of());
    caller.put(there, "1", null).statusCode(201);
    caller
        .as("service")
        .body(
            Map.of(
                "type",
                "document",
                "items",
                List.of(
                    Map.of(
                        "content_hash", there.content(), "preferences_hash", there.preferences()),
                    Map.of(
                        "content_hash",
                        missing.content(),
                        "preferences_hash",
                        missing.preferences()))))
        .post("/api/v1/cache/warm")
        .then()
        .statusCode(200)
        .body("present", equalTo(1), "missing.content_hash", equalTo(List.of(missing.content())));
    caller
        .as("service")
        .body(Map.of("type", "document", "items", List.of()))
        .post("/api/v1/cache/warm")
        .then()
        .body("present", equalTo(0), "missing", empty());
    caller
        .as("service")
        .body(
            Map.of(
                "type",
                "document",
                "items",
                java.util.Collections.nCopies(
                    1_001,
                    Map.of(
                        "content_hash", there.content(), "preferences_hash", there.preferences()))))
        .post("/api/v1/cache/warm")
        .then()
        .statusCode(413)
        .body("code", equalTo("batch_too_large"));
  }

  @ParameterizedTest
  @CsvSource({
    "content_hash, zz, invalid_hash",
    "ttl_seconds, 0, ttl_out_of_range",
    "ttl_seconds, 2592001, ttl_out_of_range",
    "ttl_seconds, x, ttl_out_of_range",
    "grace_seconds, -1, ttl_out_of_range",
    "grace_seconds, 2592000, ttl_out_of_range",
    "scope, user, invalid_scope",
    "scope, mine, invalid_scope",
    "complexity, extreme, invalid_parameter",
    "quality_score, 101, invalid_parameter",
    "quality_score, NaN, invalid_parameter",
    "tier, gold, invalid_parameter",
    "document_id, 8c2bbf2a-0000-4000-8000-000000000000, unknown_document",
    "user_id, 8c2bbf2a-0000-4000-8000-000000000000, unknown_user",
    "document_id, me, invalid_parameter"
  })
  void aBadPutIsRefused(String name, String value, String code) {
    var address = Address.of(Map.of());
    (name.equals("content_hash")
            ? caller.put(new Address(value, address.preferences(), Map.of()), "1", null)
            : caller.put(address, Map.of(name, value), "1", null))
        .statusCode(422)
        .body("code", equalTo(code));
  }

  @Test
  void onlyJsonIsKept() {
    var address = Address.of(Map.of());
    for (String body : List.of("{", "", "{} {}", "hello")) {
      caller.put(address, body, null).statusCode(422).body("code", equalTo("invalid_json"));
    }
    caller
        .as("service")
        .contentType("text/plain")
        .body("1")
        .put(address.path())
        .then()
        .statusCode(415);
    caller
        .put(
            new Address(
                address.content(),
                address.preferences(),
                Map.of("scope", "shared", "user_id", UUID.randomUUID())),
            "1",
            null)
        .statusCode(422)
        .body("code", equalTo("invalid_scope"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"type\": \"similarity\", \"content_hash\": \"0123456789abcdef\"}|invalid_cache_type",
        "{\"type\": \"document\", \"content_hash\": \"0123456789abcde\"}|invalid_hash",
        "{\"type\": \"document\", \"content_hash\": \"0123456789abcdef\", \"preferences\": [1]}|wrong_type",
        "{\"type\": \"document\", \"content_hash\": \"0123456789abcdef\", \"perceptual_hash\": \"1\"}|bad_phash",
        "{\"type\": \"document\", \"content_hash\": \"0123456789abcdef\", \"min_similarity\": 0.1}|distance_out_of_range",
        "{\"type\": \"document\", \"content_hash\": \"0123456789abcdef\", \"scope\": \"user\"}|invalid_scope",
        "{\"type\": \"enhancement\", \"content_hash\": \"0123456789abcdef\"}|invalid_key_segment",
        "{\"type\": \"enhancement\", \"model\": \"a*\", \"content_hash\": \"0123456789abcdef\"}|invalid_key_segment",
        "{\"type\": \"document\", \"content_hash\": \"0123456789abcdef\", \"user\": 1}|unknown_field"
      })
  void aBadLookupIsRefused(String body, String code) {
    caller
        .as("service")
        .body(body)
        .post("/api/v1/cache/lookup")
        .then()
        .statusCode(422)
        .body("code", equalTo(code));
  }

  @ParameterizedTest
  @CsvSource({"user", "devops", "admin"})
  void valuesAreForServices(String role) {
    var address = Address.of(Map.of());
    caller.as(role).get(address.path()).then().statusCode(403);
    caller.as(role).body("1").put(address.path()).then().statusCode(403);
    caller.as(role).body("{}").post("/api/v1/cache/lookup").then().statusCode(403);
    caller.as(role).body("{}").post("/api/v1/cache/warm").then().statusCode(403);
  }

  private static Map<String, Object> asked(
      String content, Map<String, ?> preferences, String phash) {
    return Map.of(
        "type", "document",
        "content_hash", content,
        "preferences", preferences,
        "perceptual_hash", phash);
  }

  private static String phash() {
    return CacheCaller.hash().substring(0, 16);
  }

  private static String near(String phash, int bits) {
    return java.util.HexFormat.of()
        .toHexDigits(Long.parseUnsignedLong(phash, 16) ^ ((1L << bits) - 1));
  }

  private java.net.http.HttpResponse<byte[]> raw(Address address, String accepted)
      throws IOException, InterruptedException {
    try (var http = HttpClient.newHttpClient()) {
      return http.send(
          HttpRequest.newBuilder(base.resolve(address.path()))
              .header("Authorization", "Bearer " + tokens.of("service"))
              .header("Accept-Encoding", accepted)
              .build(),
          BodyHandlers.ofByteArray());
    }
  }

  private long stat(String path) {
    Object value = caller.as("admin").get("/api/v1/cache/stats").then().extract().path(path);
    return value == null ? 0 : ((Number) value).longValue();
  }

  private int accesses(String key) {
    return (Integer)
        database
            .rows("SELECT access_count FROM coordination.cache_metadata WHERE cache_key = ?", key)
            .getFirst()
            .getOrDefault("access_count", -1);
  }

  private UUID sub(String token) {
    try {
      return UUID.fromString(
          json.readTree(Base64.getUrlDecoder().decode(token.split("\\.")[1])).get("sub").asText());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private Response send(Command command, Object... arguments) {
    return redis.send(command, arguments).await().atMost(SOON);
  }
}
