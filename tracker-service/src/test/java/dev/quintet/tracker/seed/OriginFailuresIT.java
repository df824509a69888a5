package dev.quintet.tracker.seed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.common.api.tracker.Snowflakes;
import dev.quintet.common.sql.SqlFile;
import dev.quintet.common.testing.Race;
import dev.quintet.tracker.testing.Bot;
import dev.quintet.tracker.testing.Ledger;
import dev.quintet.tracker.testing.Refused;
import dev.quintet.tracker.testing.Session;
import dev.quintet.tracker.testing.TrackerDatabase;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How the origin of the seed fails, each by its number, with the steps that showed it. Where the
 * same steps run on a reconstruction of the origin (schema {@code origin}), it must fail as
 * described: so the test of ours bites.
 */
class OriginFailuresIT {
  private static final TrackerDatabase DATABASE = TrackerDatabase.get();

  private final Session owner = DATABASE.emptied().owner();
  private final Session caller = DATABASE.superuser(0);
  private int sessions;

  @BeforeAll
  static void rebuildTheOrigin() {
    DATABASE.owner().run(SqlFile.of(OriginFailuresIT.class, "/origin/origin.sql"));
  }

  @AfterAll
  static void forgetTheOrigin() {
    DATABASE.owner().run("DROP SCHEMA origin CASCADE");
  }

  @BeforeEach
  void emptyTheOrigin() {
    owner.run("DELETE FROM origin.cluster_management");
  }

  /** One more caller of the seed's functions, in both schemas. */
  private Session session() {
    return DATABASE.superuser(++sessions);
  }

  private Session service() {
    return DATABASE.service(++sessions);
  }

  private static String upsert(Session by, String schema, String instance, String cluster) {
    return upsert(by, schema, instance, cluster, 2);
  }

  /** The shard, how it was chosen, and whether it is new. */
  private static String upsert(
      Session by, String schema, String instance, String cluster, int total) {
    return by.line(
        "SELECT assigned_shard_id, assignment_strategy, is_new_assignment FROM %s.upsert_instance_assignment(?, ?, p_total_shards => ?)"
            .formatted(schema),
        instance,
        cluster,
        total);
  }

  private List<String> rows(String schema) {
    return owner.lines(
        "SELECT instance_id, shard_id FROM %s.cluster_management WHERE status <> 'inactive' ORDER BY shard_id"
            .formatted(schema));
  }

  private void row(String schema, String instance, int shard, String status, String age) {
    owner.run(
        """
        INSERT INTO %s.cluster_management (instance_id, cluster_name, shard_id, status, last_heartbeat)
        VALUES ('%s', 'c', %d, '%s', now() - interval '%s')
        """
            .formatted(schema, instance, shard, status, age));
  }

  private void cluster(int total) {
    owner.value("SELECT tracker.create_cluster('c', ?)", total);
  }

  @Nested
  class F1FirstAssignmentRace {
    @Test
    void givesTheSecondCallerAShardOfItsOwn() {
      assertThat(race("tracker"))
          .containsExactly("0|first_assignment|true", "1|available_slot|true");
      assertThat(rows("tracker")).containsExactly("A|0", "B|1");
    }

    @Test
    void tellsBothTheSameShardInTheOrigin() {
      assertThat(race("origin"))
          .containsExactly("0|first_assignment|true", "0|first_assignment|true");
      assertThat(rows("origin")).containsExactly("B|0");
    }

    private List<String> race(String schema) {
      Session first = session();
      Session second = session();
      first.run("BEGIN");
      String a = upsert(first, schema, "A", "c");
      List<String> answers =
          Race.of(
              2,
              number ->
                  () -> {
                    if (number == 0) {
                      return upsert(second, schema, "B", "c");
                    }
                    DATABASE.awaitBlocked(1);
                    first.run("COMMIT");
                    return "";
                  });
      return List.of(a, answers.getFirst());
    }
  }

  @Nested
  class F2ManyWayRace {
    @Test
    void givesEightPodsEightShardsInEveryRound() {
      assertThat(rightRounds("tracker")).isEqualTo(40);
      Ledger.check(owner);
    }

    @Test
    void losesPodsInTheOrigin() {
      assertThat(rightRounds("origin")).isLessThan(40);
    }

