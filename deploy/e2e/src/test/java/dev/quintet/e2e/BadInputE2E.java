package dev.quintet.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.Tokens;
import dev.quintet.e2e.fleet.Answer;
import dev.quintet.e2e.fleet.Api;
import java.net.http.HttpClient;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Scenario 17: what callers get wrong, by accident or not. Each kind of it has its answer, and none
 * of them changes a lease.
 */
@ResourceLock("tracker")
class BadInputE2E {
  private static final Database DB = Tracker.fleet().database();
  private static final String CLUSTER = Tracker.newCluster(4, "lease_ttl_ms", "600000");

  /** Holds shards 0 and 1 by epoch 2; epoch 1 was somebody else's. */
  private static final Pod HOLDER = new Pod(CLUSTER, "holder").with("want", 2);

  /** Held shard 2 by epoch 2, and gave it back. */
  private static final Pod LEAVER = new Pod(CLUSTER, "leaver");

  static {
    var before = new Pod(CLUSTER, "before").with("want", 4);
    before.acquire();
    before.stop();
    HOLDER.acquire();
    HOLDER.beat();
    HOLDER.beat();
    LEAVER.acquire();
    LEAVER.stop();
    // The tracker notes it in the lease when a shard was ready for the first time.
    Eventually.holds(
        Duration.ofSeconds(10),
        () -> assertThat(Facts.of(CLUSTER).events("shard.ready")).hasSize(2));
  }

  /** The kinds of bad input, in the order in which the tracker's brief lists them. */
  private enum Input {
    CLUSTER_NAME,
    INSTANCE_ID,
    INCARNATION,
    UNKNOWN_CLUSTER,
    WANT,
    TOTAL_SHARDS,
    EXPECTED_TOTAL_SHARDS,
    SHARD_ID,
    EPOCH_OUT_OF_RANGE,
    EPOCH_NOT_LIVE,
    HEARTBEAT_AFTER_RELEASE,
    TOO_MUCH_IN_ONE_REQUEST,
    FIGURES,
    JSON,
    POD_IP,
    SEQ_BELOW_STORED,
    SESSION,
    GUILD_ID,
    SETTINGS,
    THRESHOLD,
    PAGES_AND_WAITS,
    CALLER,
    DATABASE_AWAY
  }

  /**
   * One request and what comes back.
   *
   * @param who a role, a kind of token, or {@code sql} for a statement instead of a call
   * @param code of the problem; empty for a success; of a statement the SQLSTATE
   * @param renews whether the lease goes on in spite of the fault
   */
  private record Row(
      Input input,
      String who,
      String request,
      @Nullable String body,
      List<String> headers,
      int status,
      String code,
      boolean renews,
      Consumer<JsonNode> also) {

    Row with(String header, String value) {
      return new Row(input, who, request, body, List.of(header, value), status, code, renews, also);
    }

    Row renewing() {
      return new Row(input, who, request, body, headers, status, code, true, also);
    }

    Row saying(String pointer, Object value) {
      return and(answer ->
          assertThat(answer.at(pointer).asText()).as(pointer).isEqualTo(String.valueOf(value)));
    }

    /** The body breaks off in the middle. */
    Row cut() {
      String half = body == null ? "" : body.substring(0, body.length() / 2);
      return new Row(input, who, request, half, headers, status, code, renews, also);
    }

    /** What the problem says in words: the caller must be able to put it right. */
    Row naming(String words) {
      return and(answer -> assertThat(answer.toString()).contains(words));
    }

    Row and(Consumer<JsonNode> more) {
      return new Row(input, who, request, body, headers, status, code, renews, also.andThen(more));
    }

    @Override
    public String toString() {
      String text = body == null ? "" : " " + body.strip();
      return "%s: %s %s%s %s -> %d %s"
          .formatted(
              input,
              who,
              request,
              text.length() > 160 ? text.substring(0, 160) + "…" : text,
              headers,
              status,
              code);
    }
  }

  private static Row row(
      Input input, String who, String request, @Nullable String body, int status, String code) {
    return new Row(
        input,
        who,
        filled(request),
        body == null ? null : filled(body),
        List.of(),
        status,
        code,
        false,
        a -> {});
  }

