package dev.quintet.tracker.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The number of shards changes while the bot goes on. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the test resource fills the fields in
class ReshardIT {
  Database database;
  Tokens tokens;

  private Fleet fleet(int shards) {
    return new Fleet(database, tokens, shards, Map.of());
  }

  /** A fleet of 4 with a ready layout of 8 beside it; the plan's id. */
  private int warm(Fleet fleet, boolean auto) {
    int id = start(fleet, 8, auto);
    fleet.pod("new-0").with("generation", "next").holds(4).ready();
    fleet.pod("new-1").with("generation", "next").holds(4).ready();
    fleet.tick();
    return id;
  }

  private static int start(Fleet fleet, int target, boolean auto) {
    return fleet
        .post("devops", "/reshards", Map.of("target_total_shards", target, "auto_cutover", auto))
        .statusCode(201)
        .extract()
        .path("id");
  }

  private static String state(Fleet fleet, int id) {
    return fleet.get("/reshards/" + id).statusCode(200).extract().path("state");
  }

  @Test
  void aReshardGoesThroughAllItsStates() {
    var fleet = fleet(4);
    var a = fleet.pod("old-0").holds(2).ready();
    var b = fleet.pod("old-1").holds(2).ready();
    int id =
        fleet
            .post("devops", "/reshards", Map.of("target_total_shards", 8))
            .statusCode(201)
            .header("Location", containsString("/reshards/"))
            .body("state", equalTo("preparing"))
            .body("pause_timeout_ms", equalTo(10_000))
            .extract()
            .path("id");

    var c = fleet.pod("new-0").with("generation", "next").holds(4);
    assertThat(c.beat("connecting").getBoolean("serving")).isFalse();
    fleet.tick();
    assertThat(state(fleet, id)).isEqualTo("warming");

    var d = fleet.pod("new-1").with("generation", "next").holds(4).ready();
    c.ready();
    fleet.tick();
    assertThat(state(fleet, id)).isEqualTo("ready");

    fleet
        .post("devops", "/reshards/" + id + "/cutover", null)
        .statusCode(202)
        .body("state", equalTo("pausing"))
        .body("not_paused", contains(0, 1, 2, 3));
    assertThat(a.beat("ready").getList("directives.type")).containsExactly("pause");
    assertThat(c.beat("ready").getList("directives")).isEmpty();

    a.beat("paused", 1_000_000_000_000_000_000L);
    fleet.tick();
    assertThat(state(fleet, id)).isEqualTo("pausing");
    b.beat("paused", 1_000_000_000_000_000_000L);
    fleet.tick();

    fleet
        .get("/reshards/" + id)
        .body("state", equalTo("retiring"))
        .body("last_event_ids.'3'", equalTo("1000000000000000003"));
    var serve = d.beat("ready");
    assertThat(serve.getBoolean("serving")).isTrue();
    assertThat(serve.getInt("total_shards")).isEqualTo(8);
    assertThat(serve.getList("directives.type")).containsExactly("serve");
    assertThat(serve.getInt("directives[0].from_total_shards")).isEqualTo(4);
    assertThat(serve.getString("directives[0].last_event_ids.'0'"))
        .isEqualTo("1000000000000000000");

    var last = a.beat("paused");
    assertThat(last.getBoolean("serving")).isFalse();
    assertThat(a.drained(last)).containsExactly(0, 1);
    assertThat(last.getString("directives[0].reason")).isEqualTo("retired");
    a.releases(List.of(0, 1));
    b.releases(List.of(2, 3));
    fleet.tick();
    assertThat(state(fleet, id)).isEqualTo("done");

    assertThat(c.beat("ready").getList("directives.type"))
        .as("a pod that has not looked since the cutover still learns what to drop")
        .containsExactly("serve");
    fleet.plansAge(3600);
    fleet.tick();
    assertThat(c.beat("ready").getList("directives")).isEmpty();
    assertThat(fleet.events("reshard.cutover")).isEqualTo(1);
    assertThat(
            fleet.number(
                "SELECT count(*) FROM tracker.cluster_management WHERE cluster_name = ? AND status = 'active'"
                    + " AND total_shards = 8",
                fleet.cluster))
        .isEqualTo(2);
  }