    private long rightRounds(String schema) {
      List<Session> pods = IntStream.range(0, 8).mapToObj(i -> session()).toList();
      return IntStream.range(0, 40)
          .filter(round -> {
            String cluster = "round-" + round;
            List<String> told =
                Race.of(8, pod -> () -> upsert(pods.get(pod), schema, "pod-" + pod, cluster, 8));
            long distinct =
                told.stream().map(line -> line.substring(0, line.indexOf('|'))).distinct().count();
            return distinct == 8
                && owner.number(
                        "SELECT count(*) FROM %s.cluster_management WHERE cluster_name = ?"
                            .formatted(schema),
                        cluster)
                    == 8;
          })
          .count();
    }
  }

  @Nested
  class F3LiveShardStolen {
    @Test
    void refusesTheThirdPod() {
      assertThat(third("tracker")).isEqualTo("null|none_available|false");
      assertThat(rows("tracker")).containsExactly("A|0", "B|1");
    }

    @Test
    void robsTheHolderOfShardZeroInTheOrigin() {
      assertThat(third("origin")).isEqualTo("0|round_robin|true");
      assertThat(rows("origin")).containsExactly("X|0", "B|1");
    }

    private String third(String schema) {
      var unused = List.of(upsert(caller, schema, "A", "c"), upsert(caller, schema, "B", "c"));
      return upsert(caller, schema, "X", "c");
    }
  }

  @Nested
  class F4PingPong {
    @Test
    void keepsTheHolderAndTheRefusal() {
      assertThat(turns("tracker"))
          .containsExactly(
              "0|existing_assignment|false",
              "null|none_available|false",
              "0|existing_assignment|false",
              "null|none_available|false");
    }

    @Test
    void passesTheShardToAndFroInTheOrigin() {
      assertThat(turns("origin"))
          .containsExactly(
              "0|round_robin|true",
              "0|round_robin|true",
              "0|round_robin|true",
              "0|round_robin|true");
    }

    private List<String> turns(String schema) {
      for (String pod : List.of("A", "B", "X")) {
        String unused = upsert(caller, schema, pod, "c");
      }
      return List.of(
          upsert(caller, schema, "A", "c"),
          upsert(caller, schema, "X", "c"),
          upsert(caller, schema, "A", "c"),
          upsert(caller, schema, "X", "c"));
    }
  }

  @Nested
  class F5DeposedHolderNotTold {
    @Test
    void tellsTheDeposedHolderWhoWhyAndWhichEpoch() {
      cluster(1);
      Bot a = Bot.of(service(), "c", "A");
      var held = Bot.grants(a.acquire(1));
      owner.run("UPDATE tracker.shard_leases SET expires_at = now() - interval '6 s'");
      JsonNode taken = Bot.of(service(), "c", "X").acquire(1);

      assertThat(a.renew(held)).isEqualTo(Map.of(0, "taken_over"));
      assertThat(Bot.grants(taken)).isEqualTo(Map.of(0, 2L));
    }

    @Test
    void matchesNoRowAndSaysNothingInTheOrigin() {
      for (String pod : List.of("A", "B", "X")) {
        String unused = upsert(caller, "origin", pod, "c");
      }

      assertThat(
              caller.update(
                  "UPDATE origin.cluster_management SET last_heartbeat = now() WHERE instance_id = 'A' AND cluster_name = 'c'"))
          .isZero();
    }
  }

  @Nested
  class F6ExistingRowWithANullColumn {
    @Test
    void confirmsTheSameShard() {
      assertThat(twice("tracker"))
          .containsExactly("0|first_assignment|true", "0|existing_assignment|false");
      assertThat(rows("tracker")).containsExactly("A|0");
    }

    @Test
    void tellsAShardThatTheTableDoesNotSayInTheOrigin() {
      assertThat(twice("origin"))
          .containsExactly("0|first_assignment|true", "1|available_slot|true");
      assertThat(rows("origin")).containsExactly("A|0");
    }

    private List<String> twice(String schema) {
      return List.of(upsert(caller, schema, "A", "c"), upsert(caller, schema, "A", "c"));
    }
  }

