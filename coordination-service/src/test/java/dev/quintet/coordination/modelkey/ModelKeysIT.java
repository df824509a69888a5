package dev.quintet.coordination.modelkey;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import dev.quintet.coordination.redis.RedisStore;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init")
class ModelKeysIT {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  Database database;
  Tokens tokens;

  @Inject RedisStore redis;
  @Inject KeyQueries queries;
  @Inject KeyCache cache;
  @Inject MeterRegistry meters;

  private final String model = "org/m-" + UUID.randomUUID().toString().substring(0, 8);

  private RequestSpecification as(String role) {
    return given().auth().oauth2(tokens.of(role)).contentType("application/json");
  }

  /** For addresses with the model in them. */
  private RequestSpecification of(String role) {
    return as(role).pathParam("model", model);
  }

  private static String secret() {
    return "sk-" + UUID.randomUUID() + "-" + UUID.randomUUID();
  }

  private ValidatableResponse put(String primary, @Nullable String fallback) {
    return of("admin")
        .body(
            fallback == null
                ? Map.of("primary", primary)
                : Map.of("primary", primary, "fallback", fallback))
        .put("/api/v1/api-keys/{model}")
        .then();
  }

  private ValidatableResponse lease() {
    return of("service")
        .body("{\"purpose\":\"test\"}")
        .post("/api/v1/api-keys/{model}/lease")
        .then();
  }

  private ValidatableResponse report(String slot, int version, String outcome) {
    return of("service")
        .body(Map.of("slot", slot, "version", version, "outcome", outcome))
        .post("/api/v1/api-keys/{model}/report")
        .then();
  }

  private ValidatableResponse rotate(String key, String newPrimary, int graceSeconds) {
    return of("admin")
        .header("Idempotency-Key", key)
        .body(Map.of("new_primary", newPrimary, "grace_seconds", graceSeconds))
        .post("/api/v1/api-keys/{model}/rotate")
        .then();
  }

  private void out(String slot, int version) {
    report(slot, version, "auth_failed").statusCode(200).body("slot_out", equalTo(false));
    report(slot, version, "quota_exhausted").statusCode(200).body("slot_out", equalTo(true));
  }

  private ValidatableResponse found() {
    return of("devops").get("/api/v1/api-keys/{model}").then().statusCode(200);
  }

  private Response redis(Command command, Object... arguments) {
    return redis.send(command, arguments).await().atMost(LIMIT);
  }

  @Test
  void aLeaseGivesTheKeyAndNothingElseDoes() {
    String primary = secret();
    String fallback = secret();
    var log = new Captured();
    log.start();
    try {
      put(primary, fallback)
          .statusCode(200)
          .header("Cache-Control", "no-store")
          .body("version", equalTo(2))
          .body("fingerprint", hasLength16())
          .body(not(containsString(primary)));
      lease()
          .statusCode(200)
          .header("Cache-Control", "no-store")
          .body("slot", equalTo("primary"))
          .body("version", equalTo(2))
          .body("api_key", equalTo(primary));
      out("primary", 2);
      lease().statusCode(200).body("slot", equalTo("fallback")).body("api_key", equalTo(fallback));
      String next = secret();
      rotate(UUID.randomUUID().toString(), next, 60)
          .statusCode(202)
          .body("version", equalTo(3))
          .body("previous_version", equalTo(2));
      lease().body("api_key", equalTo(next));
      // Bodies that are refused are read too.
      of("admin")
          .body(Map.of("primary", primary + " x"))
          .put("/api/v1/api-keys/{model}")
          .then()
          .statusCode(422)
          .body(not(containsString(primary)));
      of("admin")
          .body("{\"primary\":\"" + primary + "\",}")
          .put("/api/v1/api-keys/{model}")
          .then()
          .statusCode(400)
          .body(not(containsString(primary)));
      found().body(not(containsString(primary))).body(not(containsString(next)));
      for (String text : List.of(primary, fallback, next)) {
        assertThat(inDatabase(text)).isEmpty();
        assertThat(inRedis()).isNotEmpty().noneMatch(value -> value.contains(text));
        assertThat(log.lines).isNotEmpty().noneMatch(line -> line.contains(text));
      }
    } finally {
      log.stop();
    }
  }