  private static String filled(String text) {
    return text.replace("{c}", CLUSTER)
        .replace("{inc}", HOLDER.incarnation.toString())
        .replace("{left}", LEAVER.incarnation.toString())
        .replace("{new}", UUID.randomUUID().toString());
  }

  private static Row cluster(Input input, String fields, String code) {
    String body = "{\"cluster_name\":\"bad\",\"total_shards\":2," + fields + "}";
    return row(input, "admin", "POST /clusters", body, 422, code);
  }

  private static Row acquire(Input input, String fields, int status, String code) {
    String body = "{\"instance_id\":\"new\",\"incarnation\":\"{new}\"," + fields + "}";
    return row(input, "service", "POST /clusters/{c}/assignments", body, status, code);
  }

  /** Of the holder; {@code shard} are the fields of shard 0 beside its number. */
  private static Row beat(Input input, String shard, int status, String code) {
    return beats(
        input,
        "\"incarnation\":\"{inc}\",\"shards\":[{\"shard_id\":0," + shard + "}]",
        status,
        code);
  }

  private static Row beats(Input input, String fields, int status, String code) {
    return row(
        input,
        "service",
        "POST /clusters/{c}/instances/holder/heartbeat",
        "{" + fields + "}",
        status,
        code);
  }

  private static String shards(int count) {
    return "\"incarnation\":\"{inc}\",\"shards\":["
        + IntStream.range(0, count)
            .mapToObj(n -> "{\"shard_id\":" + n + ",\"epoch\":2}")
            .collect(Collectors.joining(","))
        + "]";
  }

  static List<Row> rows() {
    var rows = new ArrayList<Row>();
    names(rows);
    numbers(rows);
    epochs(rows);
    figures(rows);
    texts(rows);
    settings(rows);
    callers(rows);
    return rows;
  }

  private static void names(List<Row> rows) {
    for (String name : List.of("", "-a", "a-", "a b", "a/b", "é", "a".repeat(64))) {
      rows.add(
          row(
              Input.CLUSTER_NAME,
              "admin",
              "POST /clusters",
              "{\"cluster_name\":\"" + name + "\",\"total_shards\":2}",
              422,
              "invalid_cluster_name"));
    }
    rows.add(
        row(
            Input.CLUSTER_NAME,
            "service",
            "POST /clusters/-a/assignments",
            "{\"instance_id\":\"new\",\"incarnation\":\"{new}\"}",
            422,
            "invalid_cluster_name"));
    for (String name : List.of("", "a/b", "a\\u0007", "a".repeat(254))) {
      rows.add(
          row(
              Input.INSTANCE_ID,
              "service",
              "POST /clusters/{c}/assignments",
              "{\"instance_id\":\"" + name + "\",\"incarnation\":\"{new}\"}",
              422,
              "invalid_instance_id"));
    }
    for (String name : List.of("a%2Fb", "a%07", "a".repeat(254))) {
      rows.add(
          row(
              Input.INSTANCE_ID,
              "service",
              "POST /clusters/{c}/instances/" + name + "/heartbeat",
              "{\"incarnation\":\"{new}\",\"shards\":[]}",
              422,
              "invalid_instance_id"));
    }
    for (String incarnation :
        List.of("null", "\"bot\"", "\"00000000-0000-0000-0000-000000000000\"")) {
      String field = "\"incarnation\":" + incarnation;
      rows.add(
          row(
              Input.INCARNATION,
              "service",
              "POST /clusters/{c}/assignments",
              "{\"instance_id\":\"new\"," + field + "}",
              422,
              "invalid_incarnation"));
      rows.add(beats(Input.INCARNATION, field + ",\"shards\":[]", 422, "invalid_incarnation"));
      rows.add(
          row(
              Input.INCARNATION,
              "service",
              "POST /clusters/{c}/instances/holder/release",
              "{" + field + ",\"shards\":[]}",
              422,
              "invalid_incarnation"));
    }
    for (String call :
        List.of(
            "POST /clusters/nobody/assignments {\"instance_id\":\"a\",\"incarnation\":\"{new}\"}",
            "POST /clusters/nobody/instances/a/heartbeat {\"incarnation\":\"{new}\",\"shards\":[]}",
            "POST /clusters/nobody/instances/a/release {\"incarnation\":\"{new}\",\"shards\":[]}",
            "POST /clusters/nobody/shards/0/identify-permits {\"epoch\":1}",
            "POST /clusters/nobody/shards/0/fence-check {\"epoch\":1}")) {
      String[] parts = call.split(" ", 3);
      rows.add(
          row(
                  Input.UNKNOWN_CLUSTER,
                  "service",
                  parts[0] + " " + parts[1],
                  parts[2],
                  404,
                  "unknown_cluster")
              .and(answer ->
                  assertThat(
                          DB.value(
                              "SELECT count(*) FROM tracker.clusters WHERE cluster_name = 'nobody'"))
                      .isEqualTo(0L)));
    }
    rows.add(
        row(
            Input.UNKNOWN_CLUSTER,
            "user",
            "GET /clusters/nobody/guilds/81384788765712384/shard",
            null,
            404,
            "unknown_cluster"));
  }