  @Nested
  class F7ExistingRowWithoutANullColumn {
    private static final String ALL_NINE =
        """
        SELECT assigned_shard_id, assignment_strategy, is_new_assignment FROM %s.upsert_instance_assignment(
          'A', 'c', 'host', '10.0.0.1', 'node-1', 'discord', '1.0', '1.0', 2)
        """;

    @Test
    void confirmsTheSameShard() {
      String unused = caller.line(ALL_NINE.formatted("tracker"));

      assertThat(caller.line(ALL_NINE.formatted("tracker")))
          .isEqualTo("0|existing_assignment|false");
    }

    @Test
    void failsWithAnAmbiguousColumnInTheOrigin() {
      String unused = caller.line(ALL_NINE.formatted("origin"));

      assertThatThrownBy(() -> caller.line(ALL_NINE.formatted("origin")))
          .isInstanceOfSatisfying(Refused.class, e -> assertThat(e.state()).isEqualTo("42702"));
    }
  }

  @Nested
  class F8PhantomBecomesADouble {
    @Test
    void neverTellsTwoPodsOneShard() {
      assertThat(lastTold("tracker")).containsExactly("0", "1");
    }

    @Test
    void tellsBothPodsShardOneInTheOrigin() {
      assertThat(lastTold("origin")).containsExactly("1", "1");
    }

    private List<String> lastTold(String schema) {
      String unused = upsert(caller, schema, "A", "c");
      String a = upsert(caller, schema, "A", "c");
      String b = upsert(caller, schema, "B", "c");
      return List.of(a.substring(0, 1), b.substring(0, 1));
    }
  }

  @Nested
  class F9UncaughtUniqueViolation {
    @Test
    void confirmsTheCallersOwnShardBesideAnInactiveRow() {
      assertThat(routine("tracker")).isEqualTo("1|existing_assignment|false");
    }

    @Test
    void throwsAtTheBotInTheOrigin() {
      assertThatThrownBy(() -> routine("origin"))
          .isInstanceOfSatisfying(Refused.class, e -> assertThat(e.state()).isEqualTo("23505"));
    }

    private String routine(String schema) {
      row(schema, "A", 1, "active", "0");
      row(schema, "B", 0, "inactive", "0");
      return upsert(caller, schema, "A", "c");
    }
  }

  @Nested
  class F10NotActiveIsFree {
    @ParameterizedTest
    @ValueSource(strings = {"starting", "stopping", "error"})
    void leavesAShardWithItsHolderUntilItIsReleased(String status) {
      row("tracker", "A", 0, status, "0");

      assertThat(upsert(caller, "tracker", "B", "c")).isEqualTo("1|available_slot|true");
    }

    @Test
    void givesAwayAShardThatIsStillConnectedInTheOrigin() {
      row("origin", "A", 0, "stopping", "0");

      assertThat(upsert(caller, "origin", "B", "c")).isEqualTo("0|first_assignment|true");
      assertThat(rows("origin")).containsExactly("B|0");
    }
  }

  @Nested
  class F11HoleBetweenFiveAndTenMinutes {
    private Bot a = Bot.of(caller, "c", "A");

    @Test
    void hasNoMomentWhenTheOldHolderMayActAndTheNewOneHasTheShard() {
      cluster(1);
      a = Bot.of(service(), "c", "A");
      JsonNode told = a.acquire(1);
      Bot b = Bot.of(service(), "c", "B");
      // A's own clock says stop at valid_for_ms after it sent the request: not after expires_at.
      assertThat(told.get("valid_for_ms").asLong()).isLessThanOrEqualTo(45_000);

      owner.run("UPDATE tracker.shard_leases SET expires_at = clock_timestamp() - interval '3 s'");

      assertThatThrownBy(() -> b.acquire(1))
          .isInstanceOfSatisfying(
              Refused.class, e -> assertThat(e.kind()).isEqualTo("TK409 no_shard_available"));
      assertThat(
              owner.number(
                  "SELECT count(*) FROM tracker.shard_leases WHERE instance_id = 'A' AND epoch = 1"))
          .isEqualTo(1);
    }

