package dev.quintet.e2e.autoscaler;

import static dev.quintet.e2e.autoscaler.Autoscaler.expect;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.Race;
import dev.quintet.e2e.fleet.Fleet;
import dev.quintet.e2e.fleet.Pauses;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Jobs of two replicas: a fleet of its own, so that its totals are known. All that happens in it
 * happens before the tests; these look at what became of it once the minute is over.
 */
@SuppressWarnings("NullAway.Init")
class JobsE2E {
  private static final Duration A_MINUTE_AND_ITS_ROW = Duration.ofSeconds(100);
  private static final int SAMPLES = 300;

  private static Fleet fleet;
  private static Node silent;
  private static Pool scheduled;
  private static List<Pool> pinned;
  private static Instant happened;

  @BeforeAll
  static void twoReplicasAndWhatHappensInThem() {
    fleet = Autoscaler.plan().label("jobs-").start();
    thePeakOfTheBrief();
    silent = Node.create(fleet).every(1);
    expect(200, silent.send(Map.of("status", "active")));
    scheduled = Node.create(fleet).pool(0, 20);
    scheduled.policy(Pool.CPU_60, false);
    scheduled.managed().beat(0, 0);
    scheduled.schedule("exact", "00:00", "24:00", 7);
    pinned = List.of(pinnable(), pinnable(), pinnable());
    var measured = pinned.getFirst();

    Race.of(
        6,
        caller ->
            () -> {
              Pool pool = pinned.get(caller % 3);
              for (int i = 0; i < 10; i++) {
                if (caller < 3) {
                  expect(200, pool.node().beat(List.of(pool.report(0, 0))));
                  Pauses.of(Duration.ofMillis(300));
                } else {
                  pool.pin(3 + (i + caller) % 9);
                  Pauses.of(Duration.ofMillis(400));
                }
                if (caller == 0 && i == 4) {
                  fleet.replicas().get(1).kill();
                }
                if (caller == 0 && i == 7) {
                  fleet.replicas().get(1).start().awaitReady();
                }
                if (caller == 0) {
                  expect(202, measured.node().metrics("", batch(measured.id(), i)));
                }
              }
              return null;
            });
    happened = Instant.now();
  }

  @AfterAll
  static void stop() {
    fleet.close();
  }

  /** Two pools at 10 and 2, then 2 and 2, then 2 and 10: never more than 12 at one instant. */
  private static void thePeakOfTheBrief() {
    var node = Node.create(fleet);
    var a = node.pool(0, 20);
    var b = node.pool(0, 20);
    for (int[] sizes : new int[][] {{10, 2}, {2, 2}, {2, 10}}) {
      expect(200, node.beat(List.of(a.report(sizes[0], 50), b.report(sizes[1], 50))));
    }
  }

  /** It reports no instances, so that it does not count in totals; overrides move its target. */
  private static Pool pinnable() {
    var pool = Node.create(fleet).pool(0, 20);
    pool.policy(Pool.CPU_60, false);
    pool.managed().beat(0, 0);
    return pool;
  }

  private static String batch(int pool, int number) {
    var samples = new ArrayList<String>();
    for (int i = 0; i < SAMPLES / 10; i++) {
      samples.add(
          "{\"pool_id\":%d,\"metric_type\":\"cpu\",\"value\":%d,\"unit\":\"percent\"}"
              .formatted(pool, number));
    }
    return "{\"batch_id\":\"%s\",\"samples\":[%s]}"
        .formatted(UUID.randomUUID(), String.join(",", samples));
  }

  @Test
  void a15ThePeakIsOfOneInstant() {
    awaitTheMinute();

    var newest = rows().getFirst();
    assertThat(newest.path("peak_instances_24h").asInt()).isEqualTo(12);
    assertThat(newest.path("total_current_instances").asInt()).isEqualTo(12);
  }

  @Test
  void a17TwoReplicasAreAsOne() {
    awaitTheMinute();

    List<Long> minutes =
        rows().reversed().stream()
            .map(row -> Instant.parse(row.path("timestamp").asText()).getEpochSecond())
            .toList();
    assertThat(minutes).hasSizeGreaterThanOrEqualTo(2);
    assertThat(minutes)
        .containsExactlyElementsOf(
            LongStream.range(0, minutes.size())
                .mapToObj(i -> minutes.getFirst() + 60 * i)
                .toList());

    for (Pool pool : pinned) {
      List<Long> generations =
          pool.decisions().stream()
              .filter(decision -> !decision.path("event").asText().equals("NO_ACTION"))
              .map(decision -> decision.path("generation").asLong())
              .toList();
      assertThat(generations).as("it was moved at all").hasSizeGreaterThan(3);
      assertThat(generations)
          .containsExactlyElementsOf(
              LongStream.rangeClosed(1, generations.size()).boxed().toList());
      assertThat(pool.read().body().path("generation").asLong()).isEqualTo(generations.getLast());
    }

    assertThat(silent.life()).filteredOn(line -> line.startsWith("WENT")).hasSize(1);
    assertThat(scheduled.codes())
        .filteredOn(code -> code.equals("SCALE_UP SCHEDULE_EXACT 7"))
        .hasSize(1);
    assertThat(scheduled.codes().stream().distinct()).hasSameSizeAs(scheduled.codes());
    Eventually.holds(
        Duration.ofSeconds(20),
        () -> {
          assertThat(
                  number(
                      "SELECT coalesce(sum(n), 0) FROM autoscaler.metrics_rollup WHERE bucket_seconds = 60 AND pool_id = "
                          + pinned.getFirst().id()))
              .isEqualTo(SAMPLES);
          var seals = expect(200, fleet.api().as("admin").get("/audit-logs/verify")).body();
          assertThat(seals.path("valid").asBoolean()).isTrue();
          assertThat(seals.path("unsealed").asInt()).isZero();
        });
    assertThat(
            number(
                """
                SELECT count(*) FROM autoscaler.audit_logs a
                 WHERE (SELECT count(*) FROM autoscaler.audit_seals s WHERE a.id BETWEEN s.from_id AND s.to_id) <> 1
                """))
        .as("rows under no seal or under two")
        .isZero();
  }

  /** The row of the minute in which everything happened. */
  private static void awaitTheMinute() {
    Eventually.holds(
        A_MINUTE_AND_ITS_ROW,
        () -> {
          Pauses.of(Duration.ofMillis(500));
          assertThat(Instant.parse(rows().getFirst().path("timestamp").asText())).isAfter(happened);
        });
  }

  /** Newest first. */
  private static List<JsonNode> rows() {
    var rows = new ArrayList<JsonNode>();
    expect(200, fleet.api().as("user").get("/analytics/system/history?limit=200"))
        .body()
        .path("items")
        .forEach(rows::add);
    return rows;
  }

  private static long number(String sql) {
    return ((Number) java.util.Objects.requireNonNull(fleet.database().value(sql))).longValue();
  }
}
