package dev.quintet.tracker.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Planned moves: nothing is lost, nothing comes back, and not too much at a time. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the test resource fills the fields in
class DrainIT {
  Database database;
  Tokens tokens;

  private Fleet fleet(int shards, int movesPerMinute) {
    return new Fleet(database, tokens, shards, Map.of("max_moves_per_minute", movesPerMinute));
  }

  private static int drain(Fleet fleet, Map<String, Object> selector) {
    return fleet.post("devops", "/drains", selector).statusCode(201).extract().path("id");
  }

  private static List<Integer> asked(Pod pod) {
    return pod.drained(pod.beat("ready"));
  }

  @Test
  void aNodeIsEmptiedWithResumeStateAndNothingComesBack() {
    var fleet = fleet(4, 100);
    var leaving = fleet.pod("a").with("node_name", "node-1").holds(2).ready();
    fleet.pod("b").with("node_name", "node-2").holds(2).ready();
    var standby = fleet.pod("s").with("node_name", "node-2");
    standby.ask(2, true).then().statusCode(202);

    int id = drain(fleet, Map.of("node_name", "node-1", "reason", "kernel update"));
    var shards = asked(leaving);
    assertThat(shards).containsExactly(0, 1);
    leaving.releases(shards);
    var place = standby.look();

    assertThat(place.getList("shards.shard_id")).containsExactly(0, 1);
    assertThat(place.getList("shards.resume.seq")).containsExactly(100, 101);
    fleet.tick();
    fleet
        .get("/drains/" + id)
        .body("state", equalTo("done"))
        .body("in_force", equalTo(true))
        .body("left", equalTo(0))
        .body("moves.done", equalTo(2))
        .body("shards.to_instance", contains("s", "s"));
    leaving
        .ask(1, false)
        .then()
        .statusCode(409)
        .body("code", equalTo("no_shard_available"))
        .body("drained", equalTo(true));
    fleet.pod("c").with("node_name", "node-1").ask(1, false).then().statusCode(409);
    assertThat(fleet.events("instance.draining")).isGreaterThanOrEqualTo(1);

    fleet
        .as("devops")
        .delete(fleet.path("/drains/" + id))
        .then()
        .statusCode(200)
        .body("state", equalTo("cancelled"))
        .body("in_force", equalTo(false));
    fleet.dies("b");
    leaving.ask(2, false).then().statusCode(201);
  }

  @Test
  void noMoreThanAllowedAreMovedInAnyMinute() {
    var fleet = fleet(6, 2);
    var leaving = fleet.pod("a").with("bot_version", "1").holds(6).ready();
    var standby = fleet.pod("s").with("bot_version", "2");
    standby.ask(6, true).then().statusCode(202);
    drain(fleet, Map.of("bot_version", "1"));

    var order = new ArrayList<Integer>();
    for (int minute = 0; minute < 3; minute++) {
      var shards = asked(leaving);
      assertThat(shards).as("minute %d", minute).hasSize(2);
      fleet.tick();
      assertThat(asked(leaving)).isEqualTo(shards);
      leaving.releases(shards);
      order.addAll(shards);
      standby.with("max_shards", 6).ask(order.size(), true).then().statusCode(201);
      fleet.tick();
      assertThat(asked(leaving)).as("before the minute is over").isEmpty();
      fleet.plansAge(61);
      fleet.tick();
      if (leaving.held.isEmpty()) {
        break;
      }
    }
    assertThat(order).containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(standby.held).hasSize(6);
  }

  @Test
  void aShardThatIsNotReleasedInTimeIsAskedForAgainAndCountsOnce() {
    var fleet = fleet(2, 2);
    var leaving = fleet.pod("a").holds(2).ready();
    fleet.pod("s").ask(2, true).then().statusCode(202);
    int id = drain(fleet, Map.of("instance_id", "a"));
    assertThat(asked(leaving)).containsExactly(0, 1);

    fleet.plansAge(31);
    fleet.tick();

    assertThat(asked(leaving)).containsExactly(0, 1);
    fleet.get("/drains/" + id).body("moves.directed", equalTo(2));
    assertThat(
            fleet.number(
                "SELECT count(*) FROM tracker.shard_events WHERE cluster_name = ? AND kind = 'shard.offered'"
                    + " AND detail ->> 'repeated' = 'true'",
                fleet.cluster))
        .isEqualTo(2);
    assertThat(
            fleet.number(
                "SELECT count(*) FROM tracker.shard_leases WHERE cluster_name = ? AND reserved_for = 's' AND reserved_until > now()",
                fleet.cluster))
        .isEqualTo(2);
  }