  @Test
  void theGuildLookUpChangesAtTheCutoverAndNotBefore() {
    var fleet = fleet(4);
    var old = fleet.pod("old").holds(4).ready();
    int id = warm(fleet, false);
    long guild = 6L << 22;
    fleet
        .get("/guilds/" + guild + "/shard")
        .body("shard_id", equalTo(2))
        .body("instance_id", equalTo("old"));

    fleet.post("devops", "/reshards/" + id + "/cutover", null).statusCode(202);
    fleet.get("/guilds/" + guild + "/shard").body("shard_id", equalTo(2));
    old.beat("paused", 5L);
    fleet.tick();

    fleet
        .get("/guilds/" + guild + "/shard")
        .body("shard_id", equalTo(6))
        .body("total_shards", equalTo(8))
        .body("instance_id", equalTo("new-1"));
  }

  @Test
  void aShardThatDoesNotPauseInTimeUnpausesTheOthers() {
    var fleet = fleet(4);
    var a = fleet.pod("old-0").holds(2).ready();
    var b = fleet.pod("old-1").holds(2).ready();
    int id = warm(fleet, false);
    fleet.post("devops", "/reshards/" + id + "/cutover", null).statusCode(202);
    a.beat("paused", 1L);

    fleet.plansAge(11);
    fleet.tick();

    fleet
        .get("/reshards/" + id)
        .body("state", equalTo("ready"))
        .body("last_event_ids", equalTo(null));
    assertThat(a.beat("ready").getList("directives")).isEmpty();
    assertThat(b.beat("ready").getBoolean("serving")).isTrue();
    assertThat(
            fleet.number(
                "SELECT count(*) FROM tracker.v_shards WHERE cluster_name = ? AND generation = 1 AND state = 'ready'",
                fleet.cluster))
        .isEqualTo(4);
    assertThat(fleet.events("reshard.unpaused")).isEqualTo(1);
  }

  @Test
  void anAckFromAnEarlierAttemptDoesNotCount() {
    var fleet = fleet(4);
    var a = fleet.pod("old-0").holds(2).ready();
    var b = fleet.pod("old-1").holds(2).ready();
    int id = warm(fleet, false);
    fleet.post("devops", "/reshards/" + id + "/cutover", null).statusCode(202);
    a.beat("paused", 1L);
    fleet.plansAge(11);
    fleet.tick();

    fleet
        .post("devops", "/reshards/" + id + "/cutover", null)
        .statusCode(202)
        .body("not_paused", hasSize(4));
    b.beat("paused", 1L);
    fleet.tick();

    fleet
        .get("/reshards/" + id)
        .body("state", equalTo("pausing"))
        .body("not_paused", contains(0, 1));
  }

  @Test
  void anAckThatWasOnItsWayThroughAnUnpauseDoesNotCount() {
    var fleet = fleet(4);
    var a = fleet.pod("old-0").holds(2).ready();
    var b = fleet.pod("old-1").holds(2).ready();
    int id = warm(fleet, false);
    fleet.post("devops", "/reshards/" + id + "/cutover", null).statusCode(202);
    long earlier = a.beat("ready").getLong("directives[0].pause_id");
    fleet.plansAge(11);
    fleet.tick();
    fleet.post("devops", "/reshards/" + id + "/cutover", null).statusCode(202);
    long present = b.beat("ready").getLong("directives[0].pause_id");
    b.acknowledges(present).beat("paused", 1L);

    // Sent in the first pause, it comes in the second; the pod has gone on in between.
    a.acknowledges(earlier).beat("paused", 1L);
    fleet.tick();

    assertThat(present).isNotEqualTo(earlier);
    fleet
        .get("/reshards/" + id)
        .body("state", equalTo("pausing"))
        .body("not_paused", contains(0, 1));
    a.acknowledges(present).beat("paused", 1L);
    fleet.tick();
    assertThat(state(fleet, id)).isEqualTo("retiring");
  }

