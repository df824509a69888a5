package dev.quintet.tracker.lease;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.common.testing.Race;
import dev.quintet.tracker.testing.Bot;
import dev.quintet.tracker.testing.Ledger;
import dev.quintet.tracker.testing.Refused;
import dev.quintet.tracker.testing.Session;
import dev.quintet.tracker.testing.TrackerDatabase;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Many callers at once, each on a connection of its own. */
class LeaseRaceIT {
  private static final TrackerDatabase DATABASE = TrackerDatabase.get();

  private final Session owner = DATABASE.emptied().owner();
  private final AtomicInteger deadlocks = new AtomicInteger();

  @AfterEach
  void everyInvariantHolds() {
    Ledger.check(owner);
  }

  private void cluster(String name, int total, String settings) {
    Object unused =
        owner.value("SELECT tracker.create_cluster(?, ?, ?::jsonb)", name, total, settings);
  }

  private List<Bot> bots(int count, String cluster) {
    return IntStream.range(0, count)
        .mapToObj(i -> Bot.of(DATABASE.service(i), cluster, "pod-" + i))
        .toList();
  }

  /**
   * What the call answered, or how it was refused; deadlocks are tried again, as the service does.
   */
  private String outcome(Supplier<String> call) {
    for (int attempt = 0; ; attempt++) {
      try {
        return call.get();
      } catch (Refused e) {
        if (!e.state().equals("40P01") || attempt == 10) {
          return e.kind();
        }
        deadlocks.incrementAndGet();
      }
    }
  }

  private List<String> outcomes(int callers, java.util.function.IntFunction<String> call) {
    return Race.of(callers, number -> () -> outcome(() -> call.apply(number)));
  }

  private static String shards(JsonNode reply) {
    return Bot.grants(reply).keySet().toString();
  }

  @Test
  void ninePodsNeverShareEightShards() {
    for (int round = 0; round < 40; round++) {
      cluster("round-" + round, 8, "{}");
      List<Bot> pods = bots(9, "round-" + round);

      assertThat(outcomes(9, pod -> shards(pods.get(pod).acquire(1))))
          .containsExactlyInAnyOrder(
              "[0]", "[1]", "[2]", "[3]", "[4]", "[5]", "[6]", "[7]", "TK409 no_shard_available");
    }
    assertThat(deadlocks).hasValue(0);
  }

  @Test
  void fortyPodsFillThirtyTwoShardsAndQueueInPlacesOneToEight() {
    cluster("c", 32, "{}");
    List<Bot> pods = bots(40, "c");

    List<String> told =
        outcomes(
            40,
            pod -> {
              JsonNode reply = pods.get(pod).queue(1);
              return reply.path("position").asText(shards(reply));
            });

    assertThat(told).doesNotHaveDuplicates();
    assertThat(told.stream().filter(answer -> !answer.startsWith("[")).sorted())
        .containsExactly("1", "2", "3", "4", "5", "6", "7", "8");
  }

  @Test
  void aRetryStormOfOneRequestIsOneShardAndOneEvent() {
    cluster("c", 8, "{}");
    List<Bot> pods = bots(6, "c");

    List<String> told =
        outcomes(30, call -> shards(pods.get(call % 6).by(DATABASE.service(call)).acquire(1)));

    for (int pod = 0; pod < 6; pod++) {
      int number = pod;
      assertThat(IntStream.range(0, 30).filter(i -> i % 6 == number).mapToObj(told::get).distinct())
          .hasSize(1);
    }
    assertThat(told.stream().distinct()).hasSize(6);
    assertThat(
            owner.lines(
                "SELECT kind, count(*) FROM tracker.shard_events GROUP BY kind ORDER BY kind"))
        .containsExactly("cluster.created|1", "instance.joined|6", "shard.acquired|6");
  }

  @Test
  void processesThatShareANameGetOneWinner() {
    for (int round = 0; round < 10; round++) {
      cluster("round-" + round, 8, "{}");
      String cluster = "round-" + round;

      assertThat(outcomes(6, i -> shards(Bot.of(DATABASE.service(i), cluster, "twin").acquire(1))))
          .containsExactlyInAnyOrder(
              "[0]",
              "TK409 instance_still_live",
              "TK409 instance_still_live",
              "TK409 instance_still_live",
              "TK409 instance_still_live",
              "TK409 instance_still_live");
    }
  }