  @Test
  void withoutATargetNothingIsAskedFor() {
    var fleet = fleet(2, 10);
    var leaving = fleet.pod("a").with("node_name", "n").holds(2).ready();
    fleet.pod("s").with("node_name", "n").ask(2, true).then().statusCode(202);

    int id = drain(fleet, Map.of("node_name", "n"));

    assertThat(asked(leaving)).as("the waiting pod is on the drained node").isEmpty();
    fleet
        .get("/drains/" + id)
        .body("state", equalTo("running"))
        .body("left", equalTo(2))
        .body("moves.planned", equalTo(2));
    fleet.pod("t").ask(1, true).then().statusCode(202);
    fleet.tick();
    assertThat(asked(leaving)).containsExactly(0);
  }

  @Test
  void podsWithRoomAreTargetsAfterThoseWhoWait() {
    var fleet = fleet(3, 10);
    var leaving = fleet.pod("a").holds(2).ready();
    var roomy = fleet.pod("b").with("max_shards", 3).holds(1).ready();
    var standby = fleet.pod("s");
    standby.ask(1, true).then().statusCode(202);

    drain(fleet, Map.of("instance_id", "a"));
    leaving.releases(asked(leaving));

    assertThat(standby.look().getList("shards.shard_id")).containsExactly(0);
    assertThat(roomy.beat("ready").getList("offers")).containsExactly(1);
    roomy.ask(2, false).then().statusCode(201).body("shards.shard_id", containsInAnyOrder(1, 2));
  }

  @Test
  void aStandbyIsNotWokenForAShardThatIsStillOnItsWay() {
    var fleet = fleet(1, 10);
    var leaving = fleet.pod("a").holds(1).ready();
    var standby = fleet.pod("s");
    long version = standby.ask(1, true).jsonPath().getLong("assignment_version");
    drain(fleet, Map.of("instance_id", "a"));
    long now = standby.look().getLong("assignment_version");

    assertThat(now).isGreaterThan(version);
    fleet
        .as("service")
        .get(fleet.path("/instances/s/assignments?wait_s=0&after_version=" + now))
        .then()
        .statusCode(304);
    leaving.releases(asked(leaving));
    assertThat(standby.look().getList("shards")).hasSize(1);
  }

  @Test
  void listedShardsLeaveTheirPresentHoldersOnce() {
    var fleet = fleet(3, 10);
    var a = fleet.pod("a").holds(2).ready();
    var b = fleet.pod("b").with("max_shards", 3).holds(1).ready();

    int id = drain(fleet, Map.of("shard_ids", List.of(1)));
    assertThat(asked(a)).containsExactly(1);
    a.releases(List.of(1));
    b.ask(2, false).then().statusCode(201);
    fleet.tick();

    fleet
        .get("/drains/" + id)
        .body("state", equalTo("done"))
        .body("in_force", equalTo(false))
        .body("shards.to_instance", contains("b"));
    assertThat(asked(b)).isEmpty();
  }

  @Test
  void cancellingCallsMovesBack() {
    var fleet = fleet(2, 10);
    var leaving = fleet.pod("a").holds(2).ready();
    fleet.pod("s").ask(2, true).then().statusCode(202);
    int id = drain(fleet, Map.of("instance_id", "a"));
    assertThat(asked(leaving)).hasSize(2);

    fleet
        .as("devops")
        .delete(fleet.path("/drains/" + id))
        .then()
        .statusCode(200)
        .body("moves.cancelled", equalTo(2));
    fleet
        .as("devops")
        .delete(fleet.path("/drains/" + id))
        .then()
        .statusCode(200)
        .body("state", equalTo("cancelled"));

    assertThat(asked(leaving)).isEmpty();
    assertThat(
            fleet.number(
                "SELECT count(*) FROM tracker.shard_leases WHERE cluster_name = ? AND (reserved_for IS NOT NULL OR state <> 'ready')",
                fleet.cluster))
        .isZero();
    assertThat(fleet.events("drain.cancelled")).isEqualTo(1);
  }