  @Test
  void aPodThatStillAsksForNextAfterTheCutoverGetsWhatServes() {
    var fleet = fleet(4);
    var old = fleet.pod("old").holds(4).ready();
    int id = warm(fleet, false);
    fleet.post("devops", "/reshards/" + id + "/cutover", null).statusCode(202);
    old.beat("paused", 1L);
    fleet.tick();
    assertThat(state(fleet, id)).isEqualTo("retiring");
    fleet.sql(
        "UPDATE tracker.instances SET pod_uid = 'uid-1' WHERE cluster_name = ? AND instance_id = 'new-1'",
        fleet.cluster);

    // Restarted by the kubelet, its environment says "next" as before.
    var again = fleet.pod("new-1").with("generation", "next").with("pod_uid", "uid-1");
    again
        .ask(4, false)
        .then()
        .statusCode(201)
        .body("generation", equalTo(2))
        .body("serving", equalTo(true))
        .body("total_shards", equalTo(8))
        .body("shards", hasSize(4));
    assertThat(again.beat("ready").getBoolean("serving")).isTrue();
    fleet
        .pod("spare")
        .with("generation", "next")
        .with("expected_total_shards", 8)
        .ask(1, true)
        .then()
        .statusCode(202);
    fleet
        .pod("early")
        .with("generation", "next")
        .with("expected_total_shards", 16)
        .ask(1, true)
        .then()
        .statusCode(404)
        .body("code", equalTo("no_next_generation"));
  }

  @Test
  void nextIsTheServingLayoutForAPodThatNamesItsNumberWhileAnotherReshardRuns() {
    var fleet = fleet(4);
    fleet
        .pod("early")
        .with("generation", "next")
        .ask(1, false)
        .then()
        .statusCode(404)
        .body("code", equalTo("no_next_generation"));
    start(fleet, 8, false);

    fleet
        .pod("old")
        .with("generation", "next")
        .with("expected_total_shards", 4)
        .ask(4, false)
        .then()
        .statusCode(201)
        .body("generation", equalTo(1));
    fleet
        .pod("new")
        .with("generation", "next")
        .with("expected_total_shards", 8)
        .ask(4, false)
        .then()
        .statusCode(201)
        .body("generation", equalTo(2));
  }

  @Test
  void aHolderThatDiedIsNotWaitedForAndLosesItsLease() {
    var fleet = fleet(4);
    var a = fleet.pod("old-0").holds(2).ready();
    var b = fleet.pod("old-1").holds(2).ready();
    int id = warm(fleet, false);
    fleet.post("devops", "/reshards/" + id + "/cutover", null).statusCode(202);
    a.beat("paused", 1L);
    fleet.dies("old-1");
    fleet.tick();

    assertThat(state(fleet, id)).isEqualTo("retiring");
    b.report("ready", Map.of())
        .then()
        .statusCode(409)
        .body("code", equalTo("lease_lost"))
        .body("shards.reason", everyItem(equalTo("revoked")));
  }

  @Test
  void aPodThatTakesOverWhilePausingIsToldToPauseAndWaitedFor() {
    var fleet = fleet(4);
    var a = fleet.pod("old-0").holds(2).ready();
    fleet.pod("old-1").holds(2).ready();
    int id = warm(fleet, false);
    fleet.post("devops", "/reshards/" + id + "/cutover", null).statusCode(202);
    a.beat("paused", 1L);
    fleet.dies("old-1");

    var heir = fleet.pod("heir");
    heir.ask(2, false).then().statusCode(201).body("directives.type", contains("pause"));
    fleet.tick();
    assertThat(state(fleet, id)).isEqualTo("pausing");
    heir.beat("paused");
    fleet.tick();
    assertThat(state(fleet, id)).isEqualTo("retiring");
  }

