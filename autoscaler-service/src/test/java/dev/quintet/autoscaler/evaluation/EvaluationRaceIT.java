package dev.quintet.autoscaler.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Several replicas evaluate at once: heartbeats, jobs, and changes of settings in between. */
@QuarkusTest
@SuppressWarnings("NullAway.Init") // the backends are injected before each test
@QuarkusTestResource(ServiceBackends.class)
class EvaluationRaceIT {
  private static final Duration SOON = Duration.ofSeconds(30);

  Database database;

  @Inject EvaluationQueries queries;
  @Inject Evaluations evaluations;
  @Inject EvaluationJob job;

  @Test
  void evaluationsOfTheSameInputMakeOneGeneration() {
    var fleet = fleet();
    fleet.beat(4, 60).statusCode(200);
    database.update(
        "UPDATE autoscaler.pool_analytics SET avg_cpu_utilization = 90 WHERE pool_id = ?",
        fleet.pool);
    PoolInput input =
        queries.input(fleet.pool, null, 0, List.of()).await().atMost(SOON).orElseThrow();

    var unused = Race.of(16, () -> evaluations.ofFleet(List.of(input)).await().atMost(SOON));

    assertThat(fleet.changes()).hasSize(1);
    assertThat(fleet.state()).containsEntry("generation", 1L).containsEntry("target", 6);
  }

  @Test
  void jobsOfSeveralReplicasStoreWhatOneWould() {
    List<Fleet> fleets = IntStream.range(0, 5).mapToObj(i -> fleet()).toList();
    fleets.forEach(fleet -> fleet.beat(4, 60).statusCode(200));
    fleets.forEach(fleet -> fleet.schedule("exact", "00:00", "24:00", 7));

    var unused = Race.of(8, () -> job.evaluate(0).await().atMost(SOON));

    for (Fleet fleet : fleets) {
      assertThat(fleet.codes())
          .containsExactly("NO_ACTION WITHIN_TOLERANCE 4", "SCALE_UP SCHEDULE_EXACT 7");
      assertThat(fleet.state()).containsEntry("generation", 1L);
    }
  }

  @Test
  void aTickIsClaimedOnce() {
    List<Boolean> mine =
        Race.of(12, () -> queries.claim("race", Duration.ofHours(24)).await().atMost(SOON));
    assertThat(mine.stream().filter(claimed -> claimed)).hasSize(1);
  }

  @Test
  void underAllOfItGenerationsHaveNoGapAndOneDecisionEach() {
    var fleet = fleet();
    fleet.beat(4, 60).statusCode(200);
    Race.of(
        8,
        number ->
            () -> {
              var random = new Random(number);
              for (int i = 0; i < 25; i++) {
                switch (number) {
                  case 0, 1, 2, 3 -> {
                    database.update(
                        "UPDATE autoscaler.nodes SET beat_tokens = 60 WHERE id = ?",
                        fleet.agent.node().id());
                    int size = 2 + random.nextInt(9);
                    fleet.beat(size, random.nextBoolean() ? 95 : 15).statusCode(200);
                  }
                  case 4, 5 -> {
                    var unused = job.evaluate(0).await().atMost(SOON);
                  }
                  case 6 -> fleet.pin(2 + random.nextInt(9), random.nextBoolean() ? "1 h" : "-1 h");
                  default ->
                      database.update(
                          "UPDATE autoscaler.pools SET max_instances = ? WHERE id = ?",
                          6 + random.nextInt(5),
                          fleet.pool);
                }
              }
              return null;
            });
    ordered(fleet);
    assertThat(fleet.changes()).as("the race has happened at all").hasSizeGreaterThan(5);
  }

  @Test
  void connectionsThatAreCutLeaveNothingHalfDone() {
    var fleet = fleet();
    fleet.beat(4, 60).statusCode(200);
    Race.of(
        4,
        number ->
            () -> {
              var random = new Random(number);
              for (int i = 0; i < 15; i++) {
                if (number == 0) {
                  if (i % 5 == 0) {
                    database.killConnections();
                  }
                } else {
                  int status =
                      fleet
                          .beat(2 + random.nextInt(9), random.nextBoolean() ? 95 : 15)
                          .extract()
                          .statusCode();
                  assertThat(status).isIn(200, 429, 503);
                }
              }
              return null;
            });
    Eventually.holds(
        SOON,
        () -> {
          database.update(
              "UPDATE autoscaler.nodes SET beat_tokens = 60 WHERE id = ?", fleet.agent.node().id());
          fleet.beat(4, 60).statusCode(200);
        });
    ordered(fleet);
  }

  /** I20, I27, and that each change begins where the one before it ended. */
  private static void ordered(Fleet fleet) {
    List<Map<String, Object>> changes = List.copyOf(fleet.changes());
    for (int i = 0; i < changes.size(); i++) {
      assertThat(changes.get(i)).containsEntry("generation", i + 1L);
      assertThat(number(changes.get(i), "target")).isBetween(2, 10);
      if (i > 0) {
        assertThat(changes.get(i).get("previous_target"))
            .isEqualTo(changes.get(i - 1).get("target"));
      }
    }
    assertThat(fleet.state()).containsEntry("generation", (long) changes.size());
    if (!changes.isEmpty()) {
      assertThat(fleet.target()).isEqualTo(changes.getLast().get("target"));
    }
  }

  private static int number(Map<String, Object> row, String column) {
    return ((Number) Objects.requireNonNull(row.get(column))).intValue();
  }

  private Fleet fleet() {
    return new Fleet(database, 2, 10)
        .mode("managed")
        .policy("cpu60", false, Fleet.CPU_60)
        .behavior(Fleet.IMMEDIATE);
  }
}
