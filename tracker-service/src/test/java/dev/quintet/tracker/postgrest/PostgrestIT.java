package dev.quintet.tracker.postgrest;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.response.Response;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the ready-made clients do not send, or not see: fencing, who may come in, bad input. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // filled in by ServiceBackends
class PostgrestIT {
  private static final String TABLE = "/rest/v1/cluster_management";
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  Database database;
  Tokens tokens;

  private static String newCluster() {
    return "pgr-" + UUID.randomUUID().toString().substring(0, 8);
  }

  /** As the origin's Rust bot: all headers on every request, the key twice. */
  private RequestSpecification bot() {
    return bot(ApiKeys.DEVELOPMENT);
  }

  private static RequestSpecification bot(String key) {
    return given()
        .urlEncodingEnabled(true)
        .header("apikey", key)
        .header("Authorization", "Bearer " + key)
        .header("Content-Profile", "tracker")
        .header("Accept-Profile", "tracker")
        .contentType("application/json");
  }

  private static Map<String, Object> row(String cluster, String instance, int shard) {
    return Map.of(
        "instance_id",
        instance,
        "cluster_name",
        cluster,
        "shard_id",
        shard,
        "total_shards",
        4,
        "status",
        "active",
        "last_heartbeat",
        "now()");
  }

  private static RequestSpecification mine(
      RequestSpecification request, String cluster, String instance) {
    return request
        .queryParam("instance_id", "eq." + instance)
        .queryParam("cluster_name", "eq." + cluster);
  }

  private static ValidatableResponse isError(Response response, int status, String code) {
    return response
        .then()
        .statusCode(status)
        .contentType(startsWith("application/json"))
        .body("code", equalTo(code))
        .body("keySet()", equalTo(java.util.Set.of("code", "details", "hint", "message")));
  }

  /** A cluster of four with shard 0 leased, fenced, to pod-1 by our own API. */
  private String fenced() {
    String cluster = newCluster();
    var unused = database.rows("SELECT tracker.create_cluster(?, 4, '{}')", cluster);
    given()
        .auth()
        .oauth2(tokens.of("service"))
        .contentType("application/json")
        .body(Map.of("instance_id", "pod-1", "incarnation", UUID.randomUUID().toString()))
        .post("/api/v1/clusters/" + cluster + "/assignments")
        .then()
        .statusCode(201);
    return cluster;
  }

  private String lease(String cluster, int shard) {
    return String.valueOf(
        database.value(
            "SELECT instance_id || ' ' || epoch || ' ' || fenced FROM tracker.shard_leases"
                + " WHERE cluster_name = ? AND shard_id = ?",
            cluster,
            shard));
  }

  // --- the origin's bots

  @Test
  void theRustBotLivesItsLife() {
    String cluster = newCluster();
    String later =
        Instant.now().plus(2, ChronoUnit.HOURS).truncatedTo(ChronoUnit.SECONDS).toString();

    for (int status : new int[] {201, 200}) {
      bot()
          .header("Prefer", "resolution=merge-duplicates,return=representation")
          .body(
              Map.of(
                  "instance_id",
                  "pod-abc",
                  "cluster_name",
                  cluster,
                  "shard_id",
                  0,
                  "total_shards",
                  2,
                  "status",
                  "active",
                  "last_heartbeat",
                  later,
                  "guild_count",
                  42,
                  "latency_ms",
                  55.3,
                  "hostname",
                  "pod-abc",
                  "bot_version",
                  "0.1.0"))
          .post(TABLE + "?on_conflict=cluster_name,shard_id")
          .then()
          .statusCode(status)
          .body("[0].shard_id", equalTo(0));
    }
    mine(bot(), cluster, "pod-abc")
        .header("Prefer", "return=minimal")
        .body(
            Map.of("last_heartbeat", later, "guild_count", 43, "latency_ms", 1, "status", "active"))
        .patch(TABLE)
        .then()
        .statusCode(204);
    bot()
        .get(TABLE + "?cluster_name=eq." + cluster + "&status=eq.active&order=shard_id.asc")
        .then()
        .statusCode(200)
        .body("", hasSize(1))
        .body("[0].guild_count", equalTo(43))
        .body("[0].hostname", equalTo("pod-abc"));

    // Its clock runs ahead: the lease counts from ours.
    assertThat(
            database.value(
                "SELECT expires_at <= clock_timestamp() + interval '5 minutes' FROM tracker.shard_leases"
                    + " WHERE cluster_name = ? AND shard_id = 0",
                cluster))
        .isEqualTo(true);

    mine(bot(), cluster, "pod-abc")
        .header("Prefer", "return=minimal")
        .body(Map.of("status", "inactive"))
        .patch(TABLE)
        .then()
        .statusCode(204);
    assertThat(
            database.value(
                "SELECT instance_id FROM tracker.shard_leases WHERE cluster_name = ? AND shard_id = 0",
                cluster))
        .isNull();
  }