  @Test
  void abortRevokesTheNewLayoutAndLeavesTheOldOneAlone() {
    var fleet = fleet(4);
    var old = fleet.pod("old").holds(4).ready();
    int id = start(fleet, 8, false);
    var young = fleet.pod("new-0").with("generation", "next").holds(4).ready();
    var waiting = fleet.pod("new-1").with("generation", "next");
    waiting.ask(8, true);
    fleet.tick();

    fleet
        .post("devops", "/reshards/" + id + "/abort", null)
        .statusCode(200)
        .body("state", equalTo("aborted"));

    young
        .report("ready", Map.of())
        .then()
        .statusCode(409)
        .body("code", equalTo("lease_lost"))
        .body("reason", equalTo("revoked"));
    young.ask(4, false).then().statusCode(404).body("code", equalTo("no_next_generation"));
    var reply = old.beat("ready");
    assertThat(reply.getList("shards.outcome")).containsOnly("renewed");
    assertThat(reply.getList("directives")).isEmpty();
    fleet
        .post("devops", "/reshards/" + id + "/abort", null)
        .statusCode(200)
        .body("state", equalTo("aborted"));
    assertThat(fleet.events("reshard.aborted")).isEqualTo(1);
  }

  @Test
  void abortWhilePausingUnpauses() {
    var fleet = fleet(4);
    var old = fleet.pod("old").holds(4).ready();
    int id = warm(fleet, false);
    fleet.post("devops", "/reshards/" + id + "/cutover", null).statusCode(202);
    old.beat("paused", 1L);

    fleet.post("devops", "/reshards/" + id + "/abort", null).statusCode(200);

    assertThat(old.beat("ready").getList("directives")).isEmpty();
    fleet.tick();
    assertThat(
            fleet.number(
                "SELECT generation FROM tracker.clusters WHERE cluster_name = ?", fleet.cluster))
        .isEqualTo(1);
  }

  @Test
  void epochsOfALaterAttemptAreAboveThoseOfTheAborted() {
    var fleet = fleet(2);
    int first = start(fleet, 4, false);
    var young = fleet.pod("new-0").with("generation", "next").holds(4);
    long highest = young.held.values().stream().max(Long::compare).orElseThrow();
    fleet.post("devops", "/reshards/" + first + "/abort", null).statusCode(200);

    start(fleet, 4, false);
    var next = fleet.pod("new-1").with("generation", "next").holds(4);

    assertThat(next.held.values()).allMatch(epoch -> epoch > highest);
  }

  @Test
  void autoCutoverSwitchesByItselfAndBacksOffAfterAFailure() {
    var fleet = fleet(4);
    var old = fleet.pod("old").holds(4).ready();
    int id = warm(fleet, true);
    assertThat(state(fleet, id)).isEqualTo("pausing");
    fleet.plansAge(11);
    fleet.tick();
    assertThat(state(fleet, id)).isEqualTo("ready");
    fleet.tick();
    assertThat(state(fleet, id)).isEqualTo("ready");

    fleet.plansAge(30);
    fleet.tick();
    assertThat(state(fleet, id)).isEqualTo("pausing");
    old.beat("paused", 1L);
    fleet.tick();
    assertThat(state(fleet, id)).isEqualTo("retiring");
  }

  @Test
  void aNewPodThatFailsSendsThePlanBackToWarming() {
    var fleet = fleet(4);
    var old = fleet.pod("old").holds(4).ready();
    int id = warm(fleet, false);
    fleet.post("devops", "/reshards/" + id + "/cutover", null).statusCode(202);
    old.beat("paused", 1L);
    fleet.dies("new-1");

    fleet.tick();

    assertThat(state(fleet, id)).isEqualTo("warming");
    assertThat(old.beat("ready").getList("directives")).isEmpty();
    fleet
        .post("devops", "/reshards/" + id + "/cutover", null)
        .statusCode(409)
        .body("code", equalTo("reshard_not_ready"))
        .body("ready", equalTo(4));
  }