    @Test
    void passesTheShardOnOnceTheGraceIsOver() {
      cluster(1);
      JsonNode unused = Bot.of(service(), "c", "A").acquire(1);

      owner.run(
          "UPDATE tracker.shard_leases SET expires_at = clock_timestamp() - interval '5.1 s'");

      assertThat(Bot.grants(Bot.of(service(), "c", "B").acquire(1))).isEqualTo(Map.of(0, 2L));
    }
  }

  @Nested
  class F12TotalOfEachCaller {
    @Test
    void givesEveryCallerTheClustersTotal() {
      assertThat(totals("tracker")).containsExactly("A|2", "B|2", "D|2");
      assertThat(owner.lines("SELECT DISTINCT total_shards FROM tracker.cluster_management"))
          .containsExactly("2");
    }

    @Test
    void mixesTwoLayoutsInTheOrigin() {
      assertThat(totals("origin")).containsExactly("A|2", "B|4", "D|4");
    }

    @Test
    void refusesAPodThatExpectsAnotherTotalAndNamesBoth() {
      cluster(2);

      Refused refused =
          catchThrowableOfType(
              Refused.class,
              () ->
                  service()
                      .json(
                          "SELECT tracker.acquire_shards('c', 'A', gen_random_uuid(), NULL, 1, p_expected_total => 4)"));

      assertThat(refused.kind()).isEqualTo("TK409 total_shards_mismatch");
      assertThat(refused.detail().toString())
          .isEqualTo("{\"total_shards\":2,\"expected_total_shards\":4}");
    }

    private List<String> totals(String schema) {
      String sql =
          "SELECT instance_id, total_shards FROM %s.upsert_instance_assignment(?, 'c', p_total_shards => ?)"
              .formatted(schema);
      return List.of(caller.line(sql, "A", 2), caller.line(sql, "B", 4), caller.line(sql, "D", 4));
    }
  }

  @Nested
  class F13Shrinking {
    @Test
    void takesNoShardFromALargerLayout() {
      assertThat(smallerCall("tracker")).isEqualTo("null|none_available|false");
      assertThat(rows("tracker")).containsExactly("p0|0", "p1|1", "p2|2", "p3|3", "p4|4");
    }

    @Test
    void robsALiveShardOfTheLargerLayoutInTheOrigin() {
      assertThat(smallerCall("origin")).isEqualTo("1|round_robin|true");
      assertThat(rows("origin")).containsExactly("p0|0", "X|1", "p2|2", "p3|3", "p4|4");
    }

    private String smallerCall(String schema) {
      for (int pod = 0; pod < 5; pod++) {
        String unused = upsert(caller, schema, "p" + pod, "c", 5);
      }
      return upsert(caller, schema, "X", "c", 2);
    }
  }

  @Nested
  class F14RestartKeepsTheOldTotal {
    @Test
    void leavesTheTotalToTheReshardPlan() {
      String unused = upsert(caller, "tracker", "A", "c", 2);

      assertThat(
              caller.line(
                  "SELECT assigned_shard_id, total_shards, assignment_strategy FROM tracker.upsert_instance_assignment('A', 'c', p_total_shards => 8)"))
          .isEqualTo("0|2|existing_assignment");
      assertThat(owner.value("SELECT total_shards FROM tracker.clusters")).isEqualTo(2);
    }
  }

  @Nested
  class F15CleanupInTwoStatements {
    @Test
    void namesExactlyTheRowsThatItRemoved() {
      assertThat(cleanupWhileOneRevives("tracker")).isEqualTo("1|[dead/c]");
    }

    @Test
    void namesARowThatItLeftInTheOrigin() {
      assertThat(cleanupWhileOneRevives("origin"))
          .isIn("1|[alive/c, dead/c]", "1|[dead/c, alive/c]");
    }

    private String cleanupWhileOneRevives(String schema) {
      row(schema, "alive", 0, "active", "20 min");
      row(schema, "dead", 1, "active", "20 min");
      Session heart = session();
      heart.run("BEGIN");
      int beats =
          heart.update(
              "UPDATE %s.cluster_management SET last_heartbeat = now() WHERE instance_id = 'alive'"
                  .formatted(schema));
      assertThat(beats).isEqualTo(1);
      return Race.of(
              2,
              number ->
                  () -> {
                    if (number == 0) {
                      return caller.line(
                          "SELECT * FROM %s.cleanup_stale_assignments()".formatted(schema));
                    }
                    DATABASE.awaitBlocked(1);
                    heart.run("COMMIT");
                    return "";
                  })
          .getFirst();
    }
  }

