package dev.quintet.autoscaler.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.startsWith;

import dev.quintet.autoscaler.testing.Console;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What heartbeats and the job decide, and what of it is kept. */
@QuarkusTest
@SuppressWarnings("NullAway.Init") // the backends are injected before each test
@QuarkusTestResource(ServiceBackends.class)
class EvaluationIT {
  private static final Duration SOON = Duration.ofSeconds(20);

  Database database;

  @Inject EvaluationQueries queries;
  @Inject Evaluations evaluations;

  private Console console;
  private Fleet fleet;

  @BeforeEach
  void fleet() {
    console = new Console(database);
    fleet = new Fleet(database, 2, 10);
  }

  @Test
  void aBusyManagedPoolGetsANewTargetOnce() {
    fleet.mode("managed").policy("cpu60", false, Fleet.CPU_60);
    var target =
        fleet
            .beat(4, 90)
            .statusCode(200)
            .body("targets", hasSize(1))
            .body("targets[0].target_instances", equalTo(6))
            .body("targets[0].generation", equalTo(1))
            .body("targets[0].event", equalTo("SCALE_UP"))
            .body("targets[0].mode", equalTo("managed"))
            .body("targets[0].reason", startsWith("METRIC_ABOVE_TARGET: "))
            .extract();
    int decision = target.path("targets[0].decision_id");

    assertThat(fleet.state())
        .containsEntry("target", 6)
        .containsEntry("generation", 1L)
        .containsEntry("live", true);
    assertThat(fleet.newestReason()).startsWith("SCALE_UP METRIC_ABOVE_TARGET: ");
    assertThat(console.audit("pool", fleet.pool))
        .singleElement()
        .satisfies(row ->
            assertThat(row)
                .containsEntry("action", "SCALING_EVENT")
                .containsEntry("before", "{\"target\" : 4, \"generation\" : 0}")
                .containsEntry("after", "{\"target\" : 6, \"generation\" : 1}"));
    assertThat(
            database.rows(
                "SELECT payload ->> 'decision_id' AS id FROM autoscaler.events WHERE pool_id = ? AND kind = 'target'",
                fleet.pool))
        .containsExactly(Map.of("id", Integer.toString(decision)));
    console
        .get("/decisions/" + decision)
        .statusCode(200)
        .body("decision_id", equalTo(decision))
        .body("pool_id", equalTo(fleet.pool))
        .body("generation", equalTo(1))
        .body("previous_target", equalTo(4))
        .body("target", equalTo(6))
        .body("dry_run", equalTo(false))
        .body("policies[0].rule", equalTo("ceil(4*90/60)"))
        .body("stages[-1].out", equalTo(6));

    // Four are still what is there: the wish is not doubled.
    fleet
        .beat(6, 4, 90)
        .body("targets[0].target_instances", equalTo(6), "targets[0].generation", equalTo(1));
  }

  @Test
  void whatOnlyRepeatsIsStoredOncePerTenMinutes() {
    fleet.mode("managed").policy("cpu60", false, Fleet.CPU_60);
    for (int i = 0; i < 5; i++) {
      fleet
          .beat(4, 60)
          .body("targets[0].event", equalTo("NO_ACTION"))
          .body("targets[0].reason", startsWith("WITHIN_TOLERANCE: "));
      assertThat(fleet.newestReason()).startsWith("NO_ACTION WITHIN_TOLERANCE: ");
    }
    assertThat(fleet.codes()).containsExactly("NO_ACTION WITHIN_TOLERANCE 4");

    fleet.later("11 min");
    fleet.beat(4, 60);
    assertThat(fleet.codes())
        .filteredOn(code -> code.equals("NO_ACTION WITHIN_TOLERANCE 4"))
        .hasSize(2);
  }

  @Test
  void adviceThatRepeatsIsStoredWhenItChanges() {
    fleet.mode("advisory").policy("cpu60", false, Fleet.CPU_60);
    for (double cpu : new double[] {90, 90, 91, 120.0 / 2, 90}) {
      fleet.beat(4, cpu).body("targets[0].target_instances", equalTo(4));
      fleet.later("61 s");
    }
    // 91 of 60 on 4 are 7.
    assertThat(fleet.codes())
        .containsExactly(
            "SCALE_UP METRIC_ABOVE_TARGET 6",
            "SCALE_UP METRIC_ABOVE_TARGET 7",
            "NO_ACTION WITHIN_TOLERANCE 4",
            "SCALE_UP METRIC_ABOVE_TARGET 6");
    assertThat(fleet.changes()).isEmpty();
  }