  @Test
  void retiredShardsAreNotGivenToAnybody() {
    var fleet = fleet(4);
    var old = fleet.pod("old").holds(4).ready();
    var waiting = fleet.pod("waiting");
    waiting.ask(1, true).then().statusCode(202);
    int id = warm(fleet, false);
    fleet.post("devops", "/reshards/" + id + "/cutover", null).statusCode(202);
    old.beat("paused", 1L);
    fleet.tick();

    var place = waiting.look();
    assertThat(place.getInt("generation"))
        .as("who waits now waits for the new layout")
        .isEqualTo(2);
    old.releases(List.of(0, 1));
    fleet.tick();
    assertThat(waiting.look().getList("shards")).isEmpty();
    old.ask(4, false).then().statusCode(409).body("code", equalTo("other_generation_held"));
    fleet.dies("old");
    fleet.tick();
    assertThat(state(fleet, id)).isEqualTo("done");
    assertThat(
            fleet.number(
                "SELECT count(*) FROM tracker.shard_leases WHERE cluster_name = ? AND generation = 1 AND (instance_id IS NOT NULL OR"
                    + " reserved_for IS NOT NULL)",
                fleet.cluster))
        .isZero();
  }

  @Test
  void aRestartedPodMayChangeItsLayout() {
    var fleet = fleet(2);
    fleet.pod("bot").with("pod_uid", "u1").holds(2).ready();
    start(fleet, 4, false);

    var again = fleet.pod("bot").with("pod_uid", "u1").with("generation", "next").holds(4);

    assertThat(again.held.keySet()).containsExactly(0, 1, 2, 3);
    fleet.pod("other").holds(2);
  }

  @Test
  void shrinkingWorksToo() {
    var fleet = fleet(4);
    var old = fleet.pod("old").holds(4).ready();
    int id = start(fleet, 2, false);
    fleet.pod("new-0").with("generation", "next").holds(2).ready();
    fleet.tick();
    fleet.post("devops", "/reshards/" + id + "/cutover", null).statusCode(202);
    old.beat("paused", 1L);
    fleet.tick();

    fleet
        .get("/guilds/" + (3L << 22) + "/shard")
        .body("shard_id", equalTo(1))
        .body("total_shards", equalTo(2));
    assertThat(
            fleet.number(
                "SELECT count(*) FROM tracker.shard_leases l JOIN tracker.generations g USING (cluster_name, generation)"
                    + " WHERE l.cluster_name = ? AND l.shard_id >= g.total_shards",
                fleet.cluster))
        .as("every shard is within its layout")
        .isZero();
  }

  @ParameterizedTest(name = "{0} → {1} {2}")
  @CsvSource({
    "{},                                                          422, invalid_total_shards",
    "{\"target_total_shards\": 0},                                422, invalid_total_shards",
    "{\"target_total_shards\": 65537},                            422, invalid_total_shards",
    "{\"target_total_shards\": \"8\"},                            422, invalid_total_shards",
    "{\"target_total_shards\": 4},                                409, total_shards_unchanged",
    "{\"target_total_shards\": 6},                                422, invalid_total_shards",
    "'{\"target_total_shards\": 8, \"pause_timeout_ms\": 999}',   422, invalid_setting",
    "'{\"target_total_shards\": 8, \"total\": 1}',                422, unknown_field",
    "{\"target_total_shards\": 1200},                             409, identify_budget_too_small",
    "{\"target_total,                                             400, malformed_json"
  })
  void whatCannotBeStartedIsRefused(String body, int status, String code) {
    var fleet = new Fleet(database, tokens, 4, Map.of("shard_multiple", 4));
    fleet
        .as("devops")
        .body(body)
        .post(fleet.path("/reshards"))
        .then()
        .statusCode(status)
        .body("code", equalTo(code));
    assertThat(
            fleet.number(
                "SELECT count(*) FROM tracker.reshards WHERE cluster_name = ?", fleet.cluster))
        .isZero();
  }

  @Test
  void theBudgetProblemTellsBothNumbers() {
    var fleet = fleet(4);
    fleet
        .post("devops", "/reshards", Map.of("target_total_shards", 960))
        .statusCode(409)
        .body("code", equalTo("identify_budget_too_small"))
        .body("needed", equalTo(960))
        .body("available", equalTo(950));
  }

