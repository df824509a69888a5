package dev.quintet.autoscaler.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.autoscaler.testing.AutoscalerDatabase;
import dev.quintet.autoscaler.testing.MeasuredNode;
import dev.quintet.common.testing.Race;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The fleet's rows are what an observer of every instant would have written. */
class SystemAnalyticsIT {
  private static final Duration FRESH = Duration.ofMinutes(10);
  private static final Instant START = Instant.parse("2026-05-04T10:00:00Z");

  private static AutoscalerDatabase database;

  @BeforeAll
  static void migrate() {
    database = new AutoscalerDatabase();
  }

  @AfterAll
  static void drop() {
    database.close();
  }

  @BeforeEach
  void emptied() {
    database
        .superuser()
        .execute(
            "DELETE FROM autoscaler.nodes; DELETE FROM autoscaler.system_analytics; DELETE FROM autoscaler.job_ticks");
  }

  private record Observation(int pool, Instant at, int instances, boolean active) {}

  private static void observe(MeasuredNode node, List<Observation> observations)
      throws SQLException {
    try (Connection sql = database.superuser().connect();
        var insert =
            sql.prepareStatement(
                "INSERT INTO autoscaler.pool_analytics (pool_id, node_id, oracle_pool_id, \"timestamp\", current_instances, active_instances,"
                    + " avg_cpu_utilization, avg_memory_utilization, is_active) VALUES (?, ?, 'o', ?, ?, ?, ?, 40, ?)")) {
      for (Observation one : observations) {
        insert.setInt(1, node.pools().get(one.pool()).id());
        insert.setInt(2, node.id());
        insert.setObject(3, utc(one.at()));
        insert.setInt(4, one.instances());
        insert.setInt(5, one.instances() / 2);
        insert.setDouble(6, one.instances());
        insert.setBoolean(7, one.active());
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }

  private static OffsetDateTime utc(Instant at) {
    return at.atOffset(ZoneOffset.UTC);
  }

  private static Object record(Instant at) {
    return database
        .asService("SELECT autoscaler.record_system_analytics(?, '10 min', '5 min') AS id", utc(at))
        .getFirst()
        .get("id");
  }

  private static Map<String, Object> row(Instant at) {
    return database
        .asService("SELECT * FROM autoscaler.system_analytics WHERE \"timestamp\" = ?", utc(at))
        .getFirst();
  }

  /** Each minute from 10:00 to 10:59: A has 10 until 10:20 then 2, B 2 until 10:42 then 10. */
  @Test
  void thePeakOfTwoPoolsThatChangePlacesIsTwelve() throws SQLException {
    MeasuredNode node = MeasuredNode.create(database.superuser(), 2);
    var all = new ArrayList<Observation>();
    for (int m = 0; m < 60; m++) {
      Instant at = START.plusSeconds(m * 60L + 7);
      all.add(new Observation(0, at, m < 20 ? 10 : 2, true));
      all.add(new Observation(1, at.plusSeconds(20), m < 42 ? 2 : 10, true));
    }
    observe(node, all);
    for (int m = 1; m <= 60; m++) {
      assertThat(record(START.plusSeconds(m * 60L))).isNotNull();
    }
    assertThat(row(START.plusSeconds(3600)))
        .containsEntry("peak_instances_24h", 12)
        .containsEntry("max_active_pools_24h", 2)
        .containsEntry("total_current_instances", 12)
        .containsEntry("total_active_pools", 2)
        .containsEntry("avg_system_cpu", 6.0)
        .containsEntry("max_system_cpu", 10.0)
        .containsEntry("avg_system_memory", 40.0);
    assertThat(row(START.plusSeconds(30 * 60))).containsEntry("total_current_instances", 4);
  }

  @Test
  void anObservationStandsTenMinutesAndNoLonger() throws SQLException {
    MeasuredNode node = MeasuredNode.create(database.superuser(), 2);
    observe(
        node,
        List.of(
            new Observation(0, START.plusSeconds(30), 7, true),
            new Observation(1, START.plusSeconds(60), 5, false)));
    for (int m = 1; m <= 12; m++) {
      var unused = record(START.plusSeconds(m * 60L));
    }
    assertThat(row(START.plusSeconds(60)))
        .containsEntry("total_current_instances", 12)
        .containsEntry("total_active_instances", 5)
        .containsEntry("total_active_pools", 1);
    assertThat(row(START.plusSeconds(10 * 60))).containsEntry("total_current_instances", 12);
    // A ran out at 10:10:30, B at 10:11 exactly: the end is not part of it.
    assertThat(row(START.plusSeconds(11 * 60)))
        .containsEntry("total_current_instances", 0)
        .containsEntry("avg_system_cpu", 0.0)
        .containsEntry("interval_peak_instances", 12);
    assertThat(row(START.plusSeconds(12 * 60)))
        .containsEntry("interval_peak_instances", 0)
        .containsEntry("peak_instances_24h", 12);
  }

  @Test
  void aNodeCountsAsActiveWhileItIsHeardOf() {
    String insert =
        "INSERT INTO autoscaler.nodes (name, region, status, last_heartbeat, heartbeat_interval_seconds) VALUES ('n', 'r', ?::autoscaler.node_status, ?, ?)";
    record Node(String status, int age, int interval) {}
    for (Node one :
        List.of(
            new Node("ACTIVE", 299, 60),
            new Node("ACTIVE", 301, 60),
            new Node("ACTIVE", 301, 200),
            new Node("ERROR", 1, 60))) {
      var unused =
          database
              .superuser()
              .update(insert, one.status(), utc(START.minusSeconds(one.age())), one.interval());
    }
    assertThat(record(START)).isNotNull();
    assertThat(row(START)).containsEntry("active_nodes", 2);
  }

  @Test
  void twentyReplicasWriteOneRowAMinute() {
    var unused = MeasuredNode.create(database.superuser(), 1);
    for (int m = 0; m < 5; m++) {
      Instant at = START.plusSeconds(m * 60L);
      var ids = Race.of(20, () -> java.util.Optional.ofNullable(record(at)));
      assertThat(ids.stream().filter(java.util.Optional::isPresent)).hasSize(1);
    }
    assertThat(database.superuser().count("autoscaler.system_analytics")).isEqualTo(5);
  }

  @Test
  void aMinuteBehindTheNewestIsNotWrittenAnyMore() {
    assertThat(record(START.plusSeconds(120))).isNotNull();
    assertThat(record(START.plusSeconds(60))).isNull();
    assertThat(record(START.plusSeconds(120))).isNull();
    assertThat(database.superuser().count("autoscaler.system_analytics")).isEqualTo(1);
  }

  /** By brute force: at every instant at which anything changes, who stands. */
  private static long peak(List<Observation> all, Instant from, Instant to, boolean pools) {
    var instants = new TreeMap<Instant, Boolean>();
    instants.put(from, true);
    for (Observation one : all) {
      for (Instant at : List.of(one.at(), one.at().plus(FRESH))) {
        if (at.isAfter(from) && !at.isAfter(to)) {
          instants.put(at, true);
        }
      }
    }
    return instants.keySet().stream().mapToLong(at -> standing(all, at, pools)).max().orElse(0);
  }

  private static long standing(List<Observation> all, Instant at, boolean pools) {
    var newest = new TreeMap<Integer, Observation>();
    // In the order in which they were stored, so that of two at one instant the later one wins.
    for (Observation one : all) {
      Observation known = newest.get(one.pool());
      if (!one.at().isAfter(at) && (known == null || !one.at().isBefore(known.at()))) {
        newest.put(one.pool(), one);
      }
    }
    return newest.values().stream()
        .filter(one -> at.isBefore(one.at().plus(FRESH)))
        .mapToLong(one -> pools ? (one.active() ? 1 : 0) : one.instances())
        .sum();
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void peaksAreThoseOfASweepOverEverything(long seed) throws SQLException {
    var random = new Random(seed);
    int pools = 1 + random.nextInt(6);
    MeasuredNode node = MeasuredNode.create(database.superuser(), pools);
    var all = new ArrayList<Observation>();
    int minutes = 40;
    for (int i = 0; i < pools * minutes; i++) {
      // Whole seconds, so that instants meet; some exactly on the minute, some twice at once.
      all.add(
          new Observation(
              random.nextInt(pools),
              START.plusSeconds(random.nextInt(minutes * 60 / 15) * 15L),
              random.nextInt(20),
              random.nextInt(4) > 0));
    }
    observe(node, all);
    Instant last = START.minusSeconds(60);
    for (int m = 0; m <= minutes + 15; m++) {
      // The job missed some minutes.
      if (random.nextInt(5) == 0) {
        continue;
      }
      Instant at = START.plusSeconds(m * 60L);
      assertThat(record(at)).isNotNull();
      Map<String, Object> row = row(at);
      assertThat(row.get("total_current_instances")).isEqualTo((int) standing(all, at, false));
      assertThat(row.get("total_active_pools")).isEqualTo((int) standing(all, at, true));
      assertThat(row.get("interval_peak_instances"))
          .as("%s", at)
          .isEqualTo((int) peak(all, last, at, false));
      assertThat(row.get("interval_max_active_pools")).isEqualTo((int) peak(all, last, at, true));
      assertThat(row.get("peak_instances_24h"))
          .isEqualTo((int) peak(all, START.minusSeconds(60), at, false));
      assertThat(row.get("max_active_pools_24h"))
          .isEqualTo((int) peak(all, START.minusSeconds(60), at, true));
      last = at;
    }
    long most =
        database
            .asService(
                "SELECT max(total_current_instances) AS most FROM autoscaler.system_analytics")
            .stream()
            .map(row -> ((Number) Objects.requireNonNull(row.get("most"))).longValue())
            .findFirst()
            .orElseThrow();
    assertThat(((Number) Objects.requireNonNull(row(last).get("peak_instances_24h"))).longValue())
        .isGreaterThanOrEqualTo(most);
  }

  @Test
  void aPeakIsForgottenAfterADay() throws SQLException {
    MeasuredNode node = MeasuredNode.create(database.superuser(), 1);
    observe(node, List.of(new Observation(0, START.plusSeconds(30), 9, true)));
    for (int m : new int[] {1, 2, 20, 60 * 24, 60 * 24 + 1, 60 * 24 + 21}) {
      assertThat(record(START.plusSeconds(m * 60L))).isNotNull();
    }
    assertThat(row(START.plusSeconds(86_400))).containsEntry("peak_instances_24h", 9);
    // What stood until 10:10:30 is in the row of 10:20, which is in the window for a day.
    assertThat(row(START.plusSeconds(86_460))).containsEntry("peak_instances_24h", 9);
    assertThat(row(START.plusSeconds(86_400 + 21 * 60))).containsEntry("peak_instances_24h", 0);
  }
}
