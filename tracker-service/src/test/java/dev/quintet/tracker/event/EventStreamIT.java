package dev.quintet.tracker.event;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import dev.quintet.tracker.event.EventFeed.Reader;
import dev.quintet.tracker.event.EventQueries.Bounds;
import dev.quintet.tracker.metric.TrackerMetrics;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // filled in by ServiceBackends and Quarkus
class EventStreamIT {
  private static final Duration SOON = Duration.ofSeconds(10);

  @TestHTTPResource("/")
  URI base;

  @Inject EventFeed feed;
  @Inject TrackerMetrics metrics;

  Database database;
  Tokens tokens;

  @Test
  void whatHappensIsToldAtOnce() {
    var fleet = fleet(2);
    try (var reader = open("?cluster=" + fleet.cluster(), null)) {
      assertThat(reader.status()).isEqualTo(200);
      assertThat(reader.headers().get("Content-Type")).containsExactly("text/event-stream");
      assertThat(reader.headers().get("Cache-Control")).containsExactly("no-store");
      Eventually.holds(SOON, () -> assertThat(reader.comments()).isPositive());

      fleet.acquire("bot-1", 1);

      Eventually.holds(
          SOON,
          () -> assertThat(reader.names()).containsExactly("instance.joined", "shard.acquired"));
      assertThat(reader.lines())
          .anySatisfy(line ->
              assertThat(line)
                  .startsWith("data:")
                  .contains("\"kind\":\"shard.acquired\"", "\"shard_id\":0", "\"epoch\":1")
                  .contains("\"cluster_name\":\"" + fleet.cluster() + "\""));
    }
  }

  @Test
  void aNewReaderIsNotToldThePast() {
    var fleet = fleet(2);
    fleet.acquire("bot-1", 1);
    long before = fleet.eventIds().getLast();
    try (var reader = open("?cluster=" + fleet.cluster(), null)) {
      fleet.acquire("bot-2", 1);

      Eventually.holds(SOON, () -> assertThat(reader.ids()).hasSize(2));
      assertThat(reader.ids()).allMatch(id -> id > before);
    }
  }

  @Test
  void aReaderThatComesBackGoesOnBehindItsLastEvent() {
    var fleet = fleet(4);
    fleet.acquire("bot-1", 4);
    var all = fleet.eventIds();
    for (String query :
        List.of(
            "?cluster=" + fleet.cluster(),
            "?cluster=" + fleet.cluster() + "&last_event_id=" + all.get(1))) {
      try (var reader = open(query, query.contains("last") ? null : all.get(1))) {
        Eventually.holds(
            SOON,
            () -> assertThat(reader.ids()).containsExactlyElementsOf(all.subList(2, all.size())));
      }
    }
  }

  @Test
  void aQuietStreamShowsThatItLives() {
    try (var reader = open("?cluster=" + fleet(1).cluster(), null)) {
      Eventually.holds(SOON, () -> assertThat(reader.comments()).isGreaterThanOrEqualTo(3));
      assertThat(reader.ids()).isEmpty();
    }
  }

  /**
   * Readers come and go while threads place shards; the LISTEN connection is killed again and
   * again.
   */
  @Test
  void noReaderMissesOrRepeatsAnEvent() {
    var fleets = List.of(fleet(64), fleet(64), fleet(64));
    long start = lastId();

    var read =
        Race.<List<Long>>of(
            10,
            caller ->
                () -> {
                  if (caller < 3) {
                    churn(fleets.get(caller), caller);
                    return List.of();
                  } else if (caller < 5) {
                    churn(fleets.get(caller - 3), caller);
                    return List.of();
                  } else if (caller == 5) {
                    for (int i = 0; i < 6; i++) {
                      killListener();
                      Eventually.holds(SOON, this::listening);
                    }
                    return List.of();
                  }
                  return readAll(
                      caller % 2 == 0 ? null : fleets.getFirst().cluster(), start, caller == 9);
                });
    // The ones that read to the end see what the table has, each id once and in order.
    var expected =
        database.rows(
            "SELECT id, cluster_name FROM tracker.shard_events WHERE id > ? ORDER BY id", start);
    assertThat(expected).hasSizeGreaterThan(200);
    for (int caller = 6; caller < 10; caller++) {
      boolean all = caller % 2 == 0;
      assertThat(read.get(caller))
          .as("reader %d", caller)
          .containsExactlyElementsOf(
              expected.stream()
                  .filter(row ->
                      all || Objects.equals(row.get("cluster_name"), fleets.getFirst().cluster()))
                  .map(row -> (Long) Objects.requireNonNull(row.get("id")))
                  .toList());
    }
  }

