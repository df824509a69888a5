package dev.quintet.autoscaler.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.autoscaler.testing.Agent;
import dev.quintet.autoscaler.testing.Console;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Nodes that fall silent and come back, with several sweepers and the job of this replica at it.
 */
@QuarkusTest
@SuppressWarnings("NullAway.Init") // the backends are injected before each test
@QuarkusTestResource(ServiceBackends.class)
class LivenessRaceIT {
  private static final int KEY = 7;

  Database database;

  private Console console;

  @BeforeEach
  void console() {
    console = new Console(database);
  }

  @Test
  void aSilentNodeGoesOfflineOnceAndComesBackOnce() {
    var agent = new Agent(console.node());
    agent.beat().statusCode(200);
    silent(agent.node().id());

    assertThat(Race.of(8, this::sweep).stream().mapToInt(Integer::intValue).sum())
        .isLessThanOrEqualTo(1);
    Eventually.holds(
        Duration.ofSeconds(20), () -> assertThat(status(agent.node().id())).isEqualTo("OFFLINE"));
    agent.beat().statusCode(200);

    assertThat(transitions(agent.node().id()))
        .containsExactly(
            "STATUS_CHANGED INACTIVE ACTIVE heartbeat",
            "WENT_OFFLINE ACTIVE OFFLINE system",
            "CAME_ONLINE OFFLINE ACTIVE heartbeat");
    assertThat(console.audit("node", agent.node().id()))
        .extracting(row -> row.get("action"))
        .containsSequence("NODE_WENT_OFFLINE", "NODE_CAME_ONLINE");
  }

  @Test
  void whoNeverSentABeatStaysInactive() {
    int node = console.node().id();
    sweep();
    assertThat(status(node)).isEqualTo("INACTIVE");
    assertThat(transitions(node)).isEmpty();
  }

  @Test
  void threeIntervalsAreWaitedForInAnyCase() {
    var agent = new Agent(console.node());
    agent.beat().statusCode(200);
    database.update(
        "UPDATE autoscaler.nodes SET heartbeat_interval_seconds = 600, last_heartbeat = now() - interval '29 min' WHERE id = ?",
        agent.node().id());
    sweep();
    assertThat(status(agent.node().id())).isEqualTo("ACTIVE");

    database.update(
        "UPDATE autoscaler.nodes SET last_heartbeat = now() - interval '31 min' WHERE id = ?",
        agent.node().id());
    Eventually.holds(
        Duration.ofSeconds(20), () -> assertThat(status(agent.node().id())).isEqualTo("OFFLINE"));
  }

  @Test
  void underEveryInterleavingTheLogAlternatesAndEndsWhereTheNodeIs() {
    List<Agent> agents = IntStream.range(0, 6).mapToObj(i -> new Agent(console.node())).toList();
    agents.forEach(agent -> agent.beat().statusCode(200));

    Race.of(
        14,
        number ->
            () -> {
              for (int i = 0; i < 60; i++) {
                if (number < 6) {
                  agents.get(number).beat().statusCode(200);
                } else if (number < 9) {
                  sweep();
                } else if (number < 12) {
                  silent(agents.get(ThreadLocalRandom.current().nextInt(6)).node().id());
                } else {
                  // I10 as a reader sees it, at any instant.
                  assertThat(
                          console.number(
                              """
                              SELECT count(*) FROM autoscaler.nodes
                               WHERE status = 'OFFLINE' AND decommissioned_at IS NULL AND last_heartbeat > now() - interval '5 s'
                              """))
                      .isZero();
                }
              }
              return null;
            });

    for (Agent agent : agents) {
      int node = agent.node().id();
      var edges =
          transitions(node).stream().filter(line -> !line.startsWith("STATUS_CHANGED")).toList();
      for (int i = 0; i < edges.size(); i++) {
        assertThat(edges.get(i)).startsWith(i % 2 == 0 ? "WENT_OFFLINE" : "CAME_ONLINE");
      }
      assertThat(
              database.rows(
                  "SELECT 1 FROM autoscaler.node_lifecycle_logs WHERE node_id = ? AND previous_status = new_status",
                  node))
          .isEmpty();
      assertThat(
              database.value(
                  """
                  SELECT l.new_status = n.status::text FROM autoscaler.nodes n JOIN autoscaler.node_lifecycle_logs l ON l.node_id = n.id
                   WHERE n.id = ? AND l.event_type IN ('CAME_ONLINE', 'WENT_OFFLINE', 'STATUS_CHANGED') ORDER BY l.id DESC LIMIT 1
                  """,
                  node))
          .isEqualTo(true);
    }
    assertThat(agents.stream().mapToInt(agent -> transitions(agent.node().id()).size()).sum())
        .as("the race has happened at all")
        .isGreaterThan(20);
  }

  /** Silent for an hour, as far as the database knows; and allowed to send as often as it likes. */
  private void silent(int node) {
    database.update(
        "UPDATE autoscaler.nodes SET last_heartbeat = now() - interval '1 h', beat_tokens = 60 WHERE id = ?",
        node);
  }

  /** As another replica's job does it. */
  private int sweep() {
    try (Connection service = database.connect("autoscaler_service", "autoscaler-dev");
        var statement =
            service.prepareStatement("SELECT autoscaler.sweep_nodes(?, interval '5 s')")) {
      statement.setLong(1, KEY);
      try (var row = statement.executeQuery()) {
        assertThat(row.next()).isTrue();
        return row.getInt(1);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private String status(int node) {
    return String.valueOf(
        database.value("SELECT status::text FROM autoscaler.nodes WHERE id = ?", node));
  }

  private List<String> transitions(int node) {
    List<Map<String, Object>> rows =
        database.rows(
            """
            SELECT concat_ws(' ', event_type, previous_status, new_status, triggered_by) AS line FROM autoscaler.node_lifecycle_logs
             WHERE node_id = ? AND event_type IN ('CAME_ONLINE', 'WENT_OFFLINE', 'STATUS_CHANGED') ORDER BY id
            """,
            node);
    return rows.stream().map(row -> String.valueOf(row.get("line"))).toList();
  }
}