  private static void numbers(List<Row> rows) {
    for (String want :
        List.of("\"want\":0", "\"want\":257", "\"want\":5", "\"want\":2,\"min\":3")) {
      rows.add(acquire(Input.WANT, want, 422, "invalid_want"));
    }
    for (String total : List.of("0", "65537", "-1", "24,\"shard_multiple\":16")) {
      rows.add(
          row(
              Input.TOTAL_SHARDS,
              "admin",
              "POST /clusters",
              "{\"cluster_name\":\"bad\",\"total_shards\":" + total + "}",
              422,
              "invalid_total_shards"));
    }
    rows.add(
        row(
            Input.TOTAL_SHARDS,
            "devops",
            "POST /clusters/{c}/reshards",
            "{\"target_total_shards\":0}",
            422,
            "invalid_total_shards"));
    rows.add(
        row(
                Input.TOTAL_SHARDS,
                "sql",
                "SELECT * FROM tracker.get_next_available_shard('{c}', 0)",
                null,
                0,
                "22023")
            .naming("Total shards must be greater than 0"));
    rows.add(
        acquire(
                Input.EXPECTED_TOTAL_SHARDS,
                "\"expected_total_shards\":8",
                409,
                "total_shards_mismatch")
            .saying("/total_shards", 4)
            .saying("/expected_total_shards", 8));
    for (String shard : List.of("-1", "4", "x")) {
      String path = "POST /clusters/{c}/shards/" + shard;
      for (String call : List.of("/identify-permits", "/fence-check")) {
        rows.add(
            row(Input.SHARD_ID, "service", path + call, "{\"epoch\":2}", 404, "unknown_shard"));
      }
      rows.add(
          row(
              Input.SHARD_ID,
              "admin",
              path + "/revoke",
              "{\"reason\":\"x\"}",
              404,
              "unknown_shard"));
    }
    for (String shard : List.of("-1", "4", "3")) {
      rows.add(
          beats(
                  Input.SHARD_ID,
                  "\"incarnation\":\"{inc}\",\"shards\":[{\"shard_id\":" + shard + ",\"epoch\":1}]",
                  409,
                  "lease_lost")
              .saying("/shards/0/outcome", "lost")
              .saying("/shards/0/reason", "never_held"));
    }
    rows.add(
        beats(
                Input.SHARD_ID,
                "\"incarnation\":\"{inc}\",\"shards\":[{\"shard_id\":0,\"epoch\":2},{\"shard_id\":4,\"epoch\":1}]",
                200,
                "")
            .saying("/shards/0/outcome", "renewed")
            .saying("/shards/1/outcome", "lost")
            .saying("/shards/1/reason", "never_held")
            .renewing());
  }

