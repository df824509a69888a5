package dev.quintet.e2e.autoscaler;

import static dev.quintet.e2e.autoscaler.Autoscaler.expect;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.common.testing.Eventually;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** What is decided, from heartbeats, schedules, what-ifs and back-tests. */
@ResourceLock(value = "autoscaler", mode = ResourceAccessMode.READ)
class ScalingE2E {
  private static final Duration SOON = Duration.ofSeconds(30);

  @Test
  void a6TraceA() {
    Map<String, Object> request =
        Map.of(
            "trace", Map.of("demand", traceA()),
            "start_instances", 2,
            "candidates",
                List.of(
                    way("plain", Map.of()),
                    way("max5", Map.of("max_instances", 5)),
                    way("short", Map.of("behavior", Map.of("scale_in_window_seconds", 60))),
                    Map.of("name", "origin", "origin_rule", true)));
    var pool = Node.create().pool(2, 10);
    var done = pool.backtest(request);

    assertThat(changes(done, "plain")).containsExactly("10: 2→4", "11: 4→7", "24: 7→2");
    assertThat(figure(done, "plain", "instance_minutes")).isEqualTo(147);
    assertThat(figure(done, "plain", "saturated_minutes")).isEqualTo(2);
    assertThat(figure(done, "plain", "minutes_over_target")).isEqualTo(2);
    assertThat(changes(done, "max5")).containsExactly("10: 2→4", "11: 4→5", "24: 5→2");
    assertThat(figure(done, "max5", "instance_minutes")).isEqualTo(121);
    assertThat(figure(done, "max5", "minutes_over_target")).isEqualTo(10);
    assertThat(changes(done, "short")).last().asString().startsWith("20: ");
    assertThat(figure(done, "short", "instance_minutes")).isEqualTo(127);
    assertThat(changes(done, "origin")).containsExactly("10: 2→3", "15: 3→4", "20: 4→3", "25: 3→2");
    assertThat(figure(done, "origin", "saturated_minutes")).isEqualTo(10);

    // I30: whichever replica computes it, and whenever.
    String hash = done.path("result_hash").asText();
    assertThat(hash).hasSize(64);
    assertThat(pool.backtest(request).path("result_hash").asText()).isEqualTo(hash);

    var uncapped =
        pool.backtest(
            Map.of(
                "trace",
                Map.of("demand", traceA()),
                "start_instances",
                2,
                "capped",
                false,
                "candidates",
                List.of(way("plain", Map.of()))));
    assertThat(changes(uncapped, "plain")).containsExactly("10: 2→7", "24: 7→2");
    assertThat(figure(uncapped, "plain", "instance_minutes")).isEqualTo(150);
  }

  @Test
  void a7TraceSIsCalmWithItsMemoryAndFlapsWithoutInOneComparison() {
    var demand = IntStream.range(0, 60).map(minute -> minute / 2 % 2 == 0 ? 300 : 150).boxed();
    var immediate = Map.of("scale_in_window_seconds", 0, "cooldown_in_seconds", 0);
    var done =
        Node.create()
            .pool(1, 10)
            .backtest(
                Map.of(
                    "trace", Map.of("demand", demand.toList()),
                    "start_instances", 5,
                    "candidates",
                        List.of(
                            way("calm", Map.of()),
                            way("flapping", Map.of("behavior", immediate)))));

    assertThat(changes(done, "calm")).isEmpty();
    assertThat(changes(done, "flapping")).hasSize(29);
  }

  @Test
  void a8TheArithmeticIsExact() {
    var pool = Node.create().pool(1, 100).behavior(Pool.IMMEDIATE);
    assertThat(wish(pool, 25, 14, 50).path("target").asInt()).isEqualTo(7);
    assertThat(wish(pool, 50, 7, 50).path("target").asInt()).isEqualTo(7);
    for (double edge : new double[] {66, 54}) {
      var inBand = wish(pool, 10, edge, 60);
      assertThat(inBand.path("event").asText()).isEqualTo("NO_ACTION");
      assertThat(inBand.path("code").asText()).isEqualTo("WITHIN_TOLERANCE");
    }
    assertThat(wish(pool, 10, 66.1, 60).path("target").asInt()).isEqualTo(12);

    int size = 10;
    var sizes = new ArrayList<>(List.of(size));
    for (int cpu : new int[] {60, 70, 40, 30}) {
      pool.beat(size, 50);
      size =
          pool.whatIf(Map.of("metrics", Map.of("cpu", cpu), "policies", List.of(amazonsSteps())))
              .path("target")
              .asInt();
      sizes.add(size);
    }
    assertThat(sizes).containsExactly(10, 11, 14, 13, 10);

    var rates =
        List.of(
            Map.of("type", "percent", "value", 10, "period_seconds", 60),
            Map.of("type", "instances", "value", 4, "period_seconds", 60));
    var slow = new HashMap<String, Object>(Pool.IMMEDIATE);
    slow.put("scale_in_rates", Map.of("select", "max", "rates", rates));
    var done =
        pool.backtest(
            Map.of(
                "trace", Map.of("demand", Collections.nCopies(20, 60)),
                "start_instances", 80,
                "candidates", List.of(way("slow", Map.of("behavior", slow)))));
    assertThat(changes(done, "slow"))
        .startsWith("0: 80→72", "1: 72→64")
        .anyMatch(change -> change.endsWith(": 40→36"))
        .anyMatch(change -> change.endsWith(": 36→32"));
  }