  @Test
  void restartsOfOnePodLeaveExactlyOneProcessWithALiveEpoch() {
    cluster("c", 8, "{}");
    List<Bot> lives =
        IntStream.range(0, 8)
            .mapToObj(i -> Bot.of(DATABASE.service(i), "c", "pod").inPod("uid"))
            .toList();
    List<SortedMap<Integer, Long>> told =
        Race.of(8, i -> () -> Bot.grants(lives.get(i).acquire(2)));

    List<Boolean> renewed =
        IntStream.range(0, 8)
            .mapToObj(
                i -> lives.get(i).renew(told.get(i)).values().stream().allMatch("renewed"::equals))
            .toList();

    assertThat(renewed.stream().filter(live -> live)).hasSize(1);
    assertThat(told.stream().map(grants -> grants.get(0))).doesNotHaveDuplicates();
  }

  @Test
  void anExpiredLeaseIsEitherRenewedOrTakenButNotBoth() {
    for (int round = 0; round < 40; round++) {
      String cluster = "round-" + round;
      cluster(cluster, 1, "{}");
      Bot holder = Bot.of(DATABASE.service(0), cluster, "holder");
      Bot other = Bot.of(DATABASE.service(1), cluster, "other");
      var held = Bot.grants(holder.acquire(1));
      owner.run(
          "UPDATE tracker.shard_leases SET expires_at = now() - interval '6 s' WHERE cluster_name = '%s'"
              .formatted(cluster));

      List<String> outcome =
          outcomes(
              2, number -> number == 0 ? holder.renew(held).toString() : shards(other.acquire(1)));

      assertThat(outcome)
          .isIn(
              List.of("{0=renewed}", "TK409 no_shard_available"), List.of("{0=taken_over}", "[0]"));
    }
    assertThat(deadlocks).hasValue(0);
  }

  @Test
  void parallelReleasesOfOneGrantAreOneRelease() {
    cluster("c", 4, "{}");
    Bot pod = Bot.of(DATABASE.service(0), "c", "pod");
    var held = Bot.grants(pod.acquire(4));

    List<String> told =
        outcomes(5, call -> pod.by(DATABASE.service(call)).release(held).toString());

    assertThat(told).containsOnly("{0=released, 1=released, 2=released, 3=released}");
    assertThat(
            owner.number("SELECT count(*) FROM tracker.shard_events WHERE kind = 'shard.released'"))
        .isEqualTo(4);
  }

  @Test
  void directInsertsAndAcquisitionsOfOneShardHaveOneWinner() {
    for (int round = 0; round < 20; round++) {
      String cluster = "round-" + round;
      cluster(cluster, 1, "{}");

      List<String> told =
          outcomes(
              6,
              number -> {
                Session mine = DATABASE.service(number);
                if (number % 2 == 0) {
                  return shards(Bot.of(mine, cluster, "api-" + number).acquire(1));
                }
                mine.run(
                    "INSERT INTO tracker.cluster_management (instance_id, cluster_name, shard_id) VALUES ('sql-%d', '%s', 0)"
                        .formatted(number, cluster));
                return "inserted";
              });

      assertThat(told.stream().filter(answer -> answer.equals("[0]") || answer.equals("inserted")))
          .as(told.toString())
          .hasSize(1);
      assertThat(told)
          .allMatch(answer -> answer.matches("\\[0]|inserted|TK409 no_shard_available|23505 .*"));
    }
  }

  @Test
  void overlappingBatchesOfHeartbeatsNeverBlockEachOtherForGood() {
    cluster("c", 64, "{}");
    List<Bot> pods =
        IntStream.range(0, 16).mapToObj(i -> Bot.of(DATABASE.service(i), "c", "pod-" + i)).toList();
    var held = pods.stream().map(pod -> Bot.grants(pod.acquire(4))).toList();

    List<Integer> lost =
        Race.of(
            8,
            connection ->
                () -> {
                  var order = new ArrayList<>(IntStream.range(0, 16).boxed().toList());
                  var random = new Random(connection);
                  int missed = 0;
                  for (int i = 0; i < 25; i++) {
                    Collections.shuffle(order, random);
                    List<Integer> some = order.subList(0, 4 + random.nextInt(12));
                    String outcome =
                        outcome(() -> batch(DATABASE.service(connection), pods, held, some));
                    missed += outcome.equals("[renewed]") ? 0 : 1;
                  }
                  return missed;
                });

    assertThat(lost).containsOnly(0);
    assertThat(deadlocks).hasValue(0);
  }