  @Test
  void everyClustersNumbersHaveNoGaps() {
    var fleet = fleet(16);
    var callers =
        Race.of(
            8,
            caller ->
                () -> {
                  var incarnation = fleet.acquire("bot-" + caller, 2);
                  fleet.leave("bot-" + caller, incarnation);
                  return caller;
                });
    assertThat(callers).hasSize(8);

    assertThat(
            database.value(
                """
                SELECT max(cluster_seq) = count(*) AND min(cluster_seq) = 1 FROM tracker.shard_events WHERE cluster_name = ?
                """,
                fleet.cluster()))
        .isEqualTo(true);
  }

  @Test
  void aStreamOutlivesADatabaseThatIsAway() {
    var fleet = fleet(8);
    try (var reader = open("?cluster=" + fleet.cluster(), null)) {
      Eventually.holds(SOON, () -> assertThat(reader.comments()).isPositive());
      fleet.acquire("bot-1", 1);
      Eventually.holds(SOON, () -> assertThat(reader.ids()).hasSize(2));

      database.shut();
      long beats = reader.comments();
      Eventually.holds(SOON, () -> assertThat(reader.comments()).isGreaterThan(beats + 1));
      database.open();
      fleet.acquire("bot-2", 1);

      Eventually.holds(
          Duration.ofSeconds(20),
          () -> assertThat(reader.ids()).endsWith(fleet.eventIds().getLast()));
      var all = fleet.eventIds();
      assertThat(reader.ids()).containsExactlyElementsOf(all.subList(1, all.size()));
      assertThat(reader.ended()).isFalse();
    }
  }

  @Test
  void aReaderThatTakesNothingIsCutOff() throws IOException {
    var fleet = fleet(4000);
    int open = metrics.openStreams();
    try (var socket = new Socket()) {
      socket.setReceiveBufferSize(4096);
      socket.connect(new java.net.InetSocketAddress(base.getHost(), base.getPort()));
      socket
          .getOutputStream()
          .write(
              """
              GET /api/v1/events/stream?cluster=%s HTTP/1.1\r
              Host: test\r
              Accept: text/event-stream\r
              Authorization: Bearer %s\r
              \r
              """
                  .formatted(fleet.cluster(), tokens.of("user"))
                  .getBytes(StandardCharsets.US_ASCII));
      Eventually.holds(SOON, () -> assertThat(metrics.openStreams()).isEqualTo(open + 1));

      for (int i = 0; i < 6; i++) {
        database.rows(
            """
            SELECT tracker.append_events(?, 1, array_agg(s), array_agg(1::bigint), 'bot', 'shard.ready', NULL,
              jsonb_build_object('text', repeat('x', 1000))) FROM generate_series(0, 3999) AS s
            """,
            fleet.cluster());
      }

      Eventually.holds(
          Duration.ofSeconds(30), () -> assertThat(metrics.openStreams()).isEqualTo(open));
    }
  }

  @Test
  void nothingIsLeftOfReadersThatWentAway() {
    int before = metrics.openStreams();
    for (int i = 0; i < 20; i++) {
      var reader = open("", null);
      assertThat(reader.status()).isEqualTo(200);
      reader.close();
    }

    Eventually.holds(SOON, () -> assertThat(metrics.openStreams()).isEqualTo(before));
  }

  @Test
  void aStreamEndsWithItsToken() {
    long last = lastId();
    var reader = new Reader(null, null, Duration.ofMillis(300));

    feed.stream(reader, last, new Bounds(1, last, true))
        .subscribe()
        .withSubscriber(AssertSubscriber.create(Long.MAX_VALUE))
        .awaitCompletion(SOON);
  }

  @Test
  void aTokenOfOneClusterReadsNoOther() {
    var mine = fleet(2);
    var other = fleet(2);
    long start = lastId();
    var reader = new Reader(null, java.util.Set.of(mine.cluster()), Duration.ofSeconds(1));
    other.acquire("bot-1", 1);
    mine.acquire("bot-1", 1);

    var news =
        feed.stream(reader, start, new Bounds(1, start, true))
            .subscribe()
            .withSubscriber(AssertSubscriber.create(Long.MAX_VALUE))
            .awaitCompletion(SOON)
            .getItems();

    assertThat(news)
        .filteredOn(EventFeed.News.Happened.class::isInstance)
        .hasSize(2)
        .allSatisfy(piece ->
            assertThat(((EventFeed.News.Happened) piece).event().clusterName())
                .isEqualTo(mine.cluster()));
  }