  @Test
  void thePythonBotThatFindsItsShardTakenIsTold() {
    String cluster = newCluster();
    bot().body(row(cluster, "bot-a", 0)).post(TABLE).then().statusCode(201);

    isError(bot().body(row(cluster, "bot-b", 0)).post(TABLE), 409, "23505")
        .body("message", containsString("duplicate key value violates unique constraint"))
        .body(
            "details",
            equalTo("Key (cluster_name, shard_id)=(" + cluster + ", 0) already exists."));
  }

  @Test
  void ofEightBotsThatInsertOneShardOneGetsIt() {
    String cluster = newCluster();
    var bots = new AtomicInteger();

    List<Integer> statuses =
        Race.of(
            8,
            () ->
                bot()
                    .body(row(cluster, "bot-" + bots.incrementAndGet(), 2))
                    .post(TABLE)
                    .statusCode());

    assertThat(statuses).containsOnly(201, 409).containsOnlyOnce(201);
    assertThat(
            database.value(
                "SELECT count(*) FROM tracker.shard_leases WHERE cluster_name = ? AND instance_id IS NOT NULL",
                cluster))
        .isEqualTo(1L);
  }

  // --- fencing

  @Test
  void noWriteTakesAShardFromItsFencedHolder() {
    String cluster = fenced();
    String before = lease(cluster, 0);
    String refusal = "shard 0 of cluster " + cluster + " is leased to pod-1 (epoch 1)";

    isError(bot().body(row(cluster, "thief", 0)).post(TABLE), 409, "23505")
        .body("message", equalTo(refusal));
    isError(
            bot()
                .header("Prefer", "resolution=merge-duplicates")
                .body(row(cluster, "thief", 0))
                .post(TABLE + "?on_conflict=cluster_name,shard_id"),
            409,
            "23505")
        .body("message", equalTo(refusal));
    isError(
            bot()
                .body(Map.of("instance_id", "thief", "last_heartbeat", "now()"))
                .patch(TABLE + "?cluster_name=eq." + cluster + "&shard_id=eq.0"),
            409,
            "23505")
        .body("message", equalTo(refusal));
    isError(
        mine(bot(), cluster, "pod-1").body(Map.of("status", "inactive")).patch(TABLE),
        409,
        "23505");
    isError(mine(bot(), cluster, "pod-1").delete(TABLE), 409, "23505");

    assertThat(lease(cluster, 0)).isEqualTo(before);
  }

  @Test
  void aBotBesideFencedPodsGetsWhatIsFree() {
    String cluster = fenced();

    bot()
        .body(Map.of("p_instance_id", "old-bot", "p_cluster_name", cluster))
        .post("/rest/v1/rpc/upsert_instance_assignment")
        .then()
        .statusCode(200)
        .body("[0].assigned_shard_id", equalTo(1))
        .body("[0].total_shards", equalTo(4));

    assertThat(lease(cluster, 1)).isEqualTo("old-bot 1 false");
  }

  @Test
  void itsTableShowsWhatTheLeasesSay() {
    String cluster = fenced();

    bot()
        .get(TABLE + "?select=instance_id,shard_id,status&cluster_name=eq." + cluster)
        .then()
        .statusCode(200)
        .body("instance_id", contains("pod-1"))
        .body("shard_id", contains(0))
        .body("status", contains("active"));
  }

  // --- who may come in