  /** One heartbeat statement for several pods, shards in any order: the distinct outcomes. */
  private static String batch(
      Session by, List<Bot> pods, List<SortedMap<Integer, Long>> held, List<Integer> chosen) {
    var beats = new ArrayList<Integer>();
    var shards = new ArrayList<Integer>();
    var epochs = new ArrayList<Long>();
    for (int n = 0; n < chosen.size(); n++) {
      for (var grant :
          ((TreeMap<Integer, Long>) held.get(chosen.get(n))).descendingMap().entrySet()) {
        beats.add(n + 1);
        shards.add(grant.getKey());
        epochs.add(grant.getValue());
      }
    }
    return by.lines(
            """
            SELECT DISTINCT outcome FROM tracker.renew_leases(array_fill('c'::text, ARRAY[?]), ?::text[], ?::uuid[], '{}', '{}',
              ?::int[], ?::int[], ?::bigint[], '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')
            """,
            chosen.size(),
            chosen.stream().map(i -> pods.get(i).id()).collect(Collectors.joining(",", "{", "}")),
            chosen.stream()
                .map(i -> pods.get(i).incarnation().toString())
                .collect(Collectors.joining(",", "{", "}")),
            braces(beats),
            braces(shards),
            braces(epochs))
        .toString();
  }

  private static String braces(List<?> values) {
    return values.stream().map(String::valueOf).collect(Collectors.joining(",", "{", "}"));
  }

  @Test
  void aStormOfEverythingEndsInTablesThatTheEventLogExplains() {
    cluster("c", 8, "{\"lease_ttl_ms\":6000,\"takeover_grace_ms\":0}");
    int callers = 12;
    int turns = 40;

    List<List<String>> surprises = Race.of(callers, number -> () -> storm(number, turns));

    assertThat(surprises.stream().flatMap(List::stream)).isEmpty();
    assertThat(deadlocks.get()).as("deadlocks, each tried again").isLessThan(callers * turns / 10);
    System.getLogger("race").log(System.Logger.Level.INFO, deadlocks + " deadlocks tried again");
  }

  /** Refusals that no rule explains. */
  private List<String> storm(int number, int turns) {
    var random = new Random(number);
    var surprises = new ArrayList<String>();
    Session mine = DATABASE.service(number);
    Bot me = Bot.of(mine, "c", "pod-" + number).inPod("uid-" + number);
    SortedMap<Integer, Long> held = new TreeMap<>();
    for (int turn = 0; turn < turns; turn++) {
      Bot now = me;
      SortedMap<Integer, Long> mineNow = held;
      String told =
          outcome(() -> {
            switch (random.nextInt(12)) {
              case 0, 1, 2 -> {
                JsonNode reply =
                    random.nextBoolean() ? now.acquire(1 + random.nextInt(2)) : now.queue(1);
                mineNow.clear();
                mineNow.putAll(Bot.grants(reply));
              }
              case 3, 4, 5 -> mineNow.keySet().retainAll(renewed(now, mineNow));
              case 6, 7 -> {
                if (!mineNow.isEmpty()) {
                  var unused = now.release(mineNow);
                  mineNow.clear();
                }
              }
              case 8 -> mine.run("SELECT tracker.tick_cluster('c')");
              case 9 ->
                  mine.run("SELECT tracker.revoke_shard('c', %d)".formatted(random.nextInt(8)));
              case 10 ->
                  mine.run(
                      random.nextBoolean()
                          ? "INSERT INTO tracker.cluster_management (instance_id, cluster_name, shard_id) VALUES ('sql-%d', 'c', %d)"
                              .formatted(number, random.nextInt(8))
                          : "DELETE FROM tracker.cluster_management WHERE instance_id = 'sql-%d'"
                              .formatted(number));
              default ->
                  mine.run(
                      random.nextBoolean()
                          ? "SELECT * FROM tracker.cleanup_stale_assignments('0 s')"
                          : "SELECT * FROM tracker.upsert_instance_assignment('seed-%d', 'c')"
                              .formatted(number));
            }
            return "";
          });
      if (!told.matches("|TK409 no_shard_available|23505 shard_held|23505 cluster_management_.*")) {
        surprises.add("pod-" + number + " turn " + turn + ": " + told);
      }
    }
    return surprises;
  }

  private static List<Integer> renewed(Bot bot, SortedMap<Integer, Long> held) {
    return held.isEmpty()
        ? List.of()
        : bot.renew(held).entrySet().stream()
            .filter(shard -> shard.getValue().equals("renewed"))
            .map(Map.Entry::getKey)
            .toList();
  }

