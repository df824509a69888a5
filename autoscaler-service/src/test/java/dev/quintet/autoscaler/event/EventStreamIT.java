package dev.quintet.autoscaler.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.autoscaler.testing.Agent;
import dev.quintet.autoscaler.testing.Console;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.SseReader;
import dev.quintet.common.testing.Tokens;
import dev.quintet.common.wakeup.Wakeups;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import jakarta.inject.Inject;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@SuppressWarnings("NullAway.Init") // the backends are injected before each test
@QuarkusTestResource(ServiceBackends.class)
class EventStreamIT {
  private static final Duration SOON = Duration.ofSeconds(20);

  Database database;
  Tokens tokens;
  @Inject Wakeups wakeups;

  private Console console;
  private String mark;

  @BeforeEach
  void console() {
    console = new Console(database);
    mark = Console.unique("mark");
  }

  @Test
  void whatAHeartbeatBringsIsSeen() {
    try (var reader = dashboard(null)) {
      assertThat(reader.status()).isEqualTo(200);
      var agent = new Agent(console.node());
      agent.beat(Agent.pool(mark, 2, 50)).statusCode(200);
      Eventually.holds(
          SOON,
          () ->
              assertThat(reader.data())
                  .anyMatch(data -> data.contains(agent.node().name()))
                  .anyMatch(data -> data.contains(mark)));
      assertThat(reader.names()).contains("node", "pool");
    }
  }

  @Test
  void aQuietStreamShowsThatItLives() {
    try (var reader = dashboard(null)) {
      Eventually.holds(SOON, () -> assertThat(reader.comments()).isGreaterThanOrEqualTo(3));
    }
  }

  /** Its own look would find it as well, later. */
  @Test
  void whoFollowsIsWoken() throws SQLException {
    var agent = new Agent(console.node());
    String subject = Integer.toString(agent.node().id());
    Eventually.holds(SOON, () -> assertThat(wakeups.listening()).isTrue());
    try (var connection = database.connect()) {
      long anything = wakeups.turn(Wakeups.ANY);
      long own = wakeups.turn(subject);
      event(connection, "target", agent.node().id(), 1);
      Eventually.holds(
          SOON,
          () -> {
            assertThat(wakeups.turn(Wakeups.ANY)).isGreaterThan(anything);
            assertThat(wakeups.turn(subject)).isGreaterThan(own);
          });
    }
  }