  @Test
  void aDeadSourceIsSimplyReplaced() {
    var fleet = fleet(1, 10);
    fleet.pod("a").holds(1).ready();
    var standby = fleet.pod("s");
    standby.ask(1, true).then().statusCode(202);
    int id = drain(fleet, Map.of("instance_id", "a"));
    fleet.dies("a");

    assertThat(standby.look().getList("shards")).hasSize(1);
    fleet.tick();
    fleet.get("/drains/" + id).body("state", equalTo("done"));
  }

  @ParameterizedTest(name = "{0} → {1} {2}")
  @CsvSource({
    "{},                                                 422, invalid_selection",
    "'{\"node_name\": \"n\", \"shard_ids\": [0]}',       422, invalid_selection",
    "'{\"shard_ids\": []}',                              422, invalid_selection",
    "'{\"shard_ids\": [0, 0]}',                          422, duplicate_shard",
    "'{\"shard_ids\": [-1]}',                            422, invalid_shard_id",
    "'{\"shard_ids\": [\"1\"]}',                         422, invalid_shard_id",
    "'{\"shard_ids\": [7]}',                             404, unknown_shard",
    "'{\"shard_ids\": [1]}',                             404, nothing_matches",
    "'{\"instance_id\": \"a/b\"}',                       422, invalid_instance_id",
    "'{\"instance_id\": \"nobody\"}',                    404, nothing_matches",
    "'{\"node_name\": \"no\", \"bot_version\": \"1\"}',  404, nothing_matches",
    "'{\"instance_id\": \"a\", \"node\": \"n\"}', 422, unknown_field",
    "'[]',                                               422, wrong_type"
  })
  void whatSelectsNothingIsRefused(String body, int status, String code) {
    var fleet = fleet(2, 10);
    fleet.pod("a").with("bot_version", "1").holds(1);
    fleet
        .as("devops")
        .body(body)
        .post(fleet.path("/drains"))
        .then()
        .statusCode(status)
        .body("code", equalTo(code));
    assertThat(
            fleet.number(
                "SELECT count(*) FROM tracker.drains WHERE cluster_name = ?", fleet.cluster))
        .isZero();
  }

  @Test
  void theSameSelectionTwiceIsRefusedAndTheSameKeyIsNot() {
    var fleet = fleet(1, 10);
    fleet.pod("a").holds(1);
    String key = UUID.randomUUID().toString();
    var body = Map.of("instance_id", "a");
    var first =
        fleet.as("devops").header("Idempotency-Key", key).body(body).post(fleet.path("/drains"));
    var again =
        fleet.as("devops").header("Idempotency-Key", key).body(body).post(fleet.path("/drains"));

    assertThat(List.of(first.statusCode(), again.statusCode())).containsExactly(201, 201);
    assertThat(again.asString()).isEqualTo(first.asString());
    fleet
        .post("devops", "/drains", body)
        .statusCode(409)
        .body("code", equalTo("drain_in_force"))
        .body("drain_id", equalTo(first.jsonPath().getInt("id")));
    fleet.get("/drains").body("items", hasSize(1));
    fleet.get("/drains/99999999").statusCode(404).body("code", equalTo("unknown_drain"));
    fleet
        .as("devops")
        .delete(fleet.path("/drains/none"))
        .then()
        .statusCode(404)
        .body("code", equalTo("unknown_drain"));
  }

  @Test
  void aCutoverSuspendsDrains() {
    var fleet = fleet(2, 10);
    var old = fleet.pod("a").holds(2).ready();
    fleet.pod("s").ask(2, true).then().statusCode(202);
    int reshard =
        fleet
            .post("devops", "/reshards", Map.of("target_total_shards", 4))
            .statusCode(201)
            .extract()
            .path("id");
    fleet.pod("n").with("generation", "next").holds(4).ready();
    drain(fleet, Map.of("instance_id", "a"));
    assertThat(asked(old)).hasSize(2);
    fleet.tick();

    fleet.post("devops", "/reshards/" + reshard + "/cutover", null).statusCode(202);
    assertThat(old.beat("ready").getList("directives.type")).containsExactly("pause");
    old.beat("paused", 1L);
    fleet.tick();

    fleet.get("/reshards/" + reshard).body("state", equalTo("retiring"));
    assertThat(old.beat("paused").getList("directives.reason")).containsExactly("retired");
  }
}