  @Test
  void identifySlotsOfABucketStayApartForTwoClustersOnOneApplication() {
    String settings = "{\"application_id\":\"app\",\"max_concurrency\":4}";
    cluster("east", 64, settings);
    cluster("west", 64, settings);
    for (String cluster : List.of("east", "west")) {
      assertThat(Bot.of(DATABASE.service(), cluster, "pod").acquire(64).get("granted").asInt())
          .isEqualTo(64);
    }

    // Each connection asks for four shards, and each question is asked by two.
    List<List<String>> permits =
        Race.of(
            32,
            connection ->
                () ->
                    IntStream.range(0, 8)
                        .mapToObj(i -> {
                          int shard = connection % 16 * 4 + i / 2;
                          Bot asking =
                              Bot.of(
                                  DATABASE.service(connection),
                                  i % 2 == 0 ? "east" : "west",
                                  "pod");
                          return asking.identify(shard, 1, 1, 3_600_000).get("permit_id").asText();
                        })
                        .toList());

    assertThat(permits.stream().flatMap(List::stream).distinct()).hasSize(128);
    assertThat(
            owner.lines(
                """
                SELECT bucket, count(*), min(gap) >= interval '5.5 s' FROM (
                  SELECT bucket, slot_at - lag(slot_at) OVER (PARTITION BY bucket ORDER BY slot_at) AS gap FROM tracker.identify_grants) AS g
                 GROUP BY bucket ORDER BY bucket
                """))
        .containsExactly("0|32|true", "1|32|true", "2|32|true", "3|32|true");
    assertThat(
            owner.value("SELECT remaining FROM tracker.applications WHERE application_id = 'app'"))
        .isEqualTo(1000 - 128);
  }

  @Test
  void theDailyBudgetIsSpentToTheReserveAndNotBelow() {
    cluster("c", 32, "{\"max_concurrency\":32}");
    assertThat(Bot.of(DATABASE.service(), "c", "pod").acquire(32).get("granted").asInt())
        .isEqualTo(32);
    owner.run("UPDATE tracker.applications SET remaining = 60");

    List<String> told =
        outcomes(
            32,
            shard -> {
              JsonNode reply =
                  Bot.of(DATABASE.service(shard), "c", "pod").identify(shard, 1, 1, 60_000);
              return reply.path("code").asText(reply.get("outcome").asText());
            });

    assertThat(told.stream().filter("granted"::equals)).hasSize(10);
    assertThat(told.stream().filter("session_start_budget_exhausted"::equals)).hasSize(22);
    assertThat(owner.value("SELECT remaining FROM tracker.applications")).isEqualTo(50);
  }

  @Test
  void aShardThatStartsTwelveTimesAtOnceIsBrakedAtTheSixth() {
    cluster("c", 1, "{}");
    assertThat(Bot.of(DATABASE.service(), "c", "pod").acquire(1).get("granted").asInt())
        .isEqualTo(1);

    List<String> told =
        outcomes(
            12,
            attempt -> {
              JsonNode reply =
                  Bot.of(DATABASE.service(attempt), "c", "pod")
                      .identify(0, 1, attempt + 1, 600_000);
              return reply.path("code").asText(reply.get("outcome").asText());
            });

    assertThat(told.stream().filter("granted"::equals)).hasSize(5);
    assertThat(told.stream().filter("shard_crash_loop"::equals)).hasSize(7);
    assertThat(
            owner.number(
                "SELECT count(*) FROM tracker.shard_events WHERE kind = 'shard.crash_loop'"))
        .isEqualTo(1);
  }

  /** The beat sees the lease as held when it begins, waits for its row, and finds it gone. */
  @Test
  void aBeatThatWaitedForARevocationIsToldOfIt() {
    cluster("c", 1, "{}");
    Bot pod = Bot.of(DATABASE.service(), "c", "pod");
    var grants = Bot.grants(pod.acquire(1));

    owner.run("BEGIN");
    Object revoked = owner.value("SELECT tracker.revoke_shard('c', 0, 'maintenance')");
    var told = CompletableFuture.supplyAsync(() -> pod.by(DATABASE.service(1)).renew(grants));
    DATABASE.awaitBlocked(1);
    owner.run("COMMIT");

    assertThat(revoked).isNotNull();
    assertThat(told.join()).isEqualTo(new TreeMap<>(Map.of(0, "revoked")));
  }
}