  @Test
  void everyTokenThatIsNotOursIsRefused() {
    tokens
        .refused("service")
        .forEach((kind, token) -> {
          Response bearer = given().auth().oauth2(token).get(TABLE);
          assertThat(bearer.statusCode()).as(kind).isEqualTo(401);
          Response apikey = given().header("apikey", token).get(TABLE);
          assertThat(apikey.statusCode()).as(kind + " as apikey").isEqualTo(401);
          isError(apikey, 401, "PGRST301").header("WWW-Authenticate", "Bearer");
        });
    isError(given().get(TABLE), 401, "PGRST302").header("WWW-Authenticate", "Bearer");
    isError(given().post("/rest/v1/rpc/cleanup_stale_assignments"), 401, "PGRST302");
    isError(given().get("/rest/v1/nothing"), 401, "PGRST302");
  }

  @ParameterizedTest
  @ValueSource(strings = {"user", "devops", "admin"})
  void peopleHaveOtherDoors(String role) {
    isError(bot(tokens.of(role)).get(TABLE), 403, "42501");
    isError(bot(tokens.of(role)).body("{}").post(TABLE), 403, "42501");
    isError(bot(tokens.of(role)).body("{}").patch(TABLE + "?shard_id=eq.0"), 403, "42501");
    isError(bot(tokens.of(role)).delete(TABLE + "?shard_id=eq.0"), 403, "42501");
    isError(
        bot(tokens.of(role)).body("{}").post("/rest/v1/rpc/cleanup_stale_assignments"),
        403,
        "42501");
  }