  @Test
  void a9SchedulesSetRaiseAndEndByTheWall() {
    var pool = Node.create().pool(2, 10);
    pool.policy(Pool.CPU_60, false);
    pool.managed().beat(5, 90);
    int hours = pool.schedule("exact", "09:00", "17:00", 5);
    var busy = Map.<String, Object>of("cpu", 90);

    var held = pool.whatIf(Map.of("metrics", busy, "at", tomorrow("10:00")));
    assertThat(held.path("target").asInt()).isEqualTo(5);
    assertThat(held.path("code").asText()).isEqualTo("SCHEDULE_EXACT");
    assertThat(held.path("warnings"))
        .extracting(JsonNode::asText)
        .contains("SCHEDULE_HOLDS_BACK_SCALE_OUT");
    expect(
        200, Autoscaler.as("devops").send("PATCH", "/schedules/" + hours, Map.of("mode", "floor")));
    assertThat(pool.whatIf(Map.of("metrics", busy, "at", tomorrow("10:00"))).path("target").asInt())
        .isEqualTo(8);
    var after = pool.whatIf(Map.of("metrics", busy, "at", tomorrow("17:00")));
    assertThat(after.hasNonNull("schedule")).as(after.toString()).isFalse();

    expect(204, Autoscaler.as("devops").send("DELETE", "/schedules/" + hours, null));
    schedule(pool, "22:00", "06:00", "UTC", 1);
    assertThat(exact(pool, "2026-05-04T00:00:00Z", "2026-05-07T00:00:00Z"))
        .containsExactly("2026-05-04T22:00:00Z/2026-05-05T06:00:00Z");

    assertThat(berlin("01:30", "02:30")).containsExactly(30L, 90L);
    assertThat(berlin("02:10", "02:50")).containsExactly(0L, 80L);
    assertThat(berlin("22:00", "06:00")).containsExactly(420L, 540L);
  }

  @Test
  void a10ADryRunCorrectsNoLimits() {
    var pool = Node.create().pool(2, 10);
    pool.policy(Pool.CPU_60, true);
    pool.managed();
    for (int beat = 0; beat < 3; beat++) {
      assertThat(pool.beat(12, 60).path("target_instances").asInt()).isEqualTo(12);
    }

    assertThat(pool.decisions())
        .anySatisfy(decision -> {
          assertThat(decision.path("code").asText()).isEqualTo("LIMIT_CORRECTION");
          assertThat(decision.path("dry_run").asBoolean()).isTrue();
          assertThat(decision.path("target").asInt()).isEqualTo(10);
        });
    assertThat(pool.decisions()).allMatch(decision -> decision.path("dry_run").asBoolean());
    assertThat(pool.read().body().path("target_instances").asInt()).isEqualTo(12);
  }

  /** The policy calls ten seconds stale, so that the four minutes need not be waited for. */
  @Test
  void a11WithoutDataNothingIsTakenAwayAndItsReturnIsNormal() {
    var node = Node.create().every(1);
    var pool = node.pool(2, 10).behavior(Pool.IMMEDIATE);
    var policy = new HashMap<>(Pool.CPU_60);
    policy.putAll(Map.of("max_age_seconds", 10, "window_seconds", 10));
    pool.policy(policy, false);
    pool.managed();
    assertThat(pool.beat(6, 60).path("target_instances").asInt()).isEqualTo(6);

    // The node lives and says nothing of its pool.
    Eventually.holds(
        SOON,
        () -> {
          dev.quintet.e2e.fleet.Pauses.of(Duration.ofMillis(700));
          expect(200, node.send(Map.of("status", "active")));
          assertThat(pool.codes()).contains("NO_ACTION METRICS_STALE 6");
        });
    // Now it is silent altogether.
    Eventually.holds(SOON, () -> assertThat(pool.codes()).contains("NO_ACTION NODE_OFFLINE 6"));
    assertThat(pool.decisions())
        .noneMatch(decision -> decision.path("event").asText().equals("SCALE_DOWN"));

    var back = pool.beat(6, 10);
    assertThat(back.path("event").asText()).isEqualTo("SCALE_DOWN");
    assertThat(back.path("target_instances").asInt()).isEqualTo(2);
  }