  @Nested
  class F16NegativeThreshold {
    @ParameterizedTest
    @ValueSource(strings = {"'-1 minutes'", "'-1 second'", "NULL"})
    void isRefused(String threshold) {
      String unused = upsert(caller, "tracker", "A", "c");

      assertThatThrownBy(() ->
              caller.line("SELECT * FROM tracker.cleanup_stale_assignments(" + threshold + ")"))
          .isInstanceOfSatisfying(
              Refused.class, e -> assertThat(e.kind()).isEqualTo("22023 invalid_threshold"));
      assertThat(rows("tracker")).containsExactly("A|0");
    }

    @Test
    void removesALiveRowInTheOrigin() {
      String unused = upsert(caller, "origin", "A", "c");

      assertThat(caller.line("SELECT * FROM origin.cleanup_stale_assignments('-1 minutes')"))
          .isEqualTo("1|[A/c]");
    }

    @Test
    void neverRemovesALiveFencedLease() {
      cluster(2);
      JsonNode unused = Bot.of(service(), "c", "A").acquire(2);
      owner.run(
          "BEGIN; SET LOCAL tracker.sync = 'off'; UPDATE tracker.cluster_management SET last_heartbeat = now() - interval '1 h'; COMMIT");

      assertThat(caller.line("SELECT * FROM tracker.cleanup_stale_assignments('0 seconds')"))
          .isEqualTo("0|[]");
      assertThat(rows("tracker")).containsExactly("A|0");
    }
  }

  @Nested
  class F17InactiveRowsStay {
    @Test
    void cleansAnInactiveRow() {
      row("tracker", "A", 0, "inactive", "60 min");

      assertThat(caller.line("SELECT * FROM tracker.cleanup_stale_assignments()"))
          .isEqualTo("1|[A/c]");
      assertThat(owner.number("SELECT count(*) FROM tracker.cluster_management")).isZero();
    }

    @Test
    void leavesItForEverInTheOrigin() {
      row("origin", "A", 0, "inactive", "60 min");

      assertThat(caller.line("SELECT * FROM origin.cleanup_stale_assignments()")).isEqualTo("0|[]");
    }
  }

  @Nested
  class F18HistoryLost {
    @Test
    void keepsEpochAndPastHolderOfADeletedRow() {
      row("tracker", "A", 0, "active", "0");

      owner.run("DELETE FROM tracker.cluster_management");

      assertThat(
              owner.line(
                  "SELECT instance_id, epoch, ended_instance, ended_epoch FROM tracker.shard_leases WHERE shard_id = 0"))
          .isEqualTo("null|2|A|1");
      assertThat(
              owner.lines(
                  "SELECT kind, instance_id, epoch FROM tracker.shard_events WHERE shard_id = 0 ORDER BY id"))
          .containsExactly("shard.acquired|A|1", "shard.released|A|1");
    }
  }

  /** The Python client's way: read, pick a gap, insert, or else take the row. */
  @Nested
  class F19ReadThenInsert {
    @Test
    void refusesTheInsertAndTheTakingAndNamesTheHolder() {
      cluster(2);
      JsonNode unused = Bot.of(service(), "c", "bot-7").acquire(1);
      Session client = session();

      assertThatThrownBy(() ->
              client.run(
                  "INSERT INTO tracker.cluster_management (instance_id, cluster_name, shard_id) VALUES ('py', 'c', 0)"))
          .isInstanceOf(Refused.class)
          .hasMessageContaining("shard 0 of cluster c is leased to bot-7 (epoch 1)");
      assertThatThrownBy(() ->
              client.run(
                  "UPDATE tracker.cluster_management SET instance_id = 'py', last_heartbeat = now() WHERE cluster_name = 'c' AND shard_id = 0"))
          .isInstanceOf(Refused.class)
          .hasMessageContaining("shard 0 of cluster c is leased to bot-7 (epoch 1)");
      assertThat(rows("tracker")).containsExactly("bot-7|0");
    }