  @Test
  void theBearerCountsAndAnApikeyAloneWillDo() {
    String token = tokens.of("service");
    given().header("apikey", token).get(TABLE).then().statusCode(200);
    given().header("apikey", ApiKeys.DEVELOPMENT).get(TABLE).then().statusCode(200);
    given().auth().oauth2(ApiKeys.DEVELOPMENT).get(TABLE).then().statusCode(200);
    given().header("apikey", "x").auth().oauth2(token).get(TABLE).then().statusCode(200);
    given().header("apikey", token).auth().oauth2("x").get(TABLE).then().statusCode(401);
    given()
        .header("apikey", ApiKeys.DEVELOPMENT)
        .header("Authorization", "Basic YTpi")
        .get(TABLE)
        .then()
        .statusCode(401);
    given().header("apikey", ApiKeys.DEVELOPMENT + "x").get(TABLE).then().statusCode(401);
    given().header("apikey", "").get(TABLE).then().statusCode(401);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/api/v1/clusters/c/guilds/1/shard",
        "/rest/v1/../../api/v1/clusters/c/guilds/1/shard",
        "/rest/v1/%2e%2e/%2e%2e/api/v1/clusters/c/guilds/1/shard"
      })
  void aFixedKeyOpensThisDoorOnly(String path) throws IOException {
    assertThat(raw("GET " + path + " HTTP/1.1\r\nHost: x\r\napikey: " + ApiKeys.DEVELOPMENT))
        .doesNotStartWith("HTTP/1.1 200");
    String bearer =
        raw("GET " + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + ApiKeys.DEVELOPMENT);
    assertThat(bearer.split(" ")[1]).isIn("401", "404");
  }

  @Test
  void aTokenForSomeClustersReachesNoOther() {
    String other = newCluster();
    // The token's one cluster, as nobody has used it.
    String own = "limited-cluster";
    database.execute(
        "DELETE FROM tracker.cluster_management WHERE cluster_name = 'limited-cluster'");
    database.execute("DELETE FROM tracker.clusters WHERE cluster_name = 'limited-cluster'");
    String limited = tokens.limited();
    bot().body(row(other, "bot-a", 0)).post(TABLE).then().statusCode(201);
    String id =
        String.valueOf(
            database.value(
                "SELECT id::text FROM tracker.cluster_management WHERE cluster_name = ?", other));

    bot(limited)
        .get(TABLE + "?cluster_name=eq." + other)
        .then()
        .statusCode(200)
        .body("", hasSize(0));
    bot(limited)
        .header("Prefer", "count=exact")
        .get(TABLE + "?cluster_name=neq." + own)
        .then()
        .header("Content-Range", "*/0");
    bot(limited)
        .header("Prefer", "return=representation")
        .body(Map.of("guild_count", 7))
        .patch(TABLE + "?id=eq." + id)
        .then()
        .statusCode(200)
        .body("", hasSize(0));
    bot(limited)
        .header("Prefer", "return=representation")
        .delete(TABLE + "?id=eq." + id)
        .then()
        .statusCode(200)
        .body("", hasSize(0));
    isError(bot(limited).body(row(other, "bot-b", 1)).post(TABLE), 403, "42501");
    isError(
        bot(limited).body(List.of(row(own, "b", 1), row(other, "b", 1))).post(TABLE), 403, "42501");
    isError(bot(limited).body(Map.of("instance_id", "b", "shard_id", 1)).post(TABLE), 403, "42501");
    isError(
        bot(limited).body(Map.of("cluster_name", other)).patch(TABLE + "?cluster_name=eq." + own),
        403,
        "42501");
    bot(limited)
        .header("Prefer", "resolution=merge-duplicates,return=representation")
        .body(Map.of("id", id, "instance_id", "x", "cluster_name", own, "shard_id", 3))
        .post(TABLE + "?on_conflict=id")
        .then()
        .body("", hasSize(0));
    isError(
        bot(limited)
            .body(Map.of("p_instance_id", "b", "p_cluster_name", other))
            .post("/rest/v1/rpc/upsert_instance_assignment"),
        403,
        "42501");
    isError(
        bot(limited).get("/rest/v1/rpc/get_next_available_shard?p_cluster_name=" + other),
        403,
        "42501");
    isError(bot(limited).body("{}").post("/rest/v1/rpc/cleanup_stale_assignments"), 403, "42501");

    bot(limited).body(row(own, "bot-" + UUID.randomUUID(), 3)).post(TABLE).then().statusCode(201);
    bot(limited).delete(TABLE + "?cluster_name=eq." + own).then().statusCode(204);
    assertThat(
            database.value(
                "SELECT instance_id || guild_count FROM tracker.cluster_management WHERE id = ?::uuid",
                id))
        .isEqualTo("bot-a0");
  }

  // --- what comes back

  @Test
  void aReplyTellsItsRangeAndWhatWasApplied() {
    String cluster = newCluster();
    bot()
        .header("Prefer", "return=headers-only, count=exact")
        .body(row(cluster, "bot-0", 0))
        .post(TABLE)
        .then()
        .statusCode(201)
        .header("Location", matchesPattern("/rest/v1/cluster_management\\?id=eq\\.[0-9a-f-]{36}"))
        .header("Content-Range", "*/1")
        .header("Preference-Applied", "return=headers-only, count=exact");
    bot().body(List.of(row(cluster, "bot-1", 1), row(cluster, "bot-2", 2))).post(TABLE);

    bot()
        .header("Range", "1-1")
        .header("Prefer", "count=exact")
        .get(TABLE + "?select=shard_id&order=shard_id&cluster_name=eq." + cluster)
        .then()
        .statusCode(206)
        .header("Content-Range", "1-1/3")
        .header("Content-Profile", "tracker")
        .body("shard_id", contains(1));
    bot()
        .get(TABLE + "?limit=0&cluster_name=eq." + cluster)
        .then()
        .statusCode(200)
        .header("Content-Range", "*/*");
    mine(bot(), cluster, "bot-2")
        .body(Map.of())
        .patch(TABLE)
        .then()
        .statusCode(204)
        .header("Content-Range", "*/*");
    mine(bot(), cluster, "bot-2")
        .header("Prefer", "return=representation")
        .body(List.of(Map.of("guild_count", 1)))
        .patch(TABLE)
        .then()
        .statusCode(200)
        .header("Content-Range", "0-0/*")
        .body("[0].guild_count", equalTo(1));
  }

  @Test
  void onlyTheNamedColumnsOfABodyCount() {
    String cluster = newCluster();
    var row = new java.util.HashMap<>(row(cluster, "bot-0", 0));
    row.put("nonsense", true);
    row.put("guild_count", 5);
    bot()
        .header("Prefer", "return=representation")
        .body(row)
        .post(TABLE + "?columns=instance_id,cluster_name,shard_id")
        .then()
        .statusCode(201)
        .body("[0].guild_count", equalTo(0));
  }

  @Test
  void noReplyHasMoreThanAThousandRows() {
    String cluster = newCluster();
    database.execute(
        "SET tracker.sync = 'off'; INSERT INTO tracker.cluster_management (instance_id, cluster_name, shard_id)"
            + " SELECT 'bot-' || n, '"
            + cluster
            + "', n FROM generate_series(0, 1099) AS n");

    bot()
        .header("Prefer", "count=exact")
        .get(TABLE + "?select=shard_id&cluster_name=eq." + cluster)
        .then()
        .statusCode(206)
        .header("Content-Range", "0-999/1100");
    database.execute(
        "SET tracker.sync = 'off'; DELETE FROM tracker.cluster_management WHERE cluster_name = '"
            + cluster
            + "'");
  }

  // --- bad input

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{|400|PGRST102",
        "[|400|PGRST102",
        "5|400|PGRST102",
        "null|400|PGRST102",
        "\"text\"|400|PGRST102",
        "[1]|400|PGRST102",
        "[[{}]]|400|PGRST102",
        "{} {}|400|PGRST102",
        "{\"shard_id\":1,\"shard_id\":2}|400|PGRST102",
        "{\"instance_id\":\"a\\u0000b\"}|400|PGRST102",
        "{\"instance_id\":\"\\ud83d\"}|400|PGRST102",
        "{\"shard_id\":NaN}|400|PGRST102",
        "[{\"shard_id\":1},{\"status\":\"x\"}]|400|PGRST102",
        "{}|400|23502",
        "{\"x\":1}|400|PGRST204",
        "{\"instance_id; DROP TABLE\":1}|400|PGRST204",
        "{\"shard_id\":1.5}|400|22P02",
        "{\"shard_id\":1e5}|400|22P02",
        "{\"shard_id\":true}|400|22P02",
        "{\"shard_id\":{}}|400|22P02",
        "{\"shard_id\":99999999999}|400|22003",
        "{\"latency_ms\":1e300}|400|22003",
        "{\"last_heartbeat\":\"never\"}|400|22007",
        "{\"last_heartbeat\":\"300000-01-01\"}|400|22008",
        "{\"pod_ip\":\"x\"}|400|22P02",
        "{\"id\":\"x\"}|400|22P02",
      })
  void aBodyThatIsNoRowIsRefused(String body, int status, String code) {
    isError(bot().body(body).post(TABLE), status, code);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "instance_id=''|400|22023",
        "instance_id='a/b'|400|22023",
        "shard_id=-1|400|23514",
        "total_shards=0|400|23514",
        "total_shards=70000|400|22023",
        "status='gone'|400|23514",
        "cluster_name=''|400|22023",
      })
  void aRowThatTheTrackerCannotHoldIsRefused(String change, int status, String code) {
    var row = new java.util.HashMap<>(row(newCluster(), "bot", 0));
    String value = change.substring(change.indexOf('=') + 1);
    row.put(
        change.substring(0, change.indexOf('=')),
        value.startsWith("'")
            ? value.substring(1, value.length() - 1)
            : (Object) Integer.valueOf(value));
    isError(bot().body(row).post(TABLE), status, code);
  }

  @Test
  void anInstanceIdOfAHundredThousandCharactersIsRefused() {
    String cluster = newCluster();
    var random = new java.util.Random(7);
    String same = "a".repeat(100_000);
    String mixed =
        random
            .ints(64_000, 33, 126)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    for (String instance : List.of(same, mixed)) {
      Response answer = bot().body(row(cluster, instance, 0)).post(TABLE);
      assertThat(answer.statusCode()).isEqualTo(400);
    }
    assertThat(
            database.value(
                "SELECT count(*) FROM tracker.cluster_management WHERE cluster_name = ?", cluster))
        .isEqualTo(0L);
  }

  @Test
  void aBodyThatIsTooLargeIs413() throws IOException {
    bot().body(List.of("a".repeat(300_000))).post(TABLE).then().statusCode(413);

    String answer =
        raw(
            "POST "
                + TABLE
                + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\napikey: "
                + ApiKeys.DEVELOPMENT,
            40);
    assertThat(answer).startsWith("HTTP/1.1 413").contains("PGRST102");
  }

  @ParameterizedTest
  @CsvSource({
    "PUT, /rest/v1/cluster_management, 405, PGRST117",
    "GET, /rest/v1/rpc/upsert_instance_assignment, 405, PGRST101",
    "GET, /rest/v1/clusters, 404, PGRST205",
    "GET, /rest/v1/shard_leases, 404, PGRST205",
    "POST, /rest/v1/shard_leases, 404, PGRST205",
    "PATCH, /rest/v1/shard_leases, 404, PGRST205",
    "DELETE, /rest/v1/shard_leases, 404, PGRST205",
    "GET, /rest/v1/, 404, PGRST125",
    "GET, /rest/v1/a/b/c, 404, PGRST125",
    "GET, /rest/v1/rpc/acquire_shards, 404, PGRST202",
    "POST, /rest/v1/rpc/acquire_shards, 404, PGRST202",
    "POST, /rest/v1/rpc/create_cluster, 404, PGRST202",
    "DELETE, /rest/v1/cluster_management, 400, 21000",
    "PATCH, /rest/v1/cluster_management, 400, 21000",
    "DELETE, /rest/v1/cluster_management?limit=1&shard_id=eq.0, 400, PGRST127",
    "DELETE, '/rest/v1/cluster_management?or=(shard_id.eq.0)', 400, PGRST127",
    "DELETE, /rest/v1/cluster_management?shard=eq.0, 400, 42703",
    "DELETE, /rest/v1/cluster_management?shard_id=0, 400, PGRST100",
    "DELETE, /rest/v1/cluster_management?select=shard_id, 400, 21000",
    "POST, /rest/v1/cluster_management?shard_id=eq.1, 400, PGRST127",
    "GET, /rest/v1/cluster_management?shard_id=like.1*, 404, 42883",
    "GET, /rest/v1/cluster_management?shard_id=is.true, 400, 42804",
    "GET, /rest/v1/cluster_management?limit=-1, 416, PGRST103",
  })
  void whatIsNotServedIsSaidPlainly(String method, String path, int status, String code) {
    isError(bot().urlEncodingEnabled(false).body("{}").request(method, path), status, code);
  }

  @Test
  void anotherFormOrSchemaOrBodyIsRefused() {
    isError(bot().accept("text/csv").get(TABLE), 406, "PGRST107");
    isError(
        given().header("apikey", ApiKeys.DEVELOPMENT).header("Accept-Profile", "public").get(TABLE),
        406,
        "PGRST106");
    isError(
        given()
            .header("apikey", ApiKeys.DEVELOPMENT)
            .header("Content-Profile", "auth")
            .delete(TABLE + "?shard_id=eq.0"),
        406,
        "PGRST106");
    isError(
        given()
            .header("apikey", ApiKeys.DEVELOPMENT)
            .contentType("text/csv")
            .body("instance_id\nx")
            .post(TABLE),
        400,
        "PGRST102");
    isError(bot().header("Prefer", "handling=strict, max-affected=2").get(TABLE), 400, "PGRST122");
    isError(
        bot()
            .header("Prefer", "resolution=merge-duplicates")
            .body(row(newCluster(), "a", 0))
            .post(TABLE + "?on_conflict=hostname"),
        400,
        "42P10");
  }

  private static final List<String> ODD =
      List.of(
          "",
          " ",
          "'",
          "\"",
          "\\",
          "--",
          ";",
          "(",
          ")",
          "()",
          "(,)",
          "\"\"",
          "*",
          "%",
          "$1",
          ",",
          ".",
          "..",
          "eq.",
          "not.",
          "in.(",
          "in.()",
          "is.nul",
          "null",
          "eq.null",
          "-1",
          "0",
          "99999999999999999999999",
          "1e999",
          "NaN",
          "Infinity",
          "eq.\ud83d\ude00",
          "eq.\u00fc",
          "{}",
          "{1,2}",
          "[]",
          "a".repeat(1000),
          "eq." + "a".repeat(1000),
          "now()",
          "infinity",
          "like.\\",
          "like.%\\",
          "ilike.*\\*",
          "in.(\")",
          "in.(\"\\",
          "in.(infinity)",
          "gt.infinity");

  /** Every parameter and header against every odd value: an answer of our form, and never a 500. */
  @Test
  void nothingThatIsSentMakesTheServiceFail() throws Exception {
    long leases = database.count("tracker.shard_leases");
    // One column of each type, and all that is no column.
    for (String parameter :
        List.of(
            "id",
            "instance_id",
            "shard_id",
            "last_heartbeat",
            "pod_ip",
            "latency_ms",
            "select",
            "order",
            "limit",
            "offset",
            "columns",
            "on_conflict",
            "and",
            "not.or",
            "x",
            "")) {
      for (String value : ODD) {
        String query =
            URLEncoder.encode(parameter, StandardCharsets.UTF_8)
                + "="
                + URLEncoder.encode(value, StandardCharsets.UTF_8);
        answered(asked("?" + query).GET(), query);
        answered(asked("?shard_id=eq.-5&" + query).DELETE(), "DELETE " + query);
      }
    }
    for (String header : List.of("Prefer", "Range", "Accept", "Accept-Profile", "Content-Type")) {
      for (String value : ODD) {
        if (value.codePoints().allMatch(c -> c >= 32 && c < 127)) {
          answered(asked("").header(header, value).GET(), header + ": " + value);
        }
      }
    }
    assertThat(database.count("tracker.shard_leases")).isEqualTo(leases);
  }

  @Test
  void noArgumentMakesAFunctionFail() {
    long leases = database.count("tracker.shard_leases");
    for (SeedFunction function : SeedFunction.values()) {
      for (Column parameter : function.parameters().values()) {
        for (Object value :
            List.of("", "x", -1, 1e300, List.of(1), Map.of("a", 1), true, "-1 day")) {
          var arguments = new java.util.HashMap<String, Object>();
          if (function != SeedFunction.CLEANUP_STALE_ASSIGNMENTS) {
            arguments.put("p_cluster_name", "");
          }
          if (function == SeedFunction.UPSERT_INSTANCE_ASSIGNMENT) {
            arguments.put("p_instance_id", "");
          }
          arguments.put(parameter.name(), value);
          var response = bot().body(arguments).post("/rest/v1/rpc/" + function.result().name());
          assertThat(response.statusCode()).as(arguments.toString()).isLessThan(500);
        }
      }
    }
    assertThat(database.count("tracker.shard_leases")).isEqualTo(leases);
  }

  private static HttpRequest.Builder asked(String query) {
    return HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + RestAssured.port + TABLE + query))
        .header("apikey", ApiKeys.DEVELOPMENT);
  }

  private static void answered(HttpRequest.Builder request, String what) throws Exception {
    var response = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).as(what).isLessThan(500);
    if (response.statusCode() >= 400) {
      assertThat(response.body()).as(what).contains("\"code\":\"");
    }
  }

  // --- an outage

  @Test
  void whileTheDatabaseIsAwayTheAnswerIs503() {
    database.shut();
    try {
      isError(bot().get(TABLE), 503, "PGRST001")
          .header("Retry-After", "1")
          .body("details", nullValue());
    } finally {
      database.open();
    }
  }

  private static String raw(String head) throws IOException {
    return raw(head, 0);
  }

  /** By socket, as the usual clients tidy up what they send. */
  private static String raw(String head, int chunks) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), RestAssured.port)) {
      var out = socket.getOutputStream();
      out.write((head + "\r\nConnection: close\r\n\r\n").getBytes(StandardCharsets.UTF_8));
      byte[] chunk = ("2000\r\n" + "1".repeat(0x2000) + "\r\n").getBytes(StandardCharsets.US_ASCII);
      try {
        for (int i = 0; i < chunks; i++) {
          out.write(chunk);
        }
        if (chunks > 0) {
          out.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        }
        out.flush();
      } catch (java.net.SocketException cutOff) {
        // It has heard enough; its answer is on the way.
        Objects.requireNonNull(cutOff);
      }
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
