package dev.quintet.tracker.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.tracker.testing.Bot;
import dev.quintet.tracker.testing.Ledger;
import dev.quintet.tracker.testing.Refused;
import dev.quintet.tracker.testing.Session;
import dev.quintet.tracker.testing.TrackerDatabase;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What must hold of leases, one caller at a time. Time passes by ageing rows. */
class LeaseInvariantsIT {
  private static final TrackerDatabase DATABASE = TrackerDatabase.get();
  private static final String ROWS =
      "SELECT l.*::text FROM tracker.shard_leases l ORDER BY cluster_name, generation, shard_id";

  private final Session owner = DATABASE.emptied().owner();
  private final Session service = DATABASE.service();

  @AfterEach
  void everyInvariantHolds() {
    Ledger.check(owner);
  }

  private void cluster(int total) {
    cluster("c", total, "{}");
  }

  private void cluster(String name, int total, String settings) {
    Object unused =
        owner.value("SELECT tracker.create_cluster(?, ?, ?::jsonb)", name, total, settings);
  }

  private Bot bot(String id) {
    return Bot.of(service, "c", id);
  }

  /** As if nobody had renewed for so long; the grace of the cluster is 5 s. */
  private void expired(String ago, String where) {
    owner.run(
        "UPDATE tracker.shard_leases SET expires_at = clock_timestamp() - interval '%s' WHERE %s"
            .formatted(ago, where));
  }

  private void tick() {
    service.run("SELECT tracker.tick_cluster('c')");
  }

  private static void assertRefused(String kind, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(Refused.class, e -> assertThat(e.kind()).isEqualTo(kind));
  }

  private List<String> events(String kind) {
    return owner.lines(
        "SELECT instance_id, shard_id, epoch FROM tracker.shard_events WHERE kind = ? ORDER BY id",
        kind);
  }

  private static SortedMap<Integer, Long> at(int shard, long epoch) {
    return new TreeMap<>(Map.of(shard, epoch));
  }

  @Nested
  class Acquire {
    @Test
    void givesTheLowestFreeShardsWithTheirFirstEpoch() {
      cluster(4);

      JsonNode reply = bot("a").acquire(2);

      assertThat(Bot.grants(reply)).isEqualTo(Map.of(0, 1L, 1, 1L));
      assertThat(reply.get("outcome").asText()).isEqualTo("granted");
      assertThat(reply.get("strategy").asText()).isEqualTo("first_assignment");
      assertThat(reply.get("valid_for_ms").asLong()).isBetween(44_000L, 45_000L);
    }

    @Test
    void repeatsTheSameAnswerToTheSameProcess() {
      cluster(4);
      Bot a = bot("a");
      var first = Bot.grants(a.acquire(2));
      long events = owner.number("SELECT count(*) FROM tracker.shard_events");

      JsonNode again = a.acquire(2);

      assertThat(Bot.grants(again)).isEqualTo(first);
      assertThat(again.get("outcome").asText()).isEqualTo("held");
      assertThat(owner.number("SELECT count(*) FROM tracker.shard_events")).isEqualTo(events);
    }

    @Test
    void saysWhatTheTableSaysInTheSameTransaction() {
      cluster(3);

      var told = Bot.grants(bot("a").acquire(3));

      assertThat(
              owner.lines(
                  "SELECT shard_id, epoch FROM tracker.shard_leases WHERE instance_id = 'a' ORDER BY 1"))
          .containsExactlyElementsOf(
              told.entrySet().stream().map(e -> e.getKey() + "|" + e.getValue()).toList());
    }

    @Test
    void refusesWhenAllAreHeldAndChangesNothing() {
      cluster(2);
      JsonNode unused = bot("a").acquire(2);
      List<String> before = owner.lines(ROWS);

      Refused refused = catchThrowableOfType(Refused.class, () -> bot("x").acquire(1));

      assertThat(refused.kind()).isEqualTo("TK409 no_shard_available");
      assertThat(refused.detail().get("total_shards").asInt()).isEqualTo(2);
      assertThat(refused.detail().get("live").asInt()).isEqualTo(2);
      assertThat(refused.detail().get("earliest_expiry_in_ms").asLong()).isBetween(1L, 45_000L);
      assertThat(owner.lines(ROWS)).isEqualTo(before);
      assertThat(owner.number("SELECT count(*) FROM tracker.instances WHERE instance_id = 'x'"))
          .isZero();
    }

    @Test
    void takesNothingWhenTheLeastCannotBeReached() {
      cluster(4);
      JsonNode unused = bot("a").acquire(2);
      List<String> before = owner.lines(ROWS);

      assertRefused("TK409 no_shard_available", () -> bot("b").acquire(4, 3, 4, false));

      assertThat(owner.lines(ROWS)).isEqualTo(before);
    }

    @Test
    void takesNothingForAStandbyThatCannotReachItsLeast() {
      cluster(4);
      JsonNode unused = bot("a").acquire(2);
      List<String> before = owner.lines(ROWS);

      JsonNode reply = bot("b").acquire(4, 3, 4, true);

      assertThat(reply.get("outcome").asText()).isEqualTo("standby");
      assertThat(reply.get("granted").asInt()).isZero();
      assertThat(owner.lines(ROWS)).isEqualTo(before);
    }

    @Test
    void givesWhatThereIsAboveTheLeast() {
      cluster(4);
      JsonNode unused = bot("a").acquire(2);

      JsonNode reply = bot("b").acquire(4, 2, 4, false);

      assertThat(Bot.grants(reply)).isEqualTo(Map.of(2, 1L, 3, 1L));
      assertThat(reply.get("short_by").asInt()).isEqualTo(2);
    }

    @Test
    void takesAnExpiredLeaseOnlyAfterTheGrace() {
      cluster(1);
      JsonNode unused = bot("a").acquire(1);

      expired("4.5 s", "true");
      assertRefused("TK409 no_shard_available", () -> bot("b").acquire(1));
      expired("5 s", "true");

      assertThat(Bot.grants(bot("b").acquire(1))).isEqualTo(at(0, 2));
    }

    @Test
    void movesTheSeedsRowOfAPodThatLosesItsLowestShard() {
      cluster(2);
      JsonNode unused = bot("a").acquire(2);
      expired("6 s", "shard_id = 0");

      assertThat(Bot.grants(bot("b").acquire(1))).isEqualTo(at(0, 2));
      assertThat(
              owner.lines(
                  "SELECT instance_id, shard_id FROM tracker.cluster_management ORDER BY shard_id"))
          .containsExactly("b|0", "a|1");
    }

    @Test
    void keepsTheEpochOfALateConfirmation() {
      cluster(1);
      Bot a = bot("a");
      JsonNode unused = a.acquire(1);
      expired("1 h", "true");

      assertThat(Bot.grants(a.acquire(1))).isEqualTo(at(0, 1));
      assertRefused("TK409 no_shard_available", () -> bot("b").acquire(1));
    }

    @Test
    void neverRestartsAnEpoch() {
      cluster(1);
      var epochs = new ArrayList<Long>();
      for (String id : List.of("a", "b", "a", "c")) {
        Bot bot = bot(id);
        var held = Bot.grants(bot.acquire(1));
        epochs.addAll(held.values());
        var unused = bot.release(held);
      }

      assertThat(epochs).containsExactly(1L, 2L, 3L, 4L);
    }