  /** Ids alone would skip the first: it is the lower one and commits last. */
  @Test
  void whoCommitsLateIsNotSkipped() throws SQLException {
    try (var reader = dashboard(null);
        var slow = database.connect();
        var quick = database.connect()) {
      slow.setAutoCommit(false);
      insert(slow, 1);
      insert(quick, 2);
      long quiet = reader.comments();
      Eventually.holds(SOON, () -> assertThat(reader.comments()).isGreaterThan(quiet + 1));
      assertThat(marks(reader)).as("while one below is still open").isEmpty();

      slow.commit();
      Eventually.holds(SOON, () -> assertThat(marks(reader)).containsExactly(1, 2));
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {5, 20261121})
  void underWritersAndReconnectsEachEventComesOnceInOneOrder(long seed) {
    int writers = 4;
    int each = 40;
    var written = new AtomicInteger();
    var random = new Random(seed);
    var seen = new ArrayList<String>();
    var numbers = new ArrayList<Integer>();
    String start = position();
    Race.of(
        writers + 1,
        number ->
            () -> {
              if (number < writers) {
                write(new Random(seed + number), each, written);
                return null;
              }
              @Nullable String last = start;
              long end = System.nanoTime() + SOON.toNanos();
              while (numbers.size() < writers * each && System.nanoTime() < end) {
                try (var reader = dashboard(last)) {
                  assertThat(reader.status()).isEqualTo(200);
                  int enough = 1 + random.nextInt(30);
                  while (reader.ids().size() < enough
                      && numbers.size() + marks(reader).size() < writers * each
                      && System.nanoTime() < end) {
                    Thread.onSpinWait();
                  }
                  // An event is whole once the next line has come.
                  int whole = Math.min(reader.ids().size(), reader.data().size());
                  seen.addAll(reader.ids().subList(0, whole));
                  reader.data().subList(0, whole).forEach(data -> number(data, numbers));
                  last = seen.isEmpty() ? last : seen.getLast();
                }
              }
              return null;
            });
    assertThat(seen).doesNotHaveDuplicates();
    assertThat(seen.stream().map(id -> Position.of(id).orElseThrow()).toList()).isSorted();
    assertThat(numbers).doesNotHaveDuplicates().hasSize(writers * each);
  }

  @Test
  void anAgentSeesItsOwnAndOnlyWhatItActsOn() throws SQLException {
    var agent = new Agent(console.node());
    var other = new Agent(console.node());
    try (var reader = agent(agent, null);
        var connection = database.connect()) {
      assertThat(reader.status()).isEqualTo(200);
      event(connection, "decision", agent.node().id(), 1);
      event(connection, "target", other.node().id(), 2);
      event(connection, "target", agent.node().id(), 3);
      event(connection, "config", agent.node().id(), 4);
      event(connection, "override", agent.node().id(), 5);
      Eventually.holds(SOON, () -> assertThat(marks(reader)).containsExactly(3, 4, 5));
      assertThat(reader.names()).containsExactly("target", "config", "override");
    }
  }

  @Test
  void anAgentReadsOnBehindWhatItHadSeen() throws SQLException {
    var agent = new Agent(console.node());
    String start = position();
    try (var connection = database.connect()) {
      for (int i = 1; i <= 3; i++) {
        event(connection, "target", agent.node().id(), i);
      }
    }
    String second;
    try (var reader = agent(agent, start)) {
      Eventually.holds(SOON, () -> assertThat(marks(reader)).containsExactly(1, 2, 3));
      second = reader.ids().get(1);
    }
    try (var reader = agent(agent, second)) {
      Eventually.holds(SOON, () -> assertThat(marks(reader)).containsExactly(3));
    }
  }

  @Test
  void aRevokedKeyEndsItsStream() {
    var agent = new Agent(console.node());
    try (var reader = agent(agent, null)) {
      assertThat(reader.status()).isEqualTo(200);
      console
          .as("devops")
          .delete("/api/v1/nodes/{id}/api-key", agent.node().id())
          .then()
          .statusCode(204);
      Eventually.holds(SOON, () -> assertThat(reader.ended()).isTrue());
    }
    try (var reader = agent(agent, null)) {
      assertThat(reader.status()).isEqualTo(401);
    }
  }

  @Test
  void whoMayNotReadIsToldSoBeforeTheStreamBegins() {
    var agent = new Agent(console.node());
    var other = new Agent(console.node());
    try (var reader =
        SseReader.open(
            uri("/api/v1/nodes/" + agent.node().id() + "/events"),
            Map.of("X-API-Key", other.node().key()))) {
      assertThat(reader.status()).isEqualTo(403);
    }
    try (var reader =
        SseReader.open(
            uri("/api/v1/nodes/" + agent.node().id() + "/events"),
            Map.of("Authorization", "Bearer " + tokens.of("admin")))) {
      assertThat(reader.status()).isEqualTo(403);
    }
    try (var reader =
        SseReader.open(uri("/api/v1/events/stream"), Map.of("X-API-Key", agent.node().key()))) {
      assertThat(reader.status()).isEqualTo(403);
    }
    try (var reader = SseReader.open(uri("/api/v1/events/stream"), Map.of())) {
      assertThat(reader.status()).isEqualTo(401);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "1", "1-", "-1-1", "1-1-1", "99999999999999999999-1"})
  void anIdThatIsNoneIsRefused(String id) {
    try (var reader = dashboard(id)) {
      assertThat(reader.status()).isEqualTo(422);
    }
  }

  @Test
  void anIdThatNoEventHasYetIsRefused() {
    try (var reader = dashboard("999999999999-1")) {
      assertThat(reader.status()).isEqualTo(422);
    }
  }

  @Test
  void anOutageOfTheDatabaseSkipsNothing() throws SQLException {
    try (var reader = dashboard(null)) {
      try (var connection = database.connect()) {
        insert(connection, 1);
      }
      Eventually.holds(SOON, () -> assertThat(marks(reader)).containsExactly(1));
      database.killConnections();
      try (var connection = database.connect()) {
        insert(connection, 2);
      }
      Eventually.holds(SOON, () -> assertThat(marks(reader)).containsExactly(1, 2));
    }
  }

  private void write(Random random, int events, AtomicInteger written) throws SQLException {
    try (var one = database.connect();
        var another = database.connect()) {
      one.setAutoCommit(false);
      another.setAutoCommit(false);
      for (int i = 0; i < events; i += 2) {
        insert(one, written.incrementAndGet());
        insert(another, written.incrementAndGet());
        boolean forwards = random.nextBoolean();
        (forwards ? one : another).commit();
        (forwards ? another : one).commit();
      }
    }
  }

  private void insert(Connection connection, int number) throws SQLException {
    event(connection, "node", null, number);
  }

  private void event(Connection connection, String kind, @Nullable Integer node, int number)
      throws SQLException {
    try (var insert =
        connection.prepareStatement(
            "INSERT INTO autoscaler.events (kind, node_id, payload) VALUES (?, ?, jsonb_build_object('mark', ?::text, 'number', ?::integer))")) {
      insert.setString(1, kind);
      insert.setObject(2, node);
      insert.setString(3, mark);
      insert.setInt(4, number);
      insert.executeUpdate();
    }
  }

  private List<Integer> marks(SseReader reader) {
    var numbers = new ArrayList<Integer>();
    reader.data().forEach(data -> number(data, numbers));
    return numbers;
  }

  private void number(String data, List<Integer> numbers) {
    if (data.contains(mark)) {
      var found = java.util.regex.Pattern.compile("\"number\": ?([0-9]+)").matcher(data);
      assertThat(found.find()).isTrue();
      numbers.add(Integer.valueOf(found.group(1)));
    }
  }

  /** Behind everything that is over and done. */
  private String position() {
    return database.value("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1")
        + "-999999999999999999";
  }

  private SseReader dashboard(@Nullable String last) {
    return open(
        "/api/v1/events/stream", Map.of("Authorization", "Bearer " + tokens.of("user")), last);
  }

  private static SseReader agent(Agent agent, @Nullable String last) {
    return open(
        "/api/v1/nodes/" + agent.node().id() + "/events",
        Map.of("X-API-Key", agent.node().key()),
        last);
  }

  private static SseReader open(String path, Map<String, String> headers, @Nullable String last) {
    var all = new LinkedHashMap<>(headers);
    if (last != null) {
      all.put("Last-Event-ID", last);
    }
    return SseReader.open(uri(path), all);
  }

  private static URI uri(String path) {
    return URI.create("http://localhost:" + RestAssured.port + path);
  }
}