  private static org.hamcrest.Matcher<String> hasLength16() {
    return org.hamcrest.Matchers.matchesPattern("[0-9a-f]{16}");
  }

  /** Tables of the schema with the text anywhere in a row. */
  private List<String> inDatabase(String text) {
    var found = new ArrayList<String>();
    for (var row :
        database.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'coordination'")) {
      String table = "coordination." + row.get("tablename");
      if (database.count(table + " AS t WHERE t::text LIKE '%" + text + "%'") > 0) {
        found.add(table);
      }
    }
    return found;
  }

  private List<String> inRedis() {
    var values = new ArrayList<String>();
    for (Response key : redis(Command.KEYS, "*")) {
      var read =
          switch (redis(Command.TYPE, key.toString()).toString()) {
            case "hash" -> redis(Command.HGETALL, key.toString());
            case "string" -> redis(Command.GET, key.toString());
            case "zset" -> redis(Command.ZRANGE, key.toString(), "0", "-1");
            case "set" -> redis(Command.SMEMBERS, key.toString());
            case "list" -> redis(Command.LRANGE, key.toString(), "0", "-1");
            default -> key;
          };
      values.add(key + " " + read);
    }
    return values;
  }

  private static final class Captured extends Handler {
    private final Queue<String> lines = new ConcurrentLinkedQueue<>();
    private @Nullable Level before;

    void start() {
      Logger ours = Logger.getLogger("dev.quintet");
      before = ours.getLevel();
      ours.setLevel(Level.ALL);
      setLevel(Level.ALL);
      Logger.getLogger("").addHandler(this);
    }

    void stop() {
      Logger.getLogger("").removeHandler(this);
      Logger.getLogger("dev.quintet").setLevel(before);
    }

