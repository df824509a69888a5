package dev.quintet.tracker.lease;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.tracker.testing.Bot;
import dev.quintet.tracker.testing.Ledger;
import dev.quintet.tracker.testing.Refused;
import dev.quintet.tracker.testing.Session;
import dev.quintet.tracker.testing.TrackerDatabase;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Any order of any calls, with time passing between them: after every step the tables, the log and
 * what the pods were told must agree. A failing run names its seed and the steps that led there.
 */
class RandomOperationsIT {
  private static final TrackerDatabase DATABASE = TrackerDatabase.get();
  private static final int STEPS = 120;
  private static final int SHARDS = 5;

  /** How the holder of a live fenced lease may change (I3). */
  private record Allowed(Set<String> releasing, boolean anybody) {}

  private record Lease(
      @Nullable String instance, @Nullable String incarnation, long epoch, boolean guarded) {}

  private final Session owner = DATABASE.emptied().owner();
  private final Session service = DATABASE.service();
  private final List<String> steps = new ArrayList<>();
  private final List<Bot> bots = new ArrayList<>();
  private final List<SortedMap<Integer, Long>> told = new ArrayList<>();

  static LongStream seeds() {
    return LongStream.concat(
        LongStream.of(1, 2, 3, 4, 5),
        LongStream.of(ThreadLocalRandom.current().nextInt(1_000_000)));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void keepEveryInvariantInAnyOrder(long seed) {
    var random = new Random(seed);
    Object unused =
        owner.value("SELECT tracker.create_cluster('c', ?, '{\"max_concurrency\":4}')", SHARDS);
    for (String name : List.of("a", "b", "d", "e", "u")) {
      bots.add(Bot.of(service, "c", name).inPod("pod-" + name));
      told.add(new TreeMap<>());
    }
    for (int step = 0; step < STEPS; step++) {
      SortedMap<Integer, Lease> before = leases();
      Allowed allowed = turn(random);
      try {
        Ledger.check(owner);
        assertThatHoldersChangedLawfully(before, leases(), allowed);
      } catch (AssertionError e) {
        throw new AssertionError("after:\n" + String.join("\n", steps) + "\n" + e.getMessage(), e);
      }
    }
  }

  private Allowed turn(Random random) {
    int number = random.nextInt(bots.size());
    Bot bot = bots.get(number);
    SortedMap<Integer, Long> held = told.get(number);
    var nobody = new Allowed(Set.of(), false);
    switch (random.nextInt(20)) {
      case 0, 1, 2, 3 -> {
        int want = 1 + random.nextInt(3);
        int min = 1 + random.nextInt(want);
        boolean standby = random.nextBoolean();
        step(
            bot.id() + " acquires " + want + " (min " + min + ", standby " + standby + ")",
            () -> learn(number, bot.acquire(want, min, want + random.nextInt(2), standby)));
      }
      case 4, 5 -> step(bot.id() + " polls", () -> learn(number, bot.poll()));
      case 6, 7 ->
          step(
              bot.id() + " renews " + held,
              () ->
                  held.keySet()
                      .removeIf(shard ->
                          !"renewed"
                              .equals(
                                  bot.renew(new TreeMap<>(Map.of(shard, epoch(held, shard))))
                                      .get(shard))));
      case 8 -> {
        var some = new TreeMap<>(held);
        some.keySet().removeIf(shard -> random.nextInt(3) == 0);
        boolean prefer = random.nextInt(4) == 0;
        step(
            bot.id() + " releases " + some,
            () -> {
              if (!some.isEmpty()) {
                var released = bot.release(some, "s", 1L, prefer ? "b" : null);
                held.keySet().removeAll(released.keySet());
              }
            });
        return new Allowed(Set.of(bot.id()), false);
      }
      case 9 -> {
        step(bot.id() + " restarts", () -> {});
        bots.set(
            number,
            random.nextInt(4) == 0
                ? bot.restarted().inPod("new-" + random.nextInt())
                : bot.restarted());
        held.clear();
      }
      case 10 -> {
        int shard = random.nextInt(SHARDS);
        int hold = random.nextInt(2) * 5000;
        step(
            "revoke " + shard,
            () ->
                service.run(
                    "SELECT tracker.revoke_shard('c', %d, 'test', %d)".formatted(shard, hold)));
        return new Allowed(Set.of(), true);
      }
      case 11, 12 -> {
        String name = List.of("u", "v", "w").get(random.nextInt(3));
        step(
            name + " upserts",
            () ->
                service.run(
                    "SELECT * FROM tracker.upsert_instance_assignment('%s', 'c')".formatted(name)));
      }
      case 13, 14, 15 -> {
        String sql = direct(random);
        step(sql, () -> service.run(sql));
      }
      case 16 -> step("tick", () -> service.run("SELECT tracker.tick_cluster('c')"));
      case 17 -> {
        int minutes = random.nextInt(2) * 5;
        step(
            "cleanup " + minutes + " min",
            () ->
                service.run(
                    "SELECT * FROM tracker.cleanup_stale_assignments('%d min')"
                        .formatted(minutes)));
      }
      case 18 -> {
        if (!held.isEmpty()) {
          int shard = held.firstKey();
          int attempt = 1 + random.nextInt(3);
          step(
              bot.id() + " identifies " + shard,
              () -> {
                JsonNode unused = bot.identify(shard, epoch(held, shard), attempt, 30_000);
              });
        }
      }
      default -> {
        int seconds = List.of(3, 20, 60, 400).get(random.nextInt(4));
        int part = random.nextInt(4);
        step(seconds + " s pass for part " + part, () -> pass(seconds, part));
      }
    }
    return nobody;
  }

  private static long epoch(SortedMap<Integer, Long> held, int shard) {
    return Objects.requireNonNull(held.get(shard));
  }

  private static String direct(Random random) {
    String name = List.of("u", "v", "w", "a").get(random.nextInt(4));
    String status = List.of("active", "inactive", "starting").get(random.nextInt(3));
    int shard = random.nextInt(SHARDS + 1);
    return (switch (random.nextInt(6)) {
          case 0, 1 ->
              "INSERT INTO tracker.cluster_management (instance_id, cluster_name, shard_id, status) VALUES ('%1$s', 'c', %3$d, '%2$s')";
          case 2 ->
              "UPDATE tracker.cluster_management SET status = '%2$s', last_heartbeat = now() WHERE instance_id = '%1$s'";
          case 3 -> "DELETE FROM tracker.cluster_management WHERE instance_id = '%1$s'";
          case 4 ->
              "UPDATE tracker.cluster_management SET shard_id = %3$d WHERE instance_id = '%1$s'";
          default ->
              """
              INSERT INTO tracker.cluster_management (instance_id, cluster_name, shard_id) VALUES ('%1$s', 'c', %3$d)
              ON CONFLICT (instance_id, cluster_name) DO UPDATE SET shard_id = EXCLUDED.shard_id\
              """;
        })
        .formatted(name, status, shard);
  }

  /** Moves the deadlines of some leases, and every other clock, into the past. */
  private void pass(int seconds, int part) {
    owner.run(
        """
        BEGIN;
        UPDATE tracker.shard_leases SET expires_at = expires_at - interval '%1$d s', renewed_at = renewed_at - interval '%1$d s' WHERE shard_id %% 4 <= %2$d;
        UPDATE tracker.shard_leases SET reserved_until = reserved_until - interval '%1$d s', freed_at = freed_at - interval '%1$d s';
        UPDATE tracker.clusters SET takeover_not_before = takeover_not_before - interval '%1$d s', hold_started_at = hold_started_at - interval '%1$d s';
        UPDATE tracker.instances SET last_seen = last_seen - interval '%1$d s', offered_at = offered_at - interval '%1$d s';
        SET LOCAL tracker.sync = 'off';
        UPDATE tracker.cluster_management SET last_heartbeat = last_heartbeat - interval '%1$d s';
        COMMIT
        """
            .formatted(seconds, part));
  }

  /** I5: what a reply says, the table says. */
  private void learn(int number, JsonNode reply) {
    if (!reply.has("shards")) {
      return;
    }
    SortedMap<Integer, Long> grants = Bot.grants(reply);
    told.get(number).clear();
    told.get(number).putAll(grants);
    Bot bot = bots.get(number);
    assertThat(
            owner.lines(
                "SELECT shard_id, epoch FROM tracker.shard_leases WHERE instance_id = ? AND incarnation = ? AND fenced ORDER BY 1",
                bot.id(),
                bot.incarnation()))
        .as("leases of %s", bot.id())
        .containsExactlyElementsOf(
            grants.entrySet().stream().map(e -> e.getKey() + "|" + e.getValue()).toList());
  }

  private void step(String name, Runnable call) {
    String outcome = "";
    try {
      call.run();
    } catch (Refused e) {
      outcome = " -> " + e.kind();
      assertThat(e.kind())
          .as("refusal of: %s, after:\n%s", name, String.join("\n", steps))
          .matches(
              "TK409 .*|TK410 stale_epoch|TK404 unknown_instance|23505 (shard_held|instance_fenced|cluster_management_.*)");
    }
    steps.add(name + outcome);
  }

  private SortedMap<Integer, Lease> leases() {
    var leases = new TreeMap<Integer, Lease>();
    for (var row :
        owner.rows(
            """
            SELECT shard_id, instance_id, incarnation::text AS incarnation, epoch,
                   instance_id IS NOT NULL AND fenced AND expires_at > clock_timestamp() - interval '5 s' AS guarded
              FROM tracker.shard_leases
            """)) {
      leases.put(
          (Integer) Objects.requireNonNull(row.get("shard_id")),
          new Lease(
              (String) row.get("instance_id"),
              (String) row.get("incarnation"),
              (Long) Objects.requireNonNull(row.get("epoch")),
              Boolean.TRUE.equals(row.get("guarded"))));
    }
    return leases;
  }

  /** I2 and I3. */
  private static void assertThatHoldersChangedLawfully(
      SortedMap<Integer, Lease> before, SortedMap<Integer, Lease> after, Allowed allowed) {
    var released = new HashSet<>(allowed.releasing());
    after.forEach((shard, now) -> {
      Lease was = Objects.requireNonNull(before.get(shard));
      assertThat(now.epoch()).as("epoch of shard %s", shard).isGreaterThanOrEqualTo(was.epoch());
      boolean sameProcess =
          Objects.equals(was.instance(), now.instance())
              && Objects.equals(was.incarnation(), now.incarnation());
      if (now.instance() != null && !sameProcess) {
        assertThat(now.epoch()).as("epoch of shard %s", shard).isGreaterThan(was.epoch());
      }
      if (was.guarded() && !Objects.equals(was.instance(), now.instance())) {
        assertThat(allowed.anybody() || released.contains(was.instance()))
            .as("shard %s left its live holder %s", shard, was.instance())
            .isTrue();
      }
    });
  }
}