  @Test
  void aSecondReshardIsRefusedWhileOneRuns() {
    var fleet = fleet(4);
    int id = start(fleet, 8, false);
    fleet
        .post("devops", "/reshards", Map.of("target_total_shards", 12))
        .statusCode(409)
        .body("code", equalTo("reshard_running"))
        .body("reshard_id", equalTo(id));
  }

  @Test
  void plansThatAreOverOrUnknownAreToldApart() {
    var fleet = fleet(4);
    fleet
        .post("devops", "/reshards/4711000/cutover", null)
        .statusCode(404)
        .body("code", equalTo("unknown_reshard"));
    fleet
        .post("devops", "/reshards/x/abort", null)
        .statusCode(404)
        .body("code", equalTo("unknown_reshard"));
    fleet.get("/reshards/0").statusCode(404).body("code", equalTo("unknown_reshard"));
    int id = start(fleet, 8, false);
    fleet
        .post("devops", "/reshards/" + id + "/cutover", null)
        .statusCode(409)
        .body("code", equalTo("reshard_not_ready"));
    fleet.post("devops", "/reshards/" + id + "/abort", null).statusCode(200);
    fleet
        .post("devops", "/reshards/" + id + "/cutover", null)
        .statusCode(409)
        .body("code", equalTo("reshard_over"));
    fleet
        .as("devops")
        .get("/api/v1/clusters/no-such/reshards")
        .then()
        .statusCode(404)
        .body("code", equalTo("unknown_cluster"));
    fleet
        .as("devops")
        .body("{\"target_total_shards\":4}")
        .post("/api/v1/clusters/no-such/reshards")
        .then()
        .statusCode(404);
  }

  @Test
  void aRepeatedKeyStartsOneReshard() {
    var fleet = fleet(4);
    String key = UUID.randomUUID().toString();
    var body = Map.of("target_total_shards", 8);
    var first =
        fleet.as("devops").header("Idempotency-Key", key).body(body).post(fleet.path("/reshards"));
    var again =
        fleet.as("devops").header("Idempotency-Key", key).body(body).post(fleet.path("/reshards"));

    assertThat(again.statusCode()).isEqualTo(201);
    assertThat(again.asString()).isEqualTo(first.asString());
    assertThat(again.header("Location")).isEqualTo(first.header("Location"));
    assertThat(fleet.events("reshard.created")).isEqualTo(1);
    fleet
        .as("devops")
        .header("Idempotency-Key", key)
        .body(Map.of("target_total_shards", 12))
        .post(fleet.path("/reshards"))
        .then()
        .statusCode(422)
        .body("code", equalTo("idempotency_key_reused"));
  }

  @Test
  void listsAreNewestFirstAndInPages() {
    var fleet = fleet(4);
    int first = start(fleet, 8, false);
    fleet.get("/reshards").body("items", hasSize(1)).body("next_cursor", equalTo(null));
    fleet.post("devops", "/reshards/" + first + "/abort", null).statusCode(200);
    int second = start(fleet, 12, false);

    String cursor =
        fleet
            .get("/reshards?limit=1")
            .statusCode(200)
            .body("items.id", contains(second))
            .extract()
            .path("next_cursor");
    fleet
        .get("/reshards?limit=1&cursor=" + cursor)
        .body("items.id", contains(first))
        .body("next_cursor", equalTo(null));
    fleet(1).get("/reshards").statusCode(200).body("items", empty());
    fleet.get("/reshards?limit=0").statusCode(422).body("code", equalTo("invalid_limit"));
    fleet.get("/reshards?cursor=zz").statusCode(422).body("code", equalTo("invalid_cursor"));
  }

  @Test
  void allThatIsWrongIsToldAtOnce() {
    var fleet = fleet(4);
    fleet
        .post(
            "devops",
            "/reshards",
            Map.of("target_total_shards", -1, "pause_timeout_ms", 1, "auto_cutover", "yes"))
        .statusCode(422)
        .body(
            "errors.pointer",
            containsInAnyOrder("/target_total_shards", "/pause_timeout_ms", "/auto_cutover"))
        .body("errors.code", hasItem("invalid_total_shards"));
  }
}