  private static void epochs(List<Row> rows) {
    for (String epoch : List.of("-1", "\"x\"", "9223372036854775808", "1.5", "null")) {
      String body = "\"epoch\":" + epoch;
      rows.add(beat(Input.EPOCH_OUT_OF_RANGE, body, 422, "invalid_epoch"));
      for (String call : List.of("identify-permits", "fence-check")) {
        rows.add(
            row(
                Input.EPOCH_OUT_OF_RANGE,
                "service",
                "POST /clusters/{c}/shards/0/" + call,
                "{" + body + "}",
                422,
                "invalid_epoch"));
      }
    }
    for (String call : List.of("identify-permits", "fence-check")) {
      String request = "POST /clusters/{c}/shards/0/" + call;
      rows.add(
          row(Input.EPOCH_NOT_LIVE, "service", request, "{\"epoch\":1}", 409, "stale_epoch")
              .saying("/current_epoch", 2));
      rows.add(
          row(Input.EPOCH_NOT_LIVE, "service", request, "{\"epoch\":99}", 409, "stale_epoch")
              .saying("/reason", "unknown_epoch"));
    }
    rows.add(
        beat(Input.EPOCH_NOT_LIVE, "\"epoch\":1", 409, "lease_lost")
            .saying("/shards/0/current_epoch", 2));
    rows.add(beat(Input.EPOCH_NOT_LIVE, "\"epoch\":99", 409, "lease_lost"));
    rows.add(
        row(
                Input.EPOCH_NOT_LIVE,
                "service",
                "POST /clusters/{c}/instances/holder/release",
                "{\"incarnation\":\"{inc}\",\"shards\":[{\"shard_id\":0,\"epoch\":1}]}",
                200,
                "")
            .saying("/shards/0/outcome", "lost"));
    rows.add(
        row(
                Input.HEARTBEAT_AFTER_RELEASE,
                "service",
                "POST /clusters/{c}/instances/leaver/heartbeat",
                "{\"incarnation\":\"{left}\",\"shards\":[{\"shard_id\":2,\"epoch\":2}]}",
                409,
                "lease_lost")
            .saying("/reason", "released"));
    rows.add(
        beats(
            Input.TOO_MUCH_IN_ONE_REQUEST,
            "\"incarnation\":\"{inc}\",\"shards\":[{\"shard_id\":0,\"epoch\":2},{\"shard_id\":0,\"epoch\":2}]",
            422,
            "duplicate_shard"));
    rows.add(beats(Input.TOO_MUCH_IN_ONE_REQUEST, shards(513), 422, "too_many_shards"));
    rows.add(
        row(
            Input.TOO_MUCH_IN_ONE_REQUEST,
            "service over HTTP/1.1",
            "POST /clusters/{c}/instances/holder/heartbeat",
            "{" + shards(2) + ",\"state\":\"" + "x".repeat(256 * 1024) + "\"}",
            413,
            "payload_too_large"));
  }

  private static void figures(List<Row> rows) {
    String fields = "\"incarnation\":\"{inc}\",\"shards\":[{\"shard_id\":0,\"epoch\":2}]";
    List<String> figures =
        List.of(
            "/shards/0/guild_count -1",
            "/shards/0/latency_ms -0.5",
            "/shards/0/latency_ms 100000000",
            "/cpu_usage_percent 1000",
            "/memory_usage_mb -1");
    for (String figure : figures) {
      String pointer = figure.split(" ")[0];
      String field = "\"" + pointer.replaceAll(".*/", "") + "\":" + figure.split(" ")[1];
      String body =
          pointer.startsWith("/shards")
              ? fields.replace("\"epoch\":2", "\"epoch\":2," + field)
              : fields + "," + field;
      rows.add(
          beats(Input.FIGURES, body, 200, "")
              .saying("/shards/0/outcome", "renewed")
              .saying("/warnings/0/pointer", pointer)
              .renewing());
      rows.add(
          beats(Input.FIGURES, body, 422, "invalid_metric")
              .with("Prefer", "handling=strict")
              .saying("/errors/0/pointer", pointer));
    }
    rows.add(
        beat(Input.FIGURES, "\"epoch\":2,\"latency_ms\":-1", 200, "")
            .and(answer -> assertThat(answer.path("warnings")).isEmpty())
            .renewing());
    rows.add(beat(Input.JSON, "\"epoch\":2,\"latency_ms\":NaN", 400, "malformed_json"));
    rows.add(beat(Input.JSON, "\"epoch\":2,\"latency_ms\":Infinity", 400, "malformed_json"));
    rows.add(beat(Input.JSON, "\"epoch\":2", 400, "malformed_json").cut());
    rows.add(beat(Input.JSON, "\"epoch\":2,\"state\":\"flying\"", 422, "invalid_value"));
    rows.add(acquire(Input.JSON, "\"generation\":\"later\"", 422, "invalid_value"));
  }