  @Test
  void eventsThatAreNotKeptAnyMoreAreNotPassedOverInSilence() {
    var fleet = fleet(1);
    long first = fleet.eventIds().getFirst();
    var reader = new Reader(fleet.cluster(), null, Duration.ofMillis(10));

    assertThat(
            feed.stream(reader, first - 100, new Bounds(first, first, true))
                .subscribe()
                .withSubscriber(AssertSubscriber.create(Long.MAX_VALUE))
                .awaitCompletion(SOON)
                .getItems())
        .contains(new EventFeed.News.Truncated(first - 100, first));
  }

  @ParameterizedTest
  @CsvSource({
    "?cluster=-bad, , 422, invalid_cluster_name",
    "?cluster=nowhere, , 404, unknown_cluster",
    "?last_event_id=-1, , 422, invalid_parameter",
    "?last_event_id=x, , 422, invalid_parameter",
    "'', last, 422, invalid_parameter",
    "'', 9223372036854775808, 422, invalid_parameter",
    "'', 9223372036854775807, 422, invalid_cursor"
  })
  void badInputIsNamed(String query, @Nullable String header, int status, String code) {
    var request = given().auth().oauth2(tokens.of("user"));
    if (header != null) {
      request = request.header("Last-Event-ID", header);
    }
    request
        .get("/api/v1/events/stream" + query)
        .then()
        .statusCode(status)
        .contentType("application/problem+json")
        .body("code", equalTo(code));
  }

  @Test
  void peopleReadBotsDoNot() {
    given().get("/api/v1/events/stream").then().statusCode(401);
    given()
        .auth()
        .oauth2(tokens.of("service"))
        .get("/api/v1/events/stream")
        .then()
        .statusCode(403)
        .body("code", equalTo("forbidden"));
  }

  @Test
  void resumeStateIsInNoLine() {
    var fleet = fleet(3);
    try (var reader = open("?cluster=" + fleet.cluster(), null)) {
      var incarnation = fleet.acquire("bot-1", 2);
      fleet.reported(10);
      fleet.leave("bot-1", incarnation);
      fleet.acquire("bot-2", 1);

      Eventually.holds(SOON, () -> assertThat(reader.ids()).endsWith(fleet.eventIds().getLast()));
      assertThat(String.join("\n", reader.lines()))
          .contains("shard.released")
          .doesNotContain(Fleet.SECRET, "session_id", "resume_gateway_url");
    }
  }

  /** Takes and gives back, from several threads per cluster. */
  private static void churn(Fleet fleet, int thread) {
    var random = ThreadLocalRandom.current();
    for (int i = 0; i < 15; i++) {
      String instance = "bot-" + thread + "-" + i;
      UUID incarnation = fleet.acquire(instance, 1 + random.nextInt(3));
      if (random.nextBoolean()) {
        fleet.leave(instance, incarnation);
      }
    }
  }

  /** All ids from start on; reconnecting now and then, until nothing is missing. */
  private List<Long> readAll(@Nullable String cluster, long start, boolean restless) {
    String query = cluster == null ? "" : "?cluster=" + cluster;
    var ids = new java.util.ArrayList<Long>();
    long last = start;
    long quietSince = System.nanoTime();
    while (System.nanoTime() - quietSince < Duration.ofSeconds(5).toNanos()) {
      try (var reader = open(query, last)) {
        long opened = System.nanoTime();
        int before = 0;
        while (System.nanoTime() - quietSince < Duration.ofSeconds(5).toNanos()
            && !(restless && System.nanoTime() - opened > Duration.ofMillis(300).toNanos())) {
          int now = reader.ids().size();
          if (now > before) {
            before = now;
            quietSince = System.nanoTime();
          }
          java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
        }
        var read = reader.ids();
        ids.addAll(read);
        if (!read.isEmpty()) {
          last = read.getLast();
        }
      }
    }
    return ids;
  }

  private EventReader open(String query, @Nullable Long lastEventId) {
    return EventReader.open(base, query, tokens.of("user"), lastEventId);
  }

  private Fleet fleet(int shards) {
    return Fleet.of(database, "sse-" + UUID.randomUUID().toString().substring(0, 8), shards);
  }

  private long lastId() {
    return (Long)
        Objects.requireNonNull(database.value("SELECT last_id FROM tracker.event_counter"));
  }

  private void killListener() {
    assertThat(database.rows(listeners("pg_terminate_backend(pid)"))).hasSizeLessThanOrEqualTo(1);
  }

  private void listening() {
    assertThat(database.rows(listeners("pid"))).hasSize(1);
  }

  private static String listeners(String what) {
    return "SELECT "
        + what
        + " FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tracker-service listener'";
  }
}