    @Test
    void letsTwoReadersOfOneGapHaveItOnce() {
      cluster(2);
      Session one = session();
      Session two = session();
      List<String> taken =
          Race.of(
              2,
              number ->
                  () -> {
                    Session mine = number == 0 ? one : two;
                    try {
                      mine.run(
                          "INSERT INTO tracker.cluster_management (instance_id, cluster_name, shard_id) VALUES ('py-%d', 'c', 0)"
                              .formatted(number));
                      return "inserted";
                    } catch (Refused e) {
                      return e.state();
                    }
                  });

      assertThat(taken).containsExactlyInAnyOrder("inserted", "23505");
      Ledger.check(owner);
    }

    @Test
    void recordsThatAnUnfencedRowWasTaken() {
      row("tracker", "old", 0, "active", "1 s");

      owner.run("UPDATE tracker.cluster_management SET instance_id = 'py' WHERE shard_id = 0");

      assertThat(
              owner.lines(
                  "SELECT kind, instance_id, epoch FROM tracker.shard_events WHERE shard_id = 0 ORDER BY id"))
          .containsExactly("shard.acquired|old|1", "shard.released|old|1", "shard.acquired|py|3");
      Ledger.check(owner);
    }
  }

  @Nested
  class F20ClockOfTheClient {
    @Test
    void countsABeatFromTheFutureAsNow() {
      row("tracker", "A", 0, "active", "-2 h");

      assertThat(
              owner.value(
                  "SELECT expires_at <= clock_timestamp() + interval '5 min' FROM tracker.shard_leases WHERE shard_id = 0"))
          .isEqualTo(true);
    }

    @Test
    void neverGrowsStaleInTheOrigin() {
      row("origin", "A", 0, "active", "-2 h");

      assertThat(caller.line("SELECT * FROM origin.cleanup_stale_assignments('0 s')"))
          .isEqualTo("0|[]");
    }

    @Test
    void isNeverAskedByOurFunctions() {
      assertThat(
              owner.lines(
                  """
                  SELECT oid::regprocedure FROM pg_proc
                   WHERE pronamespace = 'tracker'::regnamespace AND 'timestamptz'::regtype = ANY (proargtypes::oid[])
                     AND proname IN ('acquire_shards', 'renew_leases', 'release_leases', 'upsert_instance_assignment', 'request_identify', 'poll_instance')
                  """))
          .isEmpty();
    }
  }

  /** The Rust client's record_shard. */
  @Nested
  class F21LastWriterWins {
    private static final String RECORD_SHARD =
        """
        INSERT INTO tracker.cluster_management (instance_id, cluster_name, shard_id, last_heartbeat) VALUES ('rs', 'c', 0, now())
        ON CONFLICT (cluster_name, shard_id) DO UPDATE SET instance_id = EXCLUDED.instance_id, last_heartbeat = EXCLUDED.last_heartbeat
        """;

    @Test
    void refusesToRewriteALiveHolder() {
      cluster(2);
      JsonNode unused = Bot.of(service(), "c", "bot-7").acquire(1);

      assertThatThrownBy(() -> caller.run(RECORD_SHARD))
          .isInstanceOfSatisfying(
              Refused.class, e -> assertThat(e.kind()).isEqualTo("23505 shard_held"))
          .hasMessageContaining("bot-7");
      assertThat(rows("tracker")).containsExactly("bot-7|0");
    }

    @Test
    void worksOnAFreeShardAndAgainForItsHolder() {
      caller.run(RECORD_SHARD);

      caller.run(RECORD_SHARD);

      assertThat(rows("tracker")).containsExactly("rs|0");
      assertThat(owner.value("SELECT epoch FROM tracker.shard_leases WHERE shard_id = 0"))
          .isEqualTo(1L);
    }
  }

  /** The Python client's record_discovered_shard. */
  @Nested
  class F22PodsOfManyShardsCollapse {
    private static final String RECORD_DISCOVERED =
        """
        INSERT INTO tracker.cluster_management (instance_id, cluster_name, shard_id, total_shards) VALUES ('bot-7', 'c', ?, 3)
        ON CONFLICT (instance_id, cluster_name) DO UPDATE SET shard_id = EXCLUDED.shard_id, total_shards = EXCLUDED.total_shards
        """;