    @Test
    void knowsNoClusterThatNobodyMade() {
      assertRefused("TK404 unknown_cluster", () -> bot("a").acquire(1));
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "-1, 1", "5, 1", "2, 3", "2, 0", ", 1"})
    void refusesAWantOutOfBounds(Integer want, Integer min) {
      cluster(4);

      assertRefused(
          "22023 invalid_want",
          () ->
              service.json(
                  "SELECT tracker.acquire_shards('c', 'a', gen_random_uuid(), NULL, ?, ?)",
                  want,
                  min));
    }

    @Test
    void refusesMoreThan256Shards() {
      cluster(300);

      assertRefused("22023 invalid_want", () -> bot("a").acquire(257));
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '~',
        textBlock =
            """
            'c', 'a', NULL, NULL, 1                                              | invalid_incarnation
            'c', 'a', '00000000-0000-0000-0000-000000000000', NULL, 1            | invalid_incarnation
            'c', 'a', gen_random_uuid(), NULL, 1, p_min => NULL                  | invalid_want
            'c', 'a', gen_random_uuid(), NULL, 1, p_generation => 'last'         | invalid_generation
            'c', 'a', gen_random_uuid(), NULL, 1, p_generation => NULL           | invalid_generation
            NULL, 'a', gen_random_uuid(), NULL, 1                                | invalid_cluster_name
            'c', NULL, gen_random_uuid(), NULL, 1                                | invalid_instance_id
            """)
    void refusesWhatIsNoArgument(String arguments, String code) {
      cluster(4);

      assertRefused(
          "22023 " + code,
          () -> service.json("SELECT tracker.acquire_shards(%s)".formatted(arguments)));
    }
  }

  @Nested
  class Renew {
    @Test
    void movesTheDeadlineAndNothingElse() {
      cluster(2);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(1));
      owner.run(
          "UPDATE tracker.shard_leases SET expires_at = expires_at - interval '30 s' WHERE instance_id = 'a'");

      assertThat(a.renew(held)).isEqualTo(Map.of(0, "renewed"));
      assertThat(
              owner.line(
                  """
                  SELECT instance_id, epoch, state, expires_at > clock_timestamp() + interval '44 s', expires_at <= clock_timestamp() + interval '45 s'
                    FROM tracker.shard_leases WHERE shard_id = 0
                  """))
          .isEqualTo("a|1|ready|true|true");
    }

    @Test
    void isNoPlacement() {
      cluster(2);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(1));
      String before = owner.line("SELECT assignment_version, event_seq FROM tracker.clusters");

      var unused = a.renew(held);

      assertThat(owner.line("SELECT assignment_version, event_seq FROM tracker.clusters"))
          .isEqualTo(before);
    }

    @Test
    void isAllowedLateWhileNobodyTookTheShard() {
      cluster(1);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(1));
      expired("10 min", "true");

      assertThat(a.renew(held)).isEqualTo(Map.of(0, "renewed"));
      assertRefused("TK409 no_shard_available", () -> bot("b").acquire(1));
    }

    @Test
    void isLostOnceTheShardWasTaken() {
      cluster(1);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(1));
      expired("6 s", "true");
      Bot b = bot("b");
      var theirs = Bot.grants(b.acquire(1));
      List<String> before = owner.lines(ROWS);

      assertThat(a.renew(held)).isEqualTo(Map.of(0, "taken_over"));
      assertThat(owner.lines(ROWS)).isEqualTo(before);
      assertThat(b.renew(theirs)).isEqualTo(Map.of(0, "renewed"));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 2, -1, Long.MAX_VALUE})
    void changesNothingWithAWrongEpoch(long epoch) {
      cluster(1);
      Bot a = bot("a");
      var unused = Bot.grants(a.acquire(1));
      List<String> before = owner.lines(ROWS);

      assertThat(a.renew(at(0, epoch), "paused", "stolen-session", 99L))
          .isEqualTo(Map.of(0, "never_held"));
      assertThat(owner.lines(ROWS)).isEqualTo(before);
    }

    @Test
    void changesNothingForAnotherProcessOfTheSameName() {
      cluster(1);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(1));
      List<String> before = owner.lines(ROWS);

      assertThat(a.restarted().renew(held, "paused", "stolen-session", 99L))
          .isEqualTo(Map.of(0, "superseded"));
      assertThat(owner.lines(ROWS)).isEqualTo(before);
    }

    @Test
    void changesNothingForAnotherInstanceThatKnowsTheEpoch() {
      cluster(2);
      var held = Bot.grants(bot("a").acquire(1));
      Bot b = bot("b");
      JsonNode unused = b.acquire(1);
      List<String> before = owner.lines(ROWS);

      assertThat(b.renew(held)).isEqualTo(Map.of(0, "never_held"));
      assertThat(owner.lines(ROWS)).isEqualTo(before);
    }

    @Test
    void keepsTheHigherSequenceOfASession() {
      cluster(1);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(1));
      var unused = a.renew(held, "ready", "s1", 100L);

      var again = a.renew(held, "ready", "s1", 90L);

      assertThat(again).isEqualTo(Map.of(0, "renewed"));
      assertThat(owner.line("SELECT session_id, seq FROM tracker.shard_leases"))
          .isEqualTo("s1|100");
    }

    @Test
    void startsTheSequenceAnewWithANewSession() {
      cluster(1);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(1));
      var unused = a.renew(held, "ready", "s1", 100L);

      var again = a.renew(held, "ready", "s2", 3L);

      assertThat(again).isEqualTo(Map.of(0, "renewed"));
      assertThat(owner.line("SELECT session_id, seq FROM tracker.shard_leases")).isEqualTo("s2|3");
    }

    @Test
    void namesWhatIsHeldButNotReported() {
      cluster(3);
      Bot a = bot("a");
      JsonNode unused = a.acquire(3);

      assertThat(
              service.line(
                  """
                  SELECT shard_id, outcome, unlisted FROM tracker.renew_leases(ARRAY['c'], ARRAY['a'], ARRAY[?::uuid], '{1}', '{1}',
                    '{1}', '{1}', '{1}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')
                  """,
                  a.incarnation()))
          .isEqualTo("1|renewed|[0, 2]");
    }

    @Test
    void answersEachBeatOfAMixedBatch() {
      cluster(3);
      Bot a = bot("a");
      Bot b = bot("b");
      JsonNode first = a.acquire(1);
      JsonNode second = b.acquire(1);

      assertThat(first.size() + second.size()).isPositive();
      assertThat(
              service.lines(
                  """
                  SELECT beat, found, shard_id, outcome, reason
                    FROM tracker.renew_leases(ARRAY['c', 'c', 'c', 'nowhere'], ARRAY['a', 'b', 'ghost', 'a'], ARRAY[?, ?, ?, ?]::uuid[],
                      '{}', '{}', '{1,2,2,3,4}', '{0,1,0,2,0}', '{1,1,1,1,1}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')
                  """,
                  a.incarnation(),
                  b.incarnation(),
                  b.incarnation(),
                  a.incarnation()))
          .containsExactly(
              "1|ok|0|renewed|null",
              "2|ok|0|lost|never_held",
              "2|ok|1|renewed|null",
              "3|unknown_instance|2|lost|never_held",
              "4|unknown_cluster|0|lost|never_held");
    }

    @Test
    void refreshesTheSeedsRowWithTheSumOfThePod() {
      cluster(2);
      Bot a = bot("a");
      JsonNode unused = a.acquire(2);

      var renewed =
          service.rows(
              """
              SELECT * FROM tracker.renew_leases(ARRAY['c'], ARRAY['a'], ARRAY[?::uuid], '{512.5}', '{37.5}',
                '{1,1}', '{0,1}', '{1,1}', '{ready,ready}', '{900,100}', '{40,50}', '{}', '{}', '{}', '{}', '{}', '{}')
              """,
              a.incarnation());

      assertThat(renewed).hasSize(2);
      assertThat(
              owner.line(
                  "SELECT guild_count, latency_ms, memory_usage_mb, cpu_usage_percent FROM tracker.cluster_management"))
          .isEqualTo("1000|45.00|512.50|37.50");
    }
  }

  @Nested
  class Release {
    @Test
    void freesAtOnceWithoutGraceAndKeepsTheEpoch() {
      cluster(1);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(1));

      assertThat(a.release(held)).isEqualTo(Map.of(0, "released"));
      assertThat(Bot.grants(bot("b").acquire(1))).isEqualTo(at(0, 2));
    }

    @Test
    void givesTheSameAnswerAgain() {
      cluster(1);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(1));
      var first = a.release(held);
      List<String> before = owner.lines(ROWS);

      assertThat(a.release(held)).isEqualTo(first);
      assertThat(owner.lines(ROWS)).isEqualTo(before);
      assertThat(events("shard.released")).hasSize(1);
    }

    @Test
    void ofAllShardsGivesTheSameAnswerAgain() {
      cluster(3);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(2));
      var first = a.release(Map.of());
      assertThat(first).isEqualTo(Map.of(0, "released", 1, "released"));
      JsonNode unused = bot("b").acquire(1);
      List<String> before = owner.lines(ROWS);

      assertThat(a.release(Map.of())).isEqualTo(first);
      assertThat(owner.lines(ROWS)).isEqualTo(before);
      assertThat(events("instance.left")).hasSize(1);
      assertThat(held).hasSize(2);

      // Back again, it has something else to give.
      var back = Bot.grants(a.acquire(1));
      assertThat(a.release(Map.of()).keySet()).isEqualTo(back.keySet());
    }

    @Test
    void givesTheSameAnswerAfterTheShardHasANewHolder() {
      cluster(1);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(1));
      var first = a.release(held);
      JsonNode unused = bot("b").acquire(1);
      List<String> before = owner.lines(ROWS);

      assertThat(a.release(held)).isEqualTo(first);
      assertThat(owner.lines(ROWS)).isEqualTo(before);
    }

    @Test
    void passesTheResumeStateToTheNextHolder() {
      cluster(1);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(1));
      var unused = a.release(held, "s1", 88L, null);

      JsonNode resume = bot("b").acquire(1).get("shards").get(0).get("resume");

      assertThat(resume.get("session_id").asText()).isEqualTo("s1");
      assertThat(resume.get("seq").asLong()).isEqualTo(88);
    }

    @Test
    void passesNoResumeStateThatIsTooOld() {
      cluster(1);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(1));
      var unused = a.release(held, "s1", 88L, null);
      owner.run("UPDATE tracker.shard_leases SET session_at = session_at - interval '181 s'");

      assertThat(bot("b").acquire(1).get("shards").get(0).get("resume").isNull()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 2, Long.MAX_VALUE})
    void changesNothingWithAWrongEpoch(long epoch) {
      cluster(1);
      Bot a = bot("a");
      JsonNode unused = a.acquire(1);
      List<String> before = owner.lines(ROWS);

      assertThat(a.release(at(0, epoch), "stolen", 1L, null)).isEqualTo(Map.of(0, "never_held"));
      assertThat(owner.lines(ROWS)).isEqualTo(before);
    }

    @Test
    void changesNothingForAnOlderProcess() {
      cluster(1);
      Bot old = bot("a").inPod("pod-1");
      var held = Bot.grants(old.acquire(1));
      JsonNode unused = old.restarted().acquire(1);
      List<String> before = owner.lines(ROWS);

      assertThat(old.release(held, "stolen", 1L, null)).isEqualTo(Map.of(0, "superseded"));
      assertThat(owner.lines(ROWS)).isEqualTo(before);
    }

    @Test
    void leavesTheSeedsRowInactive() {
      cluster(1);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(1));

      var unused = a.release(held);

      assertThat(owner.line("SELECT instance_id, status FROM tracker.cluster_management"))
          .isEqualTo("a|inactive");
    }

    @Test
    void keepsTheShardForThePreferredInstance() {
      cluster(2);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(2));
      var unused = a.release(at(1, 1), null, null, "heir");

      assertRefused("TK409 no_shard_available", () -> bot("stranger").acquire(1));
      assertThat(held).hasSize(2);
      assertThat(Bot.grants(bot("heir").acquire(1))).isEqualTo(at(1, 2));
    }

    @Test
    void knowsNoInstanceThatNeverCame() {
      cluster(1);

      assertRefused("TK404 unknown_instance", () -> bot("ghost").release(at(0, 1)));
    }
  }

  @Nested
  class Processes {
    @Test
    void restartInTheSamePodAndTakeOverAtOnce() {
      cluster(2);
      Bot old = bot("a").inPod("pod-1");
      var before = Bot.grants(old.acquire(1));
      var renewed = old.renew(before, "ready", "s1", 7L);

      JsonNode reply = old.restarted().acquire(1);

      assertThat(renewed).isEqualTo(Map.of(0, "renewed"));
      assertThat(Bot.grants(reply)).isEqualTo(at(0, 2));
      assertThat(reply.get("shards").get(0).get("resume").get("seq").asLong()).isEqualTo(7);
      assertThat(old.renew(before)).isEqualTo(Map.of(0, "superseded"));
    }

    @Test
    void leaveTheNameToTheLaterOneWhenAnOldRequestArrivesLate() {
      cluster(2);
      Bot old = bot("a").inPod("pod-1");
      JsonNode first = old.acquire(1);
      Bot young = old.restarted();
      var held = Bot.grants(young.acquire(1));
      List<String> before = owner.lines(ROWS);

      assertRefused("TK409 incarnation_superseded", () -> old.acquire(1));
      assertThat(first.get("outcome").asText()).isEqualTo("granted");
      assertThat(owner.lines(ROWS)).isEqualTo(before);
      assertThat(young.renew(held)).isEqualTo(Map.of(0, "renewed"));
    }

    @ParameterizedTest
    @CsvSource({"pod-1, pod-2", "pod-1,", ", pod-2", ","})
    void ofAnotherPodWaitWhileTheFirstIsLive(String first, String second) {
      cluster(2);
      Bot old = bot("a").inPod(first);
      JsonNode unused = old.acquire(1);
      List<String> before = owner.lines(ROWS);

      Refused refused =
          catchThrowableOfType(Refused.class, () -> old.restarted().inPod(second).acquire(1));

      assertThat(refused.kind()).isEqualTo("TK409 instance_still_live");
      assertThat(refused.detail().get("holder").get("hostname").asText()).isEqualTo("host-of-a");
      assertThat(refused.detail().get("retry_after_ms").asLong()).isBetween(49_000L, 50_000L);
      assertThat(owner.lines(ROWS)).isEqualTo(before);
    }

    @Test
    void ofAnotherPodFollowWhenTheLeasesAreOver() {
      cluster(2);
      Bot old = bot("a").inPod("pod-1");
      JsonNode unused = old.acquire(1);
      expired("5 s", "instance_id = 'a'");

      assertThat(Bot.grants(old.restarted().inPod("pod-2").acquire(1))).isEqualTo(at(0, 2));
    }

    @Test
    void thatHoldNothingAreFollowedAtOnce() {
      cluster(2);
      Bot old = bot("a");
      var unused = old.release(Bot.grants(old.acquire(1)));

      assertThat(Bot.grants(old.restarted().acquire(1))).isEqualTo(at(0, 2));
    }
  }

  @Nested
  class Waiting {
    @Test
    void queuesInTheOrderOfAsking() {
      cluster(1);
      JsonNode unused = bot("a").acquire(1);

      List<Integer> positions =
          IntStream.range(0, 5)
              .mapToObj(i -> bot("s" + i).queue(1).get("position").asInt())
              .toList();

      assertThat(positions).containsExactly(1, 2, 3, 4, 5);
    }

    @Test
    void keepsThePlaceOfOneThatAsksAgain() {
      cluster(1);
      JsonNode unused = bot("a").acquire(1);
      Bot first = bot("s1");
      JsonNode queued = first.queue(1);
      JsonNode second = bot("s2").queue(1);

      JsonNode again = first.queue(1);

      assertThat(again.get("position").asInt()).isEqualTo(1);
      assertThat(again.get("queued_at")).isEqualTo(queued.get("queued_at"));
      assertThat(second.get("position").asInt()).isEqualTo(2);
      assertThat(events("standby.queued")).hasSize(2);
    }

    @Test
    void servesTheOldestFirst() {
      cluster(2);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(2));
      List<Bot> standbys = List.of(bot("s1"), bot("s2"), bot("s3"));
      for (Bot standby : standbys) {
        JsonNode unused = standby.queue(1);
      }

      var released = a.release(held);

      assertThat(released).hasSize(2);
      assertThat(Bot.grants(standbys.get(0).poll())).isEqualTo(at(0, 2));
      assertThat(Bot.grants(standbys.get(1).poll())).isEqualTo(at(1, 2));
      assertThat(standbys.get(2).poll().get("position").asInt()).isEqualTo(1);
    }

    @Test
    void letsNoNewcomerPassTheQueueAtAFreedShard() {
      cluster(1);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(1));
      Bot standby = bot("s1");
      JsonNode unused = standby.queue(1);
      var released = a.release(held);

      assertRefused("TK409 no_shard_available", () -> bot("newcomer").acquire(1));
      assertThat(released).hasSize(1);
      assertThat(Bot.grants(standby.poll())).isEqualTo(at(0, 2));
    }

    @Test
    void letsNoNewcomerPassTheQueueAtALeaseThatRanOut() {
      cluster(1);
      JsonNode unused = bot("a").acquire(1);
      Bot standby = bot("s1");
      JsonNode queued = standby.queue(1);
      expired("6 s", "true");

      assertThat(bot("newcomer").queue(1).get("outcome").asText()).isEqualTo("standby");
      assertThat(queued.get("position").asInt()).isEqualTo(1);
      assertThat(Bot.grants(standby.queue(1))).isEqualTo(at(0, 2));
    }

    @Test
    void reservesALeaseThatRanOutForTheOldestAtTheNextTick() {
      cluster(1);
      JsonNode unused = bot("a").acquire(1);
      Bot standby = bot("s1");
      JsonNode queued = standby.queue(1);
      expired("6 s", "true");

      tick();

      assertThat(queued.get("outcome").asText()).isEqualTo("standby");
      assertRefused("TK409 no_shard_available", () -> bot("newcomer").acquire(1));
      assertThat(Bot.grants(standby.poll())).isEqualTo(at(0, 2));
    }

    @Test
    void movesAStandbyThatLetItsReservationLapseToTheEnd() {
      cluster(1);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(1));
      Bot hung = bot("s1");
      Bot next = bot("s2");
      int places = hung.queue(1).get("position").asInt() + next.queue(1).get("position").asInt();
      var released = a.release(held);
      owner.run(
          "UPDATE tracker.shard_leases SET reserved_until = clock_timestamp() - interval '1 s' WHERE reserved_for IS NOT NULL");

      tick();

      assertThat(places).isEqualTo(3);
      assertThat(released).hasSize(1);
      assertThat(owner.line("SELECT reserved_for FROM tracker.shard_leases")).isEqualTo("s2");
      assertThat(Bot.grants(next.poll())).isEqualTo(at(0, 2));
      assertThat(hung.poll().get("position").asInt()).isEqualTo(1);
    }

    @Test
    void passesByAStandbyThatIsSilent() {
      cluster(1);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(1));
      JsonNode silent = bot("s1").queue(1);
      Bot alive = bot("s2");
      JsonNode unused = alive.queue(1);
      owner.run(
          "UPDATE tracker.instances SET last_seen = clock_timestamp() - interval '46 s' WHERE instance_id = 's1'");

      var released = a.release(held);

      assertThat(silent.get("position").asInt()).isEqualTo(1);
      assertThat(released).hasSize(1);
      assertThat(Bot.grants(alive.poll())).isEqualTo(at(0, 2));
    }

    @Test
    void offersAFreeShardToAPodWithRoom() {
      cluster(2);
      Bot roomy = bot("roomy");
      JsonNode unused = roomy.acquire(1, 1, 2, false);
      owner.run(
          "UPDATE tracker.shard_leases SET freed_at = freed_at - interval '2 s' WHERE instance_id IS NULL");

      tick();

      assertThat(
              service.lines(
                  """
                  SELECT offers FROM tracker.renew_leases(ARRAY['c'], ARRAY['roomy'], ARRAY[?::uuid], '{}', '{}',
                    '{1}', '{0}', '{1}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')
                  """,
                  roomy.incarnation()))
          .containsExactly("[1]");
      assertThat(Bot.grants(roomy.acquire(2))).isEqualTo(Map.of(0, 1L, 1, 1L));
    }
  }

  @Nested
  class Guards {
    @Test
    void holdTakeOversWhenHalfOfTheFleetFallsSilentAtOnce() {
      cluster(8);
      var unused = IntStream.range(0, 8).mapToObj(i -> bot("p" + i).acquire(1)).toList();
      expired("6 s", "shard_id < 4");

      JsonNode reply = bot("x").queue(1);

      assertThat(reply.get("outcome").asText()).isEqualTo("standby");
      assertThat(
              owner.line(
                  "SELECT hold_reason, takeover_not_before > clock_timestamp() + interval '44 s' FROM tracker.clusters"))
          .isEqualTo("mass_expiry|true");
      assertThat(events("outage.detected")).hasSize(1);
    }

    @Test
    void holdTakeOversByTheSeedsDoorToo() {
      cluster(4);
      var unused = IntStream.range(0, 4).mapToObj(i -> bot("p" + i).acquire(1)).toList();
      expired("6 s", "true");

      assertThat(
              service.line(
                  "SELECT assigned_shard_id, assignment_strategy FROM tracker.upsert_instance_assignment('x', 'c')"))
          .isEqualTo("null|none_available");
      assertThat(owner.number("SELECT max(epoch) FROM tracker.shard_leases")).isEqualTo(1);
    }

    @Test
    void holdNothingWhenTwoPodsDie() {
      cluster(3);
      var unused = IntStream.range(0, 3).mapToObj(i -> bot("p" + i).acquire(1)).toList();
      expired("6 s", "shard_id < 2");

      assertThat(Bot.grants(bot("x").acquire(1))).isEqualTo(at(0, 2));
    }

    @Test
    void endTheHoldAndReplaceThePodsThatStayDead() {
      cluster(4);
      var unused = IntStream.range(0, 4).mapToObj(i -> bot("p" + i).acquire(1)).toList();
      expired("6 s", "true");
      tick();
      Bot standby = bot("x");
      assertThat(standby.queue(1).get("outcome").asText()).isEqualTo("standby");
      owner.run(
          "UPDATE tracker.clusters SET takeover_not_before = clock_timestamp(), hold_started_at = hold_started_at - interval '45 s'");
      expired("50 s", "true");

      tick();

      assertThat(Bot.grants(standby.poll())).isEqualTo(at(0, 2));
      assertThat(events("outage.cleared")).hasSize(1);
    }

    @Test
    void letTheOldHoldersRenewWhileTheyHoldBackOthers() {
      cluster(4);
      List<Bot> pods = IntStream.range(0, 4).mapToObj(i -> bot("p" + i)).toList();
      var held = pods.stream().map(pod -> Bot.grants(pod.acquire(1))).toList();
      expired("6 s", "true");
      tick();

      assertThat(
              IntStream.range(0, 4).mapToObj(i -> pods.get(i).renew(held.get(i)).get(i)).toList())
          .containsOnly("renewed");
      assertThat(owner.number("SELECT max(epoch) FROM tracker.shard_leases")).isEqualTo(1);
    }

    @Test
    void robNobodyAfterTheDatabaseWasRestarted() {
      cluster(2);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(2));
      expired("40 s", "true");
      owner.run(
          "UPDATE tracker.clusters SET postmaster_start = postmaster_start - interval '1 min'");

      JsonNode reply = bot("x").queue(1);

      assertThat(reply.get("outcome").asText()).isEqualTo("standby");
      assertThat(
              owner.line(
                  "SELECT hold_reason, takeover_not_before > clock_timestamp() + interval '49 s', epoch_floor FROM tracker.clusters"))
          .isEqualTo("database_restarted|true|1001");
      assertThat(a.renew(held)).isEqualTo(Map.of(0, "renewed", 1, "renewed"));
    }

    @Test
    void liftEveryEpochAboveWhatALaggingCopyMayHaveForgotten() {
      cluster(2);
      JsonNode unused = bot("a").acquire(1);
      owner.run("UPDATE tracker.clusters SET system_identifier = 'another server'");

      assertThat(Bot.grants(bot("b").acquire(1))).isEqualTo(at(1, 1002));
    }

    @Test
    void guardOnlyOncePerRestart() {
      cluster(2);
      owner.run(
          "UPDATE tracker.clusters SET postmaster_start = postmaster_start - interval '1 min'");

      tick();
      tick();

      assertThat(owner.value("SELECT epoch_floor FROM tracker.clusters")).isEqualTo(1000L);
      assertThat(events("outage.detected")).hasSize(1);
    }

    @Test
    void moveNothingAndNoEpochInARestartShorterThanTheLease() {
      cluster(2);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(2));
      owner.run(
          "UPDATE tracker.clusters SET postmaster_start = postmaster_start - interval '1 min'");

      tick();

      assertThat(a.renew(held)).isEqualTo(Map.of(0, "renewed", 1, "renewed"));
      assertThat(Bot.grants(a.acquire(2))).isEqualTo(held);
    }
  }

  @Nested
  class Identify {
    @Test
    void givesTheFirstSlotAtOnceAndTheNextAFullGapLater() {
      cluster(2);
      JsonNode unused = bot("a").acquire(2);

      JsonNode first = bot("a").identify(0, 1, 1, 30_000);
      JsonNode second = bot("a").identify(1, 1, 1, 30_000);

      assertThat(first.get("identify_in_ms").asLong()).isZero();
      assertThat(second.get("identify_in_ms").asLong()).isBetween(5_300L, 5_501L);
      assertThat(
              owner.value(
                  "SELECT max(slot_at) - min(slot_at) >= interval '5.5 s' FROM tracker.identify_grants"))
          .isEqualTo(true);
    }

    @Test
    void givesTheSameSlotForTheSameAttempt() {
      cluster(2);
      JsonNode unused = bot("a").acquire(1);
      JsonNode first = bot("a").identify(0, 1, 1, 30_000);

      JsonNode again = bot("a").identify(0, 1, 1, 30_000);

      assertThat(again.get("outcome").asText()).isEqualTo("repeated");
      assertThat(again.get("permit_id")).isEqualTo(first.get("permit_id"));
      assertThat(owner.value("SELECT remaining FROM tracker.applications")).isEqualTo(999);
      assertThat(events("identify.granted")).hasSize(1);
    }

    @Test
    void sharesBucketsAndBudgetOfOneApplicationBetweenClusters() {
      cluster("east", 4, "{\"application_id\":\"app\",\"max_concurrency\":2}");
      cluster("west", 4, "{\"application_id\":\"app\"}");
      JsonNode east = Bot.of(service, "east", "a").acquire(4);
      JsonNode west = Bot.of(service, "west", "a").acquire(4);

      for (int shard = 0; shard < 4; shard++) {
        JsonNode one = Bot.of(service, "east", "a").identify(shard, 1, 1, 60_000);
        JsonNode other = Bot.of(service, "west", "a").identify(shard, 1, 1, 60_000);
        assertThat(one.get("bucket")).isEqualTo(other.get("bucket"));
      }

      assertThat(east.get("granted")).isEqualTo(west.get("granted"));
      assertThat(
              owner.lines(
                  """
                  SELECT bucket, count(*), min(gap) >= interval '5.5 s' FROM (
                    SELECT bucket, slot_at - lag(slot_at) OVER (PARTITION BY bucket ORDER BY slot_at) AS gap FROM tracker.identify_grants) AS g
                   GROUP BY bucket ORDER BY bucket
                  """))
          .containsExactly("0|4|true", "1|4|true");
      assertThat(owner.value("SELECT remaining FROM tracker.applications")).isEqualTo(992);
    }

    @Test
    void refusesAWaitThatIsTooLongAndTakesNoSlot() {
      cluster(3);
      JsonNode unused = bot("a").acquire(3);
      JsonNode first = bot("a").identify(0, 1, 1, 30_000);

      JsonNode refused = bot("a").identify(1, 1, 1, 5_000);

      assertThat(first.get("outcome").asText()).isEqualTo("granted");
      assertThat(refused.get("code").asText()).isEqualTo("identify_wait_too_long");
      assertThat(refused.get("retry_after_ms").asLong()).isBetween(1L, 501L);
      assertThat(owner.number("SELECT count(*) FROM tracker.identify_grants")).isEqualTo(1);
    }

    @Test
    void keepsTheReserveForOperators() {
      cluster(2);
      JsonNode unused = bot("a").acquire(2);
      owner.run("UPDATE tracker.applications SET remaining = 50");

      JsonNode refused = bot("a").identify(0, 1, 1, 30_000);
      JsonNode spent =
          service.json("SELECT tracker.request_identify('c', 0, 1, p_spend_reserve => true)");

      assertThat(refused.get("code").asText()).isEqualTo("session_start_budget_exhausted");
      assertThat(refused.get("retry_after_ms").asLong()).isPositive();
      assertThat(spent.get("remaining").asInt()).isEqualTo(49);
    }

    @Test
    void startsANewWindowWhenDiscordDoes() {
      cluster(2);
      JsonNode unused = bot("a").acquire(1);
      owner.run("UPDATE tracker.applications SET remaining = 0, reset_at = now() - interval '1 s'");

      JsonNode granted = bot("a").identify(0, 1, 1, 30_000);

      assertThat(granted.get("remaining").asInt()).isEqualTo(999);
      assertThat(granted.get("reset_in_ms").asLong()).isBetween(86_000_000L, 86_400_000L);
    }

    @Test
    void brakesAShardThatStartsASixthTimeAndNoOther() {
      cluster("c", 2, "{\"max_concurrency\":2}");
      JsonNode unused = bot("a").acquire(2);
      for (int attempt = 1; attempt <= 5; attempt++) {
        assertThat(bot("a").identify(0, 1, attempt, 60_000).get("outcome").asText())
            .isEqualTo("granted");
      }

      JsonNode sixth = bot("a").identify(0, 1, 6, 60_000);

      assertThat(sixth.get("code").asText()).isEqualTo("shard_crash_loop");
      assertThat(sixth.get("retry_after_ms").asLong()).isBetween(59_000L, 60_000L);
      assertThat(bot("a").identify(1, 1, 1, 60_000).get("outcome").asText()).isEqualTo("granted");
      assertThat(events("shard.crash_loop")).hasSize(1);
    }

    @Test
    void doublesTheBackOffUpToHalfAnHour() {
      cluster(1);
      JsonNode unused = bot("a").acquire(1);
      var backOffs = new ArrayList<Long>();
      int attempt = 0;
      for (int loop = 0; loop < 7; loop++) {
        for (int i = 0; i < 5; i++) {
          assertThat(bot("a").identify(0, 1, ++attempt, 60_000).get("outcome").asText())
              .isEqualTo("granted");
        }
        backOffs.add(bot("a").identify(0, 1, ++attempt, 60_000).get("retry_after_ms").asLong());
        // The back-off passes: everything recorded moves into the past by its length.
        owner.run(
            """
            UPDATE tracker.identify_grants SET granted_at = granted_at - g.d, slot_at = slot_at - g.d FROM (SELECT crash_until - clock_timestamp() AS d FROM tracker.shard_leases) AS g;
            UPDATE tracker.identify_buckets SET next_at = clock_timestamp();
            UPDATE tracker.shard_leases SET crash_until = clock_timestamp(), expires_at = clock_timestamp() + interval '45 s';
            """);
      }

      assertThat(backOffs.stream().map(ms -> Math.round(ms / 60_000.0)))
          .containsExactly(1L, 2L, 4L, 8L, 16L, 30L, 30L);
    }

    @ParameterizedTest
    @CsvSource({
      "0, 2, unknown_epoch",
      "0, 0, unknown_epoch",
      "0, -1, unknown_epoch",
      "1, 1, unknown_epoch"
    })
    void refusesAnEpochThatIsNotTheLiveOne(int shard, long epoch, String reason) {
      cluster(2);
      JsonNode unused = bot("a").acquire(1);

      Refused refused =
          catchThrowableOfType(Refused.class, () -> bot("a").identify(shard, epoch, 1, 30_000));

      assertThat(refused.kind()).isEqualTo("TK410 stale_epoch");
      assertThat(refused.detail().get("reason").asText()).isEqualTo(reason);
      assertThat(owner.number("SELECT count(*) FROM tracker.identify_grants")).isZero();
    }

    @Test
    void refusesALeaseThatHasRunOut() {
      cluster(1);
      JsonNode unused = bot("a").acquire(1);
      expired("1 s", "true");

      assertRefused("TK410 stale_epoch", () -> bot("a").identify(0, 1, 1, 30_000));
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        textBlock =
            """
            NULL, 1                        | 22023 invalid_shard_id
            0, NULL                        | 22023 invalid_epoch
            0, 1, NULL                     | 22023 invalid_attempt
            0, 1, 0                        | 22023 invalid_attempt
            0, 1, 1, NULL                  | 22023 invalid_max_wait_ms
            0, 1, 1, -1                    | 22023 invalid_max_wait_ms
            7, 1                           | TK404 unknown_shard
            """)
    void refusesWhatIsNoArgument(String arguments, String kind) {
      cluster(2);
      JsonNode unused = bot("a").acquire(1);

      assertRefused(
          kind,
          () -> service.json("SELECT tracker.request_identify('c', %s)".formatted(arguments)));
      assertThat(owner.number("SELECT count(*) FROM tracker.identify_grants")).isZero();
    }
  }

  @Nested
  class FenceCheck {
    @Test
    void trustsTheLiveEpochAlone() {
      cluster(1);
      JsonNode unused = bot("a").acquire(1);

      assertThat(service.line("SELECT instance_id FROM tracker.check_fence('c', 0, 1)"))
          .isEqualTo("a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "2", "-1", "NULL"})
    void trustsNoOtherEpoch(String epoch) {
      cluster(1);
      JsonNode unused = bot("a").acquire(1);

      assertThatThrownBy(
              () -> service.line("SELECT tracker.check_fence('c', 0, %s)".formatted(epoch)))
          .isInstanceOf(Refused.class);
    }

    @Test
    void trustsNobodyAfterTheDeadline() {
      cluster(1);
      JsonNode unused = bot("a").acquire(1);
      expired("1 ms", "true");

      assertRefused(
          "TK410 stale_epoch", () -> service.line("SELECT tracker.check_fence('c', 0, 1)"));
    }
  }

  @Nested
  class Revoke {
    @Test
    void takesTheShardAndTellsItsHolder() {
      cluster(1);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(1));

      JsonNode reply = service.json("SELECT tracker.revoke_shard('c', 0, 'misbehaves', 60000)");

      assertThat(reply.get("revoked").asBoolean()).isTrue();
      assertThat(a.renew(held)).isEqualTo(Map.of(0, "revoked"));
      assertRefused("TK409 no_shard_available", () -> bot("b").acquire(1));
    }

    @Test
    void givesTheShardAHigherEpochAfterTheHold() {
      cluster(1);
      JsonNode unused = bot("a").acquire(1);
      JsonNode revoked = service.json("SELECT tracker.revoke_shard('c', 0, 'misbehaves', 60000)");
      owner.run("UPDATE tracker.shard_leases SET reserved_until = clock_timestamp()");

      assertThat(revoked.get("epoch").asLong()).isEqualTo(1);
      assertThat(Bot.grants(bot("b").acquire(1)).get(0)).isGreaterThan(2L);
    }

    @Test
    void ofAFreeShardIsNoEvent() {
      cluster(1);

      JsonNode reply = service.json("SELECT tracker.revoke_shard('c', 0)");

      assertThat(reply.get("revoked").asBoolean()).isFalse();
      assertThat(events("shard.revoked")).isEmpty();
    }
  }

  /** The seed's table as a door of its own (brief §3.4). */
  @Nested
  class DirectWrites {
    private void insert(String instance, int shard, String more) {
      service.run(
          "INSERT INTO tracker.cluster_management (instance_id, cluster_name, shard_id%s) VALUES ('%s', 'c', %d%s)"
              .formatted(
                  more.isEmpty() ? "" : ", " + more.substring(0, more.indexOf('=')),
                  instance,
                  shard,
                  more.isEmpty() ? "" : ", " + more.substring(more.indexOf('=') + 1)));
    }

    private String lease(int shard) {
      return owner.line(
          "SELECT instance_id, epoch, fenced, state FROM tracker.shard_leases WHERE cluster_name = 'c' AND shard_id = ?",
          shard);
    }

    @Test
    void makeAnUnfencedLeaseOfFiveMinutes() {
      cluster(4);

      insert("z", 2, "");

      assertThat(lease(2)).isEqualTo("z|1|false|claimed");
      assertThat(
              owner.value(
                  "SELECT expires_at - renewed_at = interval '5 min' FROM tracker.shard_leases WHERE shard_id = 2"))
          .isEqualTo(true);
    }

    @ParameterizedTest
    @CsvSource({"0, 2, 2", "5, 2, 6", "3, 16, 16"})
    void makeAnUnknownClusterLargeEnough(int shard, int total, int made) {
      insert("z", shard, "total_shards=" + total);

      assertThat(owner.value("SELECT total_shards FROM tracker.clusters")).isEqualTo(made);
    }

    @Test
    void overALiveLeaseAreRefusedAndNameTheHolder() {
      cluster(4);
      JsonNode unused = bot("bot-7").acquire(4);

      assertThatThrownBy(() -> insert("z", 3, ""))
          .isInstanceOfSatisfying(
              Refused.class, e -> assertThat(e.kind()).isEqualTo("23505 shard_held"))
          .hasMessageContaining("shard 3 of cluster c is leased to bot-7 (epoch 1)");
    }

    @Test
    void thatMoveARowOntoALiveLeaseAreRefusedAndNameTheHolder() {
      cluster(4);
      JsonNode unused = bot("bot-7").acquire(1);
      insert("z", 3, "");

      assertThatThrownBy(() ->
              service.run(
                  "UPDATE tracker.cluster_management SET shard_id = 0 WHERE instance_id = 'z'"))
          .isInstanceOfSatisfying(
              Refused.class, e -> assertThat(e.kind()).isEqualTo("23505 shard_held"))
          .hasMessageContaining("shard 0 of cluster c is leased to bot-7 (epoch 1)");
      assertThat(lease(3)).isEqualTo("z|1|false|claimed");
    }

    @Test
    void replaceALeaseThatIsOver() {
      cluster(4);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(2));
      expired("6 s", "true");

      insert("z", 1, "");

      assertThat(lease(1)).isEqualTo("z|2|false|claimed");
      assertThat(a.renew(held)).isEqualTo(Map.of(0, "renewed", 1, "taken_over"));
    }

    @Test
    void ofAnInstanceWithLiveLeasesAreRefused() {
      cluster(4);
      JsonNode unused = bot("a").acquire(1);
      owner.run(
          "BEGIN; SET LOCAL tracker.sync = 'off'; DELETE FROM tracker.cluster_management; COMMIT");

      assertRefused("23505 instance_fenced", () -> insert("a", 2, ""));
      owner.run("SELECT tracker.project_instance('c', 'a')");
    }

    @Test
    void ofAnInstanceWhoseLeasesAreOverEndThem() {
      cluster(4);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(2));
      expired("6 s", "true");
      owner.run(
          "BEGIN; SET LOCAL tracker.sync = 'off'; DELETE FROM tracker.cluster_management; COMMIT");

      insert("a", 3, "");

      assertThat(owner.lines("SELECT shard_id FROM tracker.shard_leases WHERE instance_id = 'a'"))
          .containsExactly("3");
      assertThat(a.renew(held).values()).doesNotContain("renewed");
    }

    @Test
    void toInactiveFreeTheShardWithAHigherEpoch() {
      cluster(4);
      insert("z", 2, "");

      service.run("UPDATE tracker.cluster_management SET status = 'inactive'");

      assertThat(lease(2)).isEqualTo("null|2|false|free");
      assertThat(
              owner.lines(
                  "SELECT kind, epoch FROM tracker.shard_events WHERE shard_id = 2 ORDER BY id"))
          .containsExactly("shard.acquired|1", "shard.released|1");
    }

    @Test
    void thatDeleteFreeTheShardWithAHigherEpoch() {
      cluster(4);
      insert("z", 2, "");

      service.run("DELETE FROM tracker.cluster_management");

      assertThat(lease(2)).isEqualTo("null|2|false|free");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "DELETE FROM tracker.cluster_management",
          "UPDATE tracker.cluster_management SET status = 'inactive'",
          "UPDATE tracker.cluster_management SET shard_id = 3",
          "UPDATE tracker.cluster_management SET instance_id = 'z'",
          "UPDATE tracker.cluster_management SET cluster_name = 'd'"
        })
    void neverEndALiveLease(String sql) {
      cluster(4);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(1));
      List<String> before = owner.lines(ROWS);

      assertRefused("23505 shard_held", () -> service.run(sql));

      assertThat(owner.lines(ROWS)).isEqualTo(before);
      assertThat(a.renew(held)).isEqualTo(Map.of(0, "renewed"));
    }

    @Test
    void thatBeatProlongAnUnfencedLease() {
      cluster(4);
      insert("z", 2, "last_heartbeat=now() - interval '4 min'");

      service.run("UPDATE tracker.cluster_management SET last_heartbeat = now(), guild_count = 12");

      assertThat(
              owner.line(
                  "SELECT epoch, guild_count, expires_at > now() + interval '299 s' FROM tracker.shard_leases WHERE shard_id = 2"))
          .isEqualTo("1|12|true");
    }

    @Test
    void thatBeatOverAFencedRowMoveNothing() {
      cluster(4);
      JsonNode unused = bot("a").acquire(1);
      List<String> before = owner.lines(ROWS);

      service.run(
          "UPDATE tracker.cluster_management SET last_heartbeat = now() + interval '1 day', status = 'error'");

      assertThat(owner.lines(ROWS)).isEqualTo(before);
    }

    @Test
    void ofManyRowsAtOnceAreMirroredRowByRow() {
      cluster(4);

      service.run(
          """
          INSERT INTO tracker.cluster_management (instance_id, cluster_name, shard_id) VALUES ('x', 'c', 0), ('y', 'c', 1), ('z', 'c', 2);
          UPDATE tracker.cluster_management SET status = 'inactive' WHERE shard_id > 0;
          DELETE FROM tracker.cluster_management WHERE instance_id = 'y'
          """);

      assertThat(
              owner.lines(
                  "SELECT shard_id, instance_id, epoch FROM tracker.shard_leases ORDER BY 1"))
          .containsExactly("0|x|1", "1|null|2", "2|null|2", "3|null|0");
    }

    @Test
    void ofManyRowsAreAllOrNothing() {
      cluster(4);
      JsonNode unused = bot("a").acquire(1);

      assertRefused(
          "23505 shard_held",
          () ->
              service.run(
                  "INSERT INTO tracker.cluster_management (instance_id, cluster_name, shard_id) VALUES ('x', 'c', 1), ('y', 'c', 0)"));

      assertThat(lease(1)).isEqualTo("null|0|true|free");
    }

    @Test
    void moveTheLeaseWithTheRow() {
      cluster(4);
      insert("z", 2, "");

      service.run("UPDATE tracker.cluster_management SET shard_id = 1");

      assertThat(
              owner.lines(
                  "SELECT shard_id, instance_id, epoch FROM tracker.shard_leases ORDER BY 1"))
          .containsExactly("0|null|0", "1|z|1", "2|null|2", "3|null|0");
    }

    @Test
    void beyondTheLayoutAreKeptAndLeaseNothing() {
      cluster(4);

      insert("z", 9, "");

      assertThat(owner.number("SELECT count(*) FROM tracker.cluster_management")).isEqualTo(1);
      assertThat(
              owner.number(
                  "SELECT count(*) FROM tracker.shard_leases WHERE instance_id IS NOT NULL"))
          .isZero();
    }

    @Test
    void ofAnInactiveRowTouchNoCluster() {
      insert("z", 0, "status='inactive'");
      service.run("UPDATE tracker.cluster_management SET last_heartbeat = now()");

      service.run("DELETE FROM tracker.cluster_management");

      assertThat(owner.number("SELECT count(*) FROM tracker.clusters")).isZero();
    }
  }

  /** I15: callers that never race get what the seed's functions promise. */
  @Nested
  class TheSeedsDoor {
    private String upsert(String instance) {
      return service.line(
          "SELECT assigned_shard_id, assignment_strategy, is_new_assignment FROM tracker.upsert_instance_assignment(?, 'c', p_total_shards => 4)",
          instance);
    }

    @Test
    void givesTheLowestGap() {
      assertThat(List.of(upsert("a"), upsert("b"), upsert("d")))
          .containsExactly(
              "0|first_assignment|true", "1|available_slot|true", "2|available_slot|true");
      service.run("DELETE FROM tracker.cluster_management WHERE instance_id = 'b'");

      assertThat(upsert("e")).isEqualTo("1|available_slot|true");
    }

    @Test
    void givesTheLowestGapAlsoToOneThatWasHereBefore() {
      assertThat(List.of(upsert("a"), upsert("b"))).hasSize(2);
      service.run("DELETE FROM tracker.cluster_management");

      assertThat(upsert("b")).isEqualTo("0|first_assignment|true");
    }

    @Test
    void revivesTheCallersInactiveRow() {
      assertThat(List.of(upsert("a"), upsert("b"))).hasSize(2);
      service.run("UPDATE tracker.cluster_management SET status = 'inactive'");

      assertThat(upsert("b")).isEqualTo("1|existing_assignment|false");
    }

    @Test
    void givesAnotherShardWhenTheInactiveRowsOneWasTaken() {
      assertThat(List.of(upsert("a"), upsert("b"))).hasSize(2);
      service.run(
          "UPDATE tracker.cluster_management SET status = 'inactive' WHERE instance_id = 'a'");
      assertThat(upsert("x")).isEqualTo("0|available_slot|true");

      assertThat(upsert("a")).isEqualTo("2|available_slot|true");
    }

    @Test
    void confirmsARowHoweverOldWhileNobodyTookItsShard() {
      assertThat(upsert("a")).startsWith("0|");
      owner.run("UPDATE tracker.cluster_management SET last_heartbeat = now() - interval '1 h'");

      assertThat(upsert("a")).isEqualTo("0|existing_assignment|false");
      assertThat(
              owner.value(
                  "SELECT last_heartbeat > now() - interval '1 min' FROM tracker.cluster_management"))
          .isEqualTo(true);
    }

    @Test
    void takesAShardWhoseHeartbeatIsOlderThanFiveMinutes() {
      for (String pod : List.of("a", "b", "d", "e")) {
        assertThat(upsert(pod)).endsWith("true");
      }
      owner.run(
          "UPDATE tracker.cluster_management SET last_heartbeat = now() - interval '301 s' WHERE instance_id = 'b'");

      assertThat(upsert("x")).isEqualTo("1|available_slot|true");
      assertThat(upsert("b")).isEqualTo("null|none_available|false");
    }

    @Test
    void neverConfirmsALeaseThatAnybodyMayTake() {
      cluster(4);
      JsonNode unused = bot("a").acquire(1);
      expired("6 s", "true");

      assertThat(upsert("a")).startsWith("0|");

      assertThat(
              owner.line(
                  "SELECT fenced, expires_at > clock_timestamp() + interval '299 s', epoch FROM tracker.shard_leases WHERE instance_id = 'a'"))
          .isEqualTo("false|true|3");
    }

    @Test
    void takesAWaitingProcessOutOfTheQueue() {
      cluster(1);
      Bot holder = bot("a");
      var held = Bot.grants(holder.acquire(1));
      JsonNode unused = bot("w").queue(1);
      var released = holder.release(held);

      assertThat(upsert("w")).startsWith("0|");
      assertThat(released).hasSize(1);
      assertThat(
              owner.line("SELECT state, queued_at FROM tracker.instances WHERE instance_id = 'w'"))
          .isEqualTo("active|null");
    }
  }

  @Nested
  class TheView {
    @Test
    void showsNoSecretOfASession() {
      assertThat(
              owner.lines(
                  "SELECT attname FROM pg_attribute WHERE attrelid = 'tracker.v_shards'::regclass AND attnum > 0"))
          .contains("resumable")
          .doesNotContain("session_id", "resume_gateway_url", "seq");
    }

    @Test
    void andTheEventsNeitherAfterAWholeLife() {
      cluster(1);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(1));
      var renewed = a.renew(held, "ready", "secret-session", 5L);
      tick();
      var released = a.release(held, "secret-session", 6L, null);

      assertThat(renewed).hasSameSizeAs(released);
      assertThat(
              owner.number(
                  "SELECT count(*) FROM tracker.shard_events e WHERE e::text LIKE '%secret-session%'"))
          .isZero();
    }
  }

  @Nested
  class TheTick {
    @Test
    void notesAnExpiryOnce() {
      cluster(1);
      JsonNode unused = bot("a").acquire(1);
      expired("6 s", "true");

      tick();
      tick();

      assertThat(events("shard.expired")).containsExactly("a|0|1");
    }

    @Test
    void notesReadinessOncePerGrant() {
      cluster(1);
      Bot a = bot("a");
      var held = Bot.grants(a.acquire(1));
      var unused = a.renew(held);

      tick();
      tick();

      assertThat(events("shard.ready")).containsExactly("a|0|1");
    }

    @Test
    void doesNothingWhenNothingIsDue() {
      cluster(2);
      JsonNode unused = bot("a").acquire(1);
      tick();
      long events = owner.number("SELECT count(*) FROM tracker.shard_events");

      tick();

      assertThat(owner.number("SELECT count(*) FROM tracker.shard_events")).isEqualTo(events);
    }

    @Test
    void leavesNoFreeShardBesideAWaitingPod() {
      cluster(2);
      JsonNode unused = bot("a").acquire(2);
      Bot waiting = bot("w");
      JsonNode queued = waiting.queue(1);
      expired("6 s", "shard_id = 1");

      tick();

      assertThat(queued.get("outcome").asText()).isEqualTo("standby");
      assertThat(Objects.requireNonNull(Bot.grants(waiting.poll()))).isEqualTo(at(1, 2));
    }
  }
}