  @Test
  void aDryPolicyCorrectsNoLimits() {
    fleet.mode("managed").policy("cpu60", true, Fleet.CPU_60);
    for (int i = 0; i < 3; i++) {
      fleet
          .beat(12, 60)
          .body("targets[0].target_instances", equalTo(12))
          .body("targets[0].generation", equalTo(0));
    }
    assertThat(fleet.decisions())
        .singleElement()
        .satisfies(row ->
            assertThat(row)
                .containsEntry("code", "LIMIT_CORRECTION")
                .containsEntry("target", 10)
                .containsEntry("dry_run", true));
    assertThat(fleet.target()).isEqualTo(12);
  }

  @Test
  void aLivePolicyCorrectsThem() {
    fleet.mode("managed").policy("cpu60", false, Fleet.CPU_60);
    fleet
        .beat(12, 60)
        .body("targets[0].target_instances", equalTo(10), "targets[0].event", equalTo("SCALE_DOWN"))
        .body("targets[0].reason", startsWith("LIMIT_CORRECTION: "));
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 20261121, 424242})
  void onNoPathDoesAdviceOrADryRunChangeTheTarget(long seed) {
    boolean dry = seed % 2 == 0;
    fleet.mode(dry ? "managed" : "advisory").policy("cpu60", dry, Fleet.CPU_60);
    fleet.beat(4, 60).statusCode(200);
    Object before = fleet.target();
    var random = new Random(seed);
    for (int i = 0; i < 40; i++) {
      switch (random.nextInt(7)) {
        case 0 -> fleet.pin(random.nextInt(12), "1 hour");
        case 1 ->
            fleet.schedule(
                List.of("exact", "floor", "ceiling").get(random.nextInt(3)),
                "00:00",
                "24:00",
                random.nextInt(12));
        case 2 ->
            database.update(
                "UPDATE autoscaler.pools SET min_instances = ?, max_instances = ? WHERE id = ?",
                random.nextInt(4),
                4 + random.nextInt(8),
                fleet.pool);
        case 3 -> fleet.later("7 min");
        case 4 -> evaluate();
        case 5 -> {
          if (!dry) {
            fleet.mode(random.nextBoolean() ? "off" : "advisory");
          }
        }
        default -> fleet.beat(random.nextInt(14), 100 * random.nextDouble()).statusCode(200);
      }
      assertThat(fleet.target()).isEqualTo(before);
    }
    assertThat(fleet.changes()).isEmpty();
    assertThat(fleet.state()).containsEntry("generation", 0L);
    assertThat(fleet.decisions()).as("the walk led somewhere").hasSizeGreaterThan(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE autoscaler.pools SET control_mode = 'advisory' WHERE id = %d",
        "UPDATE autoscaler.pools SET control_mode = 'off' WHERE id = %d",
        "UPDATE autoscaler.pools SET max_instances = 5 WHERE id = %d",
        "UPDATE autoscaler.scaling_policies SET dry_run = true WHERE pool_id = %d",
        "DELETE FROM autoscaler.scaling_policies WHERE pool_id = %d"
      })
  void whatIsNoLongerAskedForIsNotCarriedOut(String change) {
    withoutTheJob(() -> {
      fleet.mode("managed").policy("cpu60", false, Fleet.CPU_60);
      fleet.beat(4, 60).statusCode(200);
      database.update(
          "UPDATE autoscaler.pool_analytics SET avg_cpu_utilization = 90 WHERE pool_id = ?",
          fleet.pool);
      PoolInput read = input();
      database.execute(change.formatted(fleet.pool));
      evaluations.ofFleet(List.of(read)).await().atMost(SOON);
      assertThat(fleet.target()).isEqualTo(4);
      assertThat(fleet.changes()).isEmpty();
    });
  }

  @Test
  void aPoolThatIsManagedAgainStartsFromWhatIsThere() {
    fleet.mode("managed").policy("cpu60", false, Fleet.CPU_60).behavior(Fleet.IMMEDIATE);
    fleet.beat(4, 90).body("targets[0].target_instances", equalTo(6));
    fleet.later("61 s");
    fleet.mode("advisory");
    fleet.beat(9, 60).body("targets[0].target_instances", equalTo(9));
    fleet.mode("managed");
    fleet.beat(9, 60).body("targets[0].target_instances", equalTo(9));

    assertThat(fleet.state()).containsEntry("target", 9).containsEntry("generation", 1L);
    assertThat(fleet.changes()).hasSize(1);
  }

  @Test
  void aPoolThatIsSwitchedOffIsLeftAlone() {
    fleet.mode("off").policy("cpu60", false, Fleet.CPU_60);
    fleet.beat(12, 99).statusCode(200).body("targets", empty());
    evaluate();
    assertThat(fleet.decisions()).isEmpty();
  }

  @Test
  void lostDataTakesNothingAwayAndItsReturnIsNormal() {
    fleet.mode("managed").policy("cpu60", false, Fleet.CPU_60).behavior(Fleet.IMMEDIATE);
    fleet.beat(6, 60).body("targets[0].target_instances", equalTo(6));
    // Idle, as far as the old samples go: they would scale in.
    database.update(
        "UPDATE autoscaler.pool_analytics SET avg_cpu_utilization = 10 WHERE pool_id = ?",
        fleet.pool);
    database.update(
        "UPDATE autoscaler.pool_analytics SET \"timestamp\" = \"timestamp\" - interval '4 min' WHERE pool_id = ?",
        fleet.pool);
    Eventually.holds(SOON, () -> assertThat(fleet.codes()).contains("NO_ACTION METRICS_STALE 6"));
    assertThat(fleet.target()).isEqualTo(6);

    database.update(
        "UPDATE autoscaler.nodes SET last_heartbeat = now() - interval '1 h' WHERE id = ?",
        fleet.agent.node().id());
    Eventually.holds(SOON, () -> assertThat(fleet.codes()).contains("NO_ACTION NODE_OFFLINE 6"));
    assertThat(fleet.target()).isEqualTo(6);

    fleet
        .beat(6, 10)
        .body("targets[0].event", equalTo("SCALE_DOWN"))
        .body("targets[0].target_instances", equalTo(2));
  }

  @Test
  void withNothingReadyThePoolKeepsItsSize() {
    fleet.mode("managed").policy("cpu60", false, Fleet.CPU_60).behavior(Fleet.IMMEDIATE);
    fleet
        .beat(6, 0, 0)
        .body("targets[0].target_instances", equalTo(6))
        .body("targets[0].reason", startsWith("NO_READY_INSTANCES: "));
  }

  @Test
  void whileAScaleOutIsUnderWayNothingIsTakenAway() {
    fleet.mode("managed").policy("cpu60", false, Fleet.CPU_60);
    fleet.beat(4, 90).body("targets[0].target_instances", equalTo(6));
    fleet
        .beat(6, 4, 5)
        .body("targets[0].target_instances", equalTo(6))
        .body("targets[0].reason", startsWith("SCALE_OUT_IN_PROGRESS: "));
  }

  @Test
  void aScheduleBeginsAndEndsWithoutAHeartbeat() {
    fleet.mode("managed").policy("cpu60", false, Fleet.CPU_60).behavior(Fleet.IMMEDIATE);
    fleet.beat(4, 60).statusCode(200);
    fleet.schedule("exact", "00:00", "24:00", 5);
    Eventually.holds(SOON, () -> assertThat(fleet.codes()).contains("SCALE_UP SCHEDULE_EXACT 5"));
    assertThat(fleet.target()).isEqualTo(5);

    database.update(
        "UPDATE autoscaler.schedules SET is_active = false WHERE pool_id = ?", fleet.pool);
    Eventually.holds(
        SOON, () -> assertThat(fleet.codes().getLast()).doesNotContain("SCHEDULE_EXACT"));
  }

  @Test
  void aPinRulesUntilItExpires() {
    fleet.mode("managed").policy("cpu60", false, Fleet.CPU_60).behavior(Fleet.IMMEDIATE);
    fleet.beat(4, 60).statusCode(200);
    fleet.pin(8, "1 hour");
    Eventually.holds(SOON, () -> assertThat(fleet.codes()).contains("SCALE_UP OVERRIDE 8"));
    fleet.beat(8, 60).body("targets[0].target_instances", equalTo(8));

    fleet.pin(8, "-1 s");
    Eventually.holds(SOON, () -> assertThat(fleet.codes().getLast()).doesNotContain("OVERRIDE"));
  }

  @Test
  void aFallIsNotFollowedBeforeItHasLasted() {
    fleet.mode("managed").policy("cpu60", false, Fleet.CPU_60);
    fleet.beat(8, 60).statusCode(200);
    for (int minute = 1; minute <= 4; minute++) {
      fleet.later("1 min");
      fleet.beat(8, 20).body("targets[0].target_instances", equalTo(8));
      assertThat(fleet.newestReason()).startsWith("NO_ACTION STABILIZING");
    }
    fleet.later("61 s");
    fleet
        .beat(8, 20)
        .body("targets[0].target_instances", equalTo(3))
        .body("targets[0].event", equalTo("SCALE_DOWN"));
  }

  /**
   * The wishes on record are the ends of runs; with every single one on record the outcome is the
   * same: a wish counts until the window is over that began when it was last wished, not first.
   */
  @Test
  void aWishCountsFromWhenItWasWishedLast() {
    fleet.mode("managed").policy("cpu60", false, Fleet.CPU_60);
    for (int minute = 0; minute < 10; minute++) {
      fleet.beat(8, 60).statusCode(200);
      fleet.later("1 min");
    }
    assertThat(
            console.number(
                "SELECT count(*) FROM autoscaler.pool_recommendations WHERE pool_id = ?",
                fleet.pool))
        .as("ten equal wishes")
        .isEqualTo(1);
    for (int minute = 0; minute < 4; minute++) {
      fleet.beat(8, 20).body("targets[0].target_instances", equalTo(8));
      fleet.later("1 min");
    }
    fleet.beat(8, 20).body("targets[0].target_instances", equalTo(3));
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {3, 77, 20261121})
  void twoScaleInsAreNeverCloserThanTheCooldown(long seed) {
    fleet.mode("managed").policy("cpu60", false, Fleet.CPU_60);
    var random = new Random(seed);
    int instances = 8;
    for (int minute = 0; minute < 60; minute++) {
      double cpu = random.nextInt(4) == 0 ? 90 : 15;
      instances = fleet.beat(instances, cpu).extract().path("targets[0].target_instances");
      assertThat(instances).isBetween(2, 10);
      fleet.later("1 min");
    }
    var changes = fleet.changes();
    for (int i = 1; i < changes.size(); i++) {
      if ("SCALE_DOWN".equals(changes.get(i).get("event"))) {
        double since = at(changes.get(i)) - at(changes.get(i - 1));
        assertThat(since).isGreaterThanOrEqualTo(300);
      }
    }
    assertThat(changes).as("the walk led somewhere").isNotEmpty();
  }

  @Test
  void decisionsAreListedNewestFirstAndByWhatTheyAre() {
    fleet.mode("advisory").policy("cpu60", false, Fleet.CPU_60);
    for (double cpu : new double[] {60, 90, 60, 90, 60}) {
      fleet.beat(4, cpu).statusCode(200);
      fleet.later("61 s");
    }
    String path = "/pools/" + fleet.pool + "/decisions";
    assertThat(console.<Integer>pages("user", path, 2, "decision_id"))
        .hasSize(5)
        .isSortedAccordingTo((a, b) -> b - a)
        .doesNotHaveDuplicates();
    console
        .get(path + "?event=SCALE_UP")
        .body("items.code", contains("METRIC_ABOVE_TARGET", "METRIC_ABOVE_TARGET"));
    console.get(path + "?code=WITHIN_TOLERANCE").body("items", hasSize(3));
    console.get(path + "?dry_run=false").body("items", empty());
    console.get(path + "?dry_run=true").body("items", hasSize(5));
  }

  @ParameterizedTest
  @CsvSource({"event, UP", "code, BOGUS", "dry_run, maybe", "limit, 0", "cursor, x"})
  void aFilterThatMeansNothingIsRefused(String name, String value) {
    console.get("/pools/" + fleet.pool + "/decisions?" + name + "=" + value).statusCode(422);
  }

  @Test
  void whatIsNotThereIsSaidSo() {
    int nobody = Integer.MAX_VALUE;
    console
        .get("/pools/" + nobody + "/decisions")
        .statusCode(404)
        .body("code", equalTo("unknown_pool"));
    console
        .get("/decisions/" + Long.MAX_VALUE)
        .statusCode(404)
        .body("code", equalTo("unknown_decision"));
    console
        .get("/pools/" + nobody + "/recommendation")
        .statusCode(404)
        .body("code", equalTo("unknown_pool"));
    console.get("/pools/99999999999/recommendation").statusCode(404);
  }

  /** All of its next ticks are taken. */
  private void withoutTheJob(Runnable test) {
    database.update(
        """
        INSERT INTO autoscaler.job_ticks (job, tick)
        SELECT 'evaluate-pools', t FROM generate_series(date_bin('1 s', now(), 'epoch'), now() + interval '1 min', '1 s') AS t
        ON CONFLICT DO NOTHING
        """);
    try {
      test.run();
    } finally {
      database.update("DELETE FROM autoscaler.job_ticks WHERE job = 'evaluate-pools'");
    }
  }

  private PoolInput input() {
    return queries.input(fleet.pool, null, 0, List.of()).await().atMost(SOON).orElseThrow();
  }

  /** As the job does it, for this pool. */
  private void evaluate() {
    evaluations.ofFleet(List.of(input())).await().atMost(SOON);
  }

  private static double at(Map<String, ?> decision) {
    return ((Number) java.util.Objects.requireNonNull(decision.get("at"))).doubleValue();
  }
}