    @Test
    void keepsEveryShardOfALeasedPod() {
      cluster(8);
      Bot pod = Bot.of(service(), "c", "bot-7");
      JsonNode unused = pod.acquire(3);

      assertThatThrownBy(() -> caller.update(RECORD_DISCOVERED, 2)).isInstanceOf(Refused.class);

      assertThat(
              owner.lines(
                  "SELECT shard_id FROM tracker.shard_leases WHERE instance_id = 'bot-7' ORDER BY 1"))
          .containsExactly("0", "1", "2");
      assertThat(rows("tracker")).containsExactly("bot-7|0");
    }

    @Test
    void leavesNoPhantomBehindWhenTheRowMoves() {
      for (int shard = 0; shard < 3; shard++) {
        int unused = caller.update(RECORD_DISCOVERED, shard);
      }

      assertThat(rows("tracker")).containsExactly("bot-7|2");
      assertThat(
              owner.lines(
                  "SELECT shard_id FROM tracker.shard_leases WHERE instance_id = 'bot-7' ORDER BY 1"))
          .containsExactly("2");
      Ledger.check(owner);
    }
  }

  @Nested
  class F23Revival {
    @Test
    void endsWithTheRelease() {
      cluster(1);
      Bot pod = Bot.of(service(), "c", "bot-7");
      var held = Bot.grants(pod.acquire(1));
      var released = pod.release(held);

      assertThat(pod.renew(held)).isEqualTo(Map.of(0, "released"));
      assertThat(released).isEqualTo(Map.of(0, "released"));
      assertThat(rows("tracker")).isEmpty();
    }

    @Test
    void tellsAPodThatMakesANewNameForEachBeat() {
      cluster(1);
      JsonNode unused = Bot.of(service(), "c", "bot-1").acquire(1);

      assertThat(Bot.of(service(), "c", "bot-2").beat()).isEqualTo("unknown_instance");
    }
  }

  @Nested
  class F24ExecuteLeftToPublic {
    private static final String OPEN_TO_ANON =
        "SELECT count(*) FROM pg_proc WHERE pronamespace = '%s'::regnamespace AND prosecdef AND has_function_privilege('anon', oid, 'EXECUTE')";

    @Test
    void opensNothingToAnonymousCallersOnceTheyMayUseTheSchema() {
      owner.run("GRANT USAGE ON SCHEMA tracker TO anon");
      Session anon = DATABASE.as("anon");
      try {
        assertThatThrownBy(() -> upsert(anon, "tracker", "A", "c"))
            .isInstanceOfSatisfying(Refused.class, e -> assertThat(e.state()).isEqualTo("42501"));
      } finally {
        owner.run("REVOKE USAGE ON SCHEMA tracker FROM anon");
      }
      assertThat(owner.number(OPEN_TO_ANON.formatted("tracker"))).isZero();
    }

    @Test
    void opensTheTableToAnonymousCallersInTheOrigin() {
      owner.run("GRANT USAGE ON SCHEMA origin TO anon");
      Session anon = DATABASE.as("anon");
      assertThat(upsert(anon, "origin", "A", "c")).isEqualTo("0|first_assignment|true");
    }
  }

  @Nested
  class F25CleanupNeverScheduled {
    @Test
    void isDueForExactlyOneOfThreeReplicas() {
      upsert(caller, "tracker", "A", "c");
      owner.run("UPDATE tracker.service_state SET last_tick = '-infinity'");
      List<Session> replicas = List.of(service(), service(), service());

      List<Integer> claimed =
          Race.of(
              3,
              replica ->
                  () ->
                      replicas
                          .get(replica)
                          .rows("SELECT * FROM tracker.claim_tick('1 min')")
                          .size());

      assertThat(claimed).containsExactlyInAnyOrder(0, 0, 1);
    }

    @Test
    void takesItsThresholdByTheNameThatItHas() {
      assertThat(
              caller.line(
                  "SELECT * FROM tracker.cleanup_stale_assignments(p_stale_threshold => '10 minutes')"))
          .isEqualTo("0|[]");
    }
  }