  private static void texts(List<Row> rows) {
    for (String address : List.of("10.0.0.256", "10.0.0.0/8", "bot-1", "fe80::1%eth0", "")) {
      rows.add(acquire(Input.POD_IP, "\"pod_ip\":\"" + address + "\"", 422, "invalid_pod_ip"));
    }
    rows.add(
        beat(
                Input.SEQ_BELOW_STORED,
                "\"epoch\":2,\"session_id\":\"session-of-0-2\",\"resume_gateway_url\":\"wss://gateway.example\",\"seq\":1",
                200,
                "")
            .saying("/shards/0/outcome", "renewed")
            .saying("/warnings/0/code", "seq_regressed")
            .renewing());
    String session = "\"epoch\":2,\"seq\":9,\"session_id\":\"%s\",\"resume_gateway_url\":\"%s\"";
    rows.add(
        beat(
            Input.SESSION, session.formatted("s", "ws://gateway.example"), 422, "invalid_session"));
    rows.add(
        beat(
            Input.SESSION,
            session.formatted("s", "wss://" + "g".repeat(507)),
            422,
            "invalid_session"));
    rows.add(
        beat(
            Input.SESSION,
            session.formatted("s".repeat(129), "wss://gateway.example"),
            422,
            "invalid_text"));
    for (String guild : List.of("x", "0", "-1", "9223372036854775808")) {
      rows.add(
          row(
              Input.GUILD_ID,
              "user",
              "GET /clusters/{c}/guilds/" + guild + "/shard",
              null,
              422,
              "invalid_guild_id"));
    }
  }

  private static void settings(List<Row> rows) {
    for (String setting :
        List.of(
            "max_concurrency 0 4096",
            "max_concurrency 4097 4096",
            "identify_use_within_ms 49 50",
            "identify_use_within_ms 10001 10000",
            "lease_ttl_ms 1999 2000",
            "lease_ttl_ms 600001 600000",
            "takeover_grace_ms -1 0",
            "takeover_grace_ms 60001 60000")) {
      String[] parts = setting.split(" ");
      String field = "\"" + parts[0] + "\":" + parts[1];
      rows.add(cluster(Input.SETTINGS, field, "invalid_setting").naming(parts[2]));
      rows.add(
          row(
                  Input.SETTINGS,
                  "admin",
                  "PATCH /clusters/{c}",
                  "{" + field + "}",
                  422,
                  "invalid_setting")
              .with("If-Match", "\"1\"")
              .naming(parts[2]));
    }
    rows.add(
        cluster(
                Input.SETTINGS,
                "\"lease_ttl_ms\":6000,\"heartbeat_interval_ms\":2001",
                "invalid_setting")
            .naming("2000"));
    rows.add(
        row(
            Input.THRESHOLD,
            "devops",
            "POST /maintenance/cleanup",
            "{\"threshold_s\":-1}",
            422,
            "invalid_threshold"));
    rows.add(
        row(
            Input.THRESHOLD,
            "devops",
            "POST /rpc/cleanup_stale_assignments",
            "{\"p_stale_threshold\":\"-1 minutes\"}",
            422,
            "invalid_threshold"));
    rows.add(
        row(
            Input.THRESHOLD,
            "devops",
            "POST /rpc/cleanup_stale_assignments",
            "{\"p_stale_threshold\":null}",
            422,
            "invalid_threshold"));
    rows.add(
        row(
            Input.THRESHOLD,
            "user",
            "GET /reports/stale?threshold_s=-1",
            null,
            422,
            "invalid_threshold"));
    for (String threshold : List.of("NULL", "'-1 minutes'::interval")) {
      rows.add(
          row(
              Input.THRESHOLD,
              "sql",
              "SELECT * FROM tracker.cleanup_stale_assignments(" + threshold + ")",
              null,
              0,
              "22023"));
    }
    String page = "GET /clusters/{c}/shards?";
    rows.add(row(Input.PAGES_AND_WAITS, "user", page + "limit=201", null, 422, "invalid_limit"));
    rows.add(row(Input.PAGES_AND_WAITS, "user", page + "cursor=x", null, 422, "invalid_cursor"));
    // Longer than it may be, and yet no fault; there is news already, so that nobody waits here.
    rows.add(
        row(
                Input.PAGES_AND_WAITS,
                "service",
                "GET /clusters/{c}/instances/holder/assignments?wait_s=51&after_version=0&incarnation={inc}",
                null,
                200,
                "")
            .renewing());
  }