    @Override
    public void publish(LogRecord line) {
      var text = new StringBuilder(String.valueOf(line.getMessage()));
      Object[] parameters = line.getParameters();
      if (parameters != null) {
        text.append(List.of(parameters));
      }
      if (line.getThrown() != null) {
        var trace = new java.io.StringWriter();
        line.getThrown().printStackTrace(new java.io.PrintWriter(trace));
        text.append(trace);
      }
      lines.add(text.toString());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  /** What a caller was given, and which rotation had been answered before it asked. */
  private record Given(int status, int rotationsBefore, String body) {}

  @Test
  void everyLeaseDuringRotationsSucceeds() throws Exception {
    var secrets = new ArrayList<String>();
    secrets.add(secret());
    put(secrets.getFirst(), null).statusCode(200);
    var rotations = new AtomicInteger();
    var over = new AtomicBoolean();
    var http = HttpClient.newHttpClient();
    String token = tokens.of("service");
    URI address =
        URI.create(
            "http://localhost:"
                + io.restassured.RestAssured.port
                + "/api/v1/api-keys/"
                + model.replace("/", "%2F")
                + "/lease");
    try (var callers = Executors.newCachedThreadPool()) {
      var running = new ArrayList<Future<List<Given>>>();
      for (int i = 0; i < 8; i++) {
        running.add(
            callers.submit(() -> {
              var given = new ArrayList<Given>();
              while (!over.get()) {
                int before = rotations.get();
                var answer =
                    http.send(
                        HttpRequest.newBuilder(address)
                            .header("Authorization", "Bearer " + token)
                            .header("Content-Type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString("{\"purpose\":\"race\"}"))
                            .build(),
                        HttpResponse.BodyHandlers.ofString());
                given.add(new Given(answer.statusCode(), before, answer.body()));
              }
              return given;
            }));
      }
      for (int i = 1; i <= 12; i++) {
        String next = secret();
        secrets.add(next);
        rotate("r" + i, next, 3_600).statusCode(202).body("version", equalTo(i + 1));
        rotations.set(i);
      }
      over.set(true);
      var all = new ArrayList<Given>();
      for (Future<List<Given>> caller : running) {
        all.addAll(caller.get());
      }
      assertThat(all).hasSizeGreaterThan(50).allMatch(given -> given.status() == 200);
      for (Given given : all) {
        int leased = secrets.indexOf(given.body().replaceAll(".*\"api_key\":\"([^\"]+)\".*", "$1"));
        // The key of an answered rotation, or of one that was under way.
        assertThat(leased).isGreaterThanOrEqualTo(given.rotationsBefore());
      }
    }
  }

  @Test
  void afterItsGraceAKeyIsNeverLeased() {
    String old = secret();
    String standing = secret();
    String next = secret();
    put(old, standing).statusCode(200);
    lease().body("api_key", equalTo(old));
    rotate("a", next, 3_600).statusCode(202);
    out("primary", 3);
    lease().body("slot", equalTo("fallback")).body("api_key", equalTo(old));
    // Its time comes, and Redis still has it.
    assertThat(
            database.update(
                "UPDATE coordination.api_keys SET retire_at = now() WHERE model = ? AND version = 2",
                model))
        .isEqualTo(1);
    lease()
        .body("slot", equalTo("fallback"))
        .body("version", equalTo(1))
        .body("api_key", equalTo(standing));
    as("admin").post("/api/v1/maintenance/key-retirement/run").then().statusCode(200);
    assertThat(
            database.value(
                "SELECT state || envelope FROM coordination.api_keys WHERE model = ? AND version = 2",
                model))
        .isEqualTo("revoked");
    out("fallback", 1);
    lease()
        .statusCode(503)
        .header("Retry-After", notNullValue())
        .body("code", equalTo("no_usable_key"));
  }

  @Test
  void twoRefusalsTakeASlotOutAndOneDoesNot() {
    put(secret(), secret()).statusCode(200);
    lease().statusCode(200);
    report("primary", 2, "success").body("slot_out", equalTo(false));
    report("primary", 1, "auth_failed").body("slot_out", equalTo(false));
    report("primary", 1, "auth_failed").body("slot_out", equalTo(false));
    report("primary", 2, "auth_failed").body("slot_out", equalTo(false));
    lease().body("slot", equalTo("primary"));
    found().body("keys[0].out_until", nullValue());
    report("primary", 2, "auth_failed").body("slot_out", equalTo(true));
    report("primary", 2, "auth_failed").body("slot_out", equalTo(true));
    lease().body("slot", equalTo("fallback"));
    found()
        .body("keys.slot", contains("primary", "fallback"))
        .body("keys[0].out_until", notNullValue())
        .body("keys[1].out_until", nullValue());
    of("devops")
        .get("/api/v1/api-keys/{model}/audit")
        .then()
        .statusCode(200)
        .body("items.event", hasItems("put", "leased", "slot_out"))
        .body("items.findAll { it.event == 'slot_out' }", hasSize(1))
        .body("items.findAll { it.event == 'leased' }.purpose", everyItem(equalTo("test")));
    // A new key is not the one that was refused.
    rotate("b", secret(), 60).statusCode(202);
    lease().body("slot", equalTo("primary")).body("version", equalTo(3));
  }

  @Test
  void aRepeatChangesNothingAndAnotherBodyIsRefused() {
    String first = secret();
    String next = secret();
    for (int i = 0; i < 2; i++) {
      of("admin")
          .header("Idempotency-Key", "put-" + model)
          .body(Map.of("primary", first))
          .put("/api/v1/api-keys/{model}")
          .then()
          .statusCode(200)
          .body("version", equalTo(1));
    }
    for (int i = 0; i < 2; i++) {
      rotate("rot-" + model, next, 60).statusCode(202).body("version", equalTo(2));
    }
    rotate("rot-" + model, secret(), 60)
        .statusCode(422)
        .body("code", equalTo("idempotency_key_reused"));
    of("admin")
        .body(Map.of("new_primary", secret()))
        .post("/api/v1/api-keys/{model}/rotate")
        .then()
        .statusCode(422)
        .body("code", equalTo("required"));
    assertThat(database.count("coordination.api_keys WHERE model = '" + model + "'")).isEqualTo(2);
  }

  @Test
  void oneChangeOfAModelsKeysAtATime() throws SQLException {
    put(secret(), null).statusCode(200);
    try (Connection other = database.connect();
        var lock = other.prepareStatement("SELECT pg_advisory_xact_lock(?)")) {
      other.setAutoCommit(false);
      lock.setLong(
          1, dev.quintet.common.sql.FleetLocks.key("coordination", "api-key-rotate:" + model));
      assertThat(lock.execute()).isTrue();
      rotate("c", secret(), 60).statusCode(409).body("code", equalTo("rotation_in_progress"));
      put(secret(), null).statusCode(409).body("code", equalTo("rotation_in_progress"));
      other.rollback();
    }
    rotate("c", secret(), 60).statusCode(202);
  }

  @Test
  void leasesAreCounted() {
    put(secret(), null).statusCode(200);
    for (int i = 0; i < 5; i++) {
      lease().statusCode(200);
    }
    // The job of the service may have been first.
    Eventually.holds(
        LIMIT,
        () -> {
          as("devops").post("/api/v1/maintenance/key-count-flush/run").then();
          found().body("keys[0].usage_count", equalTo(5));
        });
  }

  @Test
  void redisIsLoadedAgainWhenItHasForgotten() {
    String key = secret();
    put(key, null).statusCode(200);
    lease().statusCode(200);
    assertThat(redis(Command.DEL, redis.key("api_key:" + model)).toInteger()).isEqualTo(1);
    lease().statusCode(200).body("api_key", equalTo(key));
    assertThat(redis(Command.HGET, redis.key("api_key:" + model), "primary").toString())
        .startsWith("v1.");
    // Whatever else stands there, PostgreSQL knows better.
    assertThat(redis(Command.HSET, redis.key("api_key:" + model), "primary", "rubbish"))
        .isNotNull();
    lease().statusCode(200).body("api_key", equalTo(key));
    assertThat(
            redis(Command.HSET, redis.key("api_key:" + model), "primary_version", "7").toString())
        .isNotEmpty();
    lease().statusCode(200).body("version", equalTo(1));
  }

  @Test
  void withoutRedisPostgresqlLeases() {
    String key = secret();
    put(key, null).statusCode(200);
    // Scripts get no answer, as from a server that hangs; this one can be woken.
    assertThat(redis(Command.CLIENT, "PAUSE", "15000", "WRITE").toString()).isEqualTo("OK");
    lease().statusCode(200).body("api_key", equalTo(key));
    lease().statusCode(200).body("slot", equalTo("primary"));
    report("primary", 1, "auth_failed").statusCode(503).body("code", equalTo("redis_unavailable"));
    found().body("keys[0].usage_count", equalTo(2));
    Eventually.holds(
        LIMIT,
        () ->
            assertThat(
                    redis
                        .send(Command.CLIENT, "UNPAUSE")
                        .onFailure()
                        .recoverWithNull()
                        .await()
                        .atMost(LIMIT))
                .isNotNull());
    Eventually.holds(LIMIT, () -> assertThat(redis.up()).isTrue());
    lease().statusCode(200).body("api_key", equalTo(key));
  }

  @Test
  void dataKeysAreWrappedAnew() {
    String key = secret();
    put(key, null).statusCode(200);
    lease().statusCode(200);
    for (String kek : List.of("test-b", "test-a")) {
      as("admin")
          .body(Map.of("to_kek_id", kek))
          .post("/api/v1/api-keys/rewrap")
          .then()
          .statusCode(202)
          .body("remaining", equalTo(0));
      found().body("keys.kek_id", contains(kek));
      assertThat(redis(Command.HGET, redis.key("api_key:" + model), "primary").toString())
          .startsWith("v1." + kek + ".");
      lease().statusCode(200).body("api_key", equalTo(key));
    }
    as("admin")
        .body("{\"to_kek_id\":\"lost\"}")
        .post("/api/v1/api-keys/rewrap")
        .then()
        .statusCode(422)
        .body("code", equalTo("unknown_kek"));
  }

  @Test
  void withoutAKeyEncryptionKeyThereIsNoLease() {
    put(secret(), null).statusCode(200);
    var none =
        new Keks(
            new KekConfig() {
              @Override
              public Map<String, String> keys() {
                return Map.of();
              }

              @Override
              public Optional<String> active() {
                return Optional.empty();
              }
            });
    var keys = new ModelKeys(queries, cache, new Envelopes(none), none, Clock.systemUTC(), meters);
    assertThat(keys.lease(model, "a", "b").await().atMost(LIMIT))
        .isInstanceOf(LeaseResult.KekMissing.class);
    // Another installation's: neither Redis nor PostgreSQL has an envelope that it can open.
    var other =
        new Keks(
            new KekConfig() {
              @Override
              public Map<String, String> keys() {
                return Map.of("x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
              }

              @Override
              public Optional<String> active() {
                return Optional.empty();
              }
            });
    var strangers =
        new ModelKeys(queries, cache, new Envelopes(other), other, Clock.systemUTC(), meters);
    assertThat(strangers.lease(model, "a", "b").await().atMost(LIMIT))
        .isInstanceOf(LeaseResult.KekMissing.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a b", "a\\tb", "a\\nb", "\\u00a0", "LONG"})
  void aKeyIsOneToFourThousandBytesWithoutWhiteSpace(String key) {
    String sent = key.equals("LONG") ? "k".repeat(4_097) : key;
    for (String body :
        List.of(
            "{\"primary\":\"" + sent + "\"}",
            "{\"primary\":\"good\",\"fallback\":\"" + sent + "\"}")) {
      of("admin")
          .body(body)
          .put("/api/v1/api-keys/{model}")
          .then()
          .statusCode(422)
          .body("code", equalTo("invalid_api_key"))
          .body(not(containsString("kkkk")));
    }
    put("k".repeat(4_096), null).statusCode(200);
  }

  @Test
  void whatIsNotThereOrNotAcceptableIsSaid() {
    lease().statusCode(404).body("code", equalTo("unknown_key"));
    of("devops").get("/api/v1/api-keys/{model}").then().statusCode(404);
    rotate("d", secret(), 60).statusCode(404).body("code", equalTo("unknown_key"));
    report("middle", 0, "shrug").statusCode(422).body("errors", hasSize(3));
    rotate("e", secret(), -1).statusCode(422).body("code", equalTo("ttl_out_of_range"));
    of("service")
        .body("{}")
        .post("/api/v1/api-keys/{model}/lease")
        .then()
        .statusCode(422)
        .body("code", equalTo("required"));
    given()
        .auth()
        .oauth2(tokens.of("service"))
        .contentType("application/json")
        .body("{\"purpose\":\"p\"}")
        .post("/api/v1/api-keys/a:b/lease")
        .then()
        .statusCode(422)
        .body("code", equalTo("invalid_key_segment"));
  }

  @Test
  void eachOperationHasItsRoles() {
    put(secret(), null).statusCode(200);
    as("devops").get("/api/v1/api-keys").then().statusCode(200).body("items.model", hasItem(model));
    for (String role : List.of("user", "devops", "service")) {
      of(role).body("{}").put("/api/v1/api-keys/{model}").then().statusCode(403);
      of(role).body("{}").post("/api/v1/api-keys/{model}/rotate").then().statusCode(403);
      as(role).body("{}").post("/api/v1/api-keys/rewrap").then().statusCode(403);
    }
    for (String role : List.of("user", "service")) {
      as(role).get("/api/v1/api-keys").then().statusCode(403);
      of(role).get("/api/v1/api-keys/{model}").then().statusCode(403);
      of(role).get("/api/v1/api-keys/{model}/audit").then().statusCode(403);
    }
    for (String role : List.of("user", "devops", "admin")) {
      of(role).body("{}").post("/api/v1/api-keys/{model}/lease").then().statusCode(403);
      of(role).body("{}").post("/api/v1/api-keys/{model}/report").then().statusCode(403);
    }
  }
}