  private static List<Integer> traceA() {
    var demand = new ArrayList<>(Collections.nCopies(10, 120));
    demand.addAll(Collections.nCopies(10, 420));
    demand.addAll(Collections.nCopies(20, 90));
    return demand;
  }

  private static Map<String, Object> way(String name, Map<String, Object> more) {
    var way = new HashMap<String, Object>(more);
    way.put("name", name);
    way.put("policies", List.of(Pool.CPU_60));
    return way;
  }

  /** Minute and change of each decision that changed the target. */
  private static List<String> changes(JsonNode done, String candidate) {
    return StreamSupport.stream(of(done, candidate).path("decisions").spliterator(), false)
        .filter(decision -> !decision.path("event").asText().equals("NO_ACTION"))
        .map(decision ->
            OffsetDateTime.parse(decision.path("at").asText()).getMinute()
                + ": "
                + decision.path("previous_target").asInt()
                + "→"
                + decision.path("target").asInt())
        .toList();
  }

  private static int figure(JsonNode done, String candidate, String name) {
    return of(done, candidate).path("figures").path(name).asInt(-1);
  }

  private static JsonNode of(JsonNode done, String candidate) {
    for (JsonNode result : done.path("result")) {
      if (result.path("name").asText().equals(candidate)) {
        return result;
      }
    }
    throw new AssertionError("no " + candidate + " in " + done);
  }

  /** Of so many instances at this utilisation, tracked to a target. */
  private static JsonNode wish(Pool pool, int instances, double cpu, int target) {
    pool.beat(instances, 50);
    var policy = new HashMap<>(Pool.CPU_60);
    policy.put("target", target);
    return pool.whatIf(Map.of("metrics", Map.of("cpu", cpu), "policies", List.of(policy)));
  }

  private static Map<String, Object> amazonsSteps() {
    return Map.of(
        "name",
        "steps",
        "type",
        "step",
        "metric",
        "cpu",
        "threshold",
        50,
        "breach_points",
        1,
        "of_points",
        1,
        "adjustment_type",
        "percent",
        "steps",
        List.of(
            Map.of("upper", -20, "adjustment", -30),
            Map.of("lower", -20, "upper", -10, "adjustment", -10),
            Map.of("lower", -10, "upper", 0, "adjustment", 0),
            Map.of("lower", 0, "upper", 10, "adjustment", 0),
            Map.of("lower", 10, "upper", 20, "adjustment", 10),
            Map.of("lower", 20, "adjustment", 30)));
  }

  private static String tomorrow(String time) {
    return LocalDate.now(ZoneOffset.UTC).plusDays(1) + "T" + time + ":00Z";
  }

  private static void schedule(Pool pool, String start, String end, String zone, int days) {
    expect(
        201,
        Autoscaler.as("devops")
            .post(
                "/schedules",
                Map.of(
                    "pool_id", pool.id(),
                    "name", "window",
                    "start_time", start,
                    "end_time", end,
                    "timezone", zone,
                    "days_of_week", days,
                    "target_instances", 3)));
  }

  /** When a schedule sets the number. */
  private static List<String> exact(Pool pool, String from, String to) {
    var plan =
        expect(
                200,
                Autoscaler.as("user")
                    .get("/pools/%d/schedule-plan?from=%s&to=%s".formatted(pool.id(), from, to)))
            .body();
    return StreamSupport.stream(plan.path("stretches").spliterator(), false)
        .filter(stretch -> stretch.hasNonNull("exact"))
        .map(stretch -> stretch.path("from").asText() + "/" + stretch.path("to").asText())
        .toList();
  }

  /** Minutes of a window that starts in Berlin's nights of change: forward, then back. */
  private static List<Long> berlin(String start, String end) {
    var pool = Node.create().pool(1, 10);
    // Saturday night for the one that passes midnight, else Sunday.
    boolean overnight = start.compareTo(end) > 0;
    schedule(pool, start, end, "Europe/Berlin", overnight ? 1 << 5 : 1 << 6);
    return List.of(
        minutes(exact(pool, "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z")),
        minutes(exact(pool, "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z")));
  }

  private static long minutes(List<String> spans) {
    return spans.stream()
        .map(span -> span.split("/"))
        .mapToLong(
            span -> Duration.between(Instant.parse(span[0]), Instant.parse(span[1])).toMinutes())
        .sum();
  }
}