  private static void callers(List<Row> rows) {
    String acquire = "POST /clusters/{c}/assignments";
    String body = "{\"instance_id\":\"new\",\"incarnation\":\"{new}\"}";
    rows.add(row(Input.CALLER, "no token", acquire, body, 401, "unauthenticated"));
    rows.add(row(Input.CALLER, "wrong signature", acquire, body, 401, "unauthenticated"));
    rows.add(row(Input.CALLER, "wrong audience", acquire, body, 401, "unauthenticated"));
    for (String role : List.of("user", "devops", "admin")) {
      rows.add(row(Input.CALLER, role, acquire, body, 403, "forbidden"));
    }
    rows.add(
        row(Input.CALLER, "service", "DELETE /clusters/{c}?force=true", null, 403, "forbidden"));
    rows.add(row(Input.CALLER, "other cluster", acquire, body, 403, "cluster_not_in_scope"));
    rows.add(row(Input.DATABASE_AWAY, "service", acquire, body, 503, "database_unavailable"));
    rows.add(beat(Input.DATABASE_AWAY, "\"epoch\":2", 503, "database_unavailable"));
    rows.add(
        row(
            Input.DATABASE_AWAY,
            "service",
            "POST /clusters/{c}/shards/0/fence-check",
            "{\"epoch\":2}",
            503,
            "database_unavailable"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rows")
  void isAnsweredAndChangesNoLease(Row row) {
    String before = leases(row.renews());

    if (row.who().equals("sql")) {
      SQLException refused =
          catchThrowableOfType(
              SQLException.class,
              () -> {
                try (var connection = DB.connect();
                    var statement = connection.createStatement()) {
                  statement.execute(row.request());
                }
              });
      assertThat(refused.getSQLState()).isEqualTo(row.code());
      row.also().accept(Api.JSON.createObjectNode().put("message", refused.getMessage()));
    } else {
      Answer answer = row.input() == Input.DATABASE_AWAY ? withoutDatabase(row) : call(row);
      assertThat(answer.status()).as(answer.http().body()).isEqualTo(row.status());
      assertThat(answer.code()).as(answer.http().body()).isEqualTo(row.code());
      row.also().accept(answer.body());
      if (!row.code().isEmpty()) {
        assertThat(answer.http().headers().firstValue("Content-Type"))
            .hasValueSatisfying(type -> assertThat(type).startsWith("application/problem+json"));
      }
      if (answer.status() == 503) {
        assertThat(answer.http().headers().firstValue("Retry-After")).hasValue("1");
      }
    }

    assertThat(leases(row.renews())).isEqualTo(before);
  }

  @Test
  void everyKindOfBadInputHasItsRows() {
    assertThat(rows().stream().map(Row::input)).containsAll(Arrays.asList(Input.values()));
  }

  private static Answer call(Row row) {
    String[] request = row.request().split(" ", 2);
    return caller(row.who())
        .send(request[0], request[1], row.body(), row.headers().toArray(String[]::new));
  }

  private static Api caller(String who) {
    return switch (who) {
      case "service over HTTP/1.1" -> Tracker.as("service").over(HttpClient.Version.HTTP_1_1);
      case "no token" -> Tracker.withToken(null);
      case "wrong signature" -> Tracker.withToken(Tokens.get().wrongSignature("service"));
      case "wrong audience" -> Tracker.withToken(Tokens.get().wrongAudience());
      case "other cluster" -> Tracker.withToken(Tokens.get().limited());
      default -> Tracker.as(who);
    };
  }

  private static Answer withoutDatabase(Row row) {
    DB.shut();
    try {
      return call(row);
    } finally {
      DB.open();
      Eventually.holds(
          Duration.ofSeconds(20),
          () -> assertThat(Tracker.as("user").get("/clusters/" + CLUSTER).status()).isEqualTo(200));
    }
  }

  /**
   * A checksum of every lease of the cluster. A renewal moves its times, so those are left out
   * where one is due.
   */
  private static String leases(boolean renewal) {
    return String.valueOf(
        DB.value(
            """
            SELECT count(*) || ' ' || md5(string_agg((to_jsonb(l) - CASE WHEN ? THEN ARRAY['renewed_at', 'expires_at', 'session_at']
                ELSE ARRAY[]::text[] END)::text, E'\\n' ORDER BY generation, shard_id))
              FROM tracker.shard_leases l WHERE cluster_name = ?
            """,
            renewal,
            CLUSTER));
  }
}