  @Nested
  class F26GuildRoutingWrong {
    @Test
    void dropsTheTwentyTwoLowBitsFirst() {
      long guild = 197_038_439_483_310_086L;

      assertThat(Snowflakes.shardOf(guild, 64))
          .isEqualTo((int) owner.number("SELECT (?::bigint >> 22) % 64", guild))
          .isNotEqualTo((int) (guild % 64));
    }
  }

  @Nested
  class F27WriteCost {
    @Test
    void renewsLeasesWithoutTouchingAnIndex() {
      cluster(16);
      Bot pod = Bot.of(service(), "c", "A");
      var held = Bot.grants(pod.acquire(16));

      assertThat(
              hotShare(
                  pod.sql(), "tracker.shard_leases", () -> assertThat(pod.renew(held)).hasSize(16)))
          .isGreaterThan(0.9);
    }

    @Test
    void writesEveryIndexInTheOrigin() {
      String unused = upsert(caller, "origin", "A", "c");

      assertThat(
              hotShare(
                  caller,
                  "origin.cluster_management",
                  () ->
                      caller.run(
                          "UPDATE origin.cluster_management SET last_heartbeat = clock_timestamp() WHERE instance_id = 'A'")))
          .isZero();
    }

    /** The part of sixty beats' row versions that no index had to learn of. */
    private double hotShare(Session writer, String table, Runnable beat) {
      long[] before = updates(writer, table);
      for (int i = 0; i < 60; i++) {
        beat.run();
      }
      long[] after = updates(writer, table);
      return (double) (after[1] - before[1]) / (after[0] - before[0]);
    }

    private long[] updates(Session writer, String table) {
      writer.run("SELECT pg_stat_force_next_flush()");
      return new long[] {
        owner.number("SELECT pg_stat_get_tuples_updated(?::regclass)", table),
        owner.number("SELECT pg_stat_get_tuples_hot_updated(?::regclass)", table)
      };
    }
  }

  @Nested
  class F28NoLimits {
    @ParameterizedTest
    @ValueSource(
        strings = {"''", "repeat('x', 254)", "repeat('x', 100000)", "NULL", "E'a\\nb'", "'a/b'"})
    void refusesAnInstanceThatIsNoName(String instance) {
      for (String call :
          List.of(
              "SELECT * FROM tracker.upsert_instance_assignment(%s, 'c')",
              "SELECT tracker.acquire_shards('c', %s, gen_random_uuid(), NULL, 1)")) {
        assertThatThrownBy(() -> caller.run(call.formatted(instance)))
            .isInstanceOfSatisfying(
                Refused.class, e -> assertThat(e.kind()).isEqualTo("22023 invalid_instance_id"));
      }
    }

    @ParameterizedTest
    @ValueSource(strings = {"''", "repeat('x', 254)", "NULL"})
    void refusesAClusterThatIsNoName(String cluster) {
      for (String call :
          List.of(
              "SELECT * FROM tracker.upsert_instance_assignment('a', %s)",
              "SELECT * FROM tracker.get_next_available_shard(%s)",
              "SELECT tracker.acquire_shards(%s, 'a', gen_random_uuid(), NULL, 1)")) {
        assertThatThrownBy(() -> caller.run(call.formatted(cluster)))
            .isInstanceOfSatisfying(
                Refused.class, e -> assertThat(e.kind()).isEqualTo("22023 invalid_cluster_name"));
      }
    }

    @ParameterizedTest
    @ValueSource(strings = {"''", "repeat('x', 254)"})
    void refusesADirectRowThatNamesNobody(String instance) {
      assertThatThrownBy(() ->
              caller.run(
                  "INSERT INTO tracker.cluster_management (instance_id, cluster_name, shard_id) VALUES (%s, 'c', 0)"
                      .formatted(instance)))
          .isInstanceOfSatisfying(
              Refused.class, e -> assertThat(e.kind()).isEqualTo("22023 invalid_instance_id"));
    }

    @Test
    void acceptsAnEmptyAndAnEndlessNameInTheOrigin() {
      assertThat(upsert(caller, "origin", "", "c")).isEqualTo("0|first_assignment|true");
      assertThat(upsert(caller, "origin", "x".repeat(100_000), "c"))
          .isEqualTo("1|available_slot|true");
    }
  }
}
