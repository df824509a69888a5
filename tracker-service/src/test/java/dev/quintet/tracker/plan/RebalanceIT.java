package dev.quintet.tracker.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.notNullValue;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Evening out what the pods hold. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the test resource fills the fields in
class RebalanceIT {
  Database database;
  Tokens tokens;

  private Fleet fleet(int shards) {
    return new Fleet(database, tokens, shards, Map.of("max_moves_per_minute", 100));
  }

  @Test
  void aDryRunShowsThePlanAndMovesNothing() {
    var fleet = fleet(8);
    var full = fleet.pod("a").holds(6).ready();
    fleet.pod("c").holds(1).ready();
    fleet.pod("b").with("max_shards", 8).holds(1).ready();

    fleet
        .post("devops", "/rebalance", Map.of("dry_run", true))
        .statusCode(200)
        .body("moves", hasSize(2))
        .body("after.find { it.instance_id == 'a' }.shards", equalTo(4))
        .body("after.find { it.instance_id == 'b' }.shards", equalTo(3))
        .body("after.find { it.instance_id == 'c' }.shards", equalTo(1))
        .body("before.find { it.instance_id == 'b' }.max_shards", equalTo(8));

    assertThat(full.beat("ready").getList("directives")).isEmpty();
    fleet.get("/drains").body("items", empty());
  }

  @Test
  void aPodThatWasAddedGetsItsPart() {
    var fleet = fleet(6);
    var a = fleet.pod("a").holds(3).ready();
    var b = fleet.pod("b").holds(3).ready();
    var added = fleet.pod("added");
    added.ask(3, true).then().statusCode(202);

    int id =
        fleet
            .post("devops", "/rebalance", Map.of("by", "shards"))
            .statusCode(201)
            .header("Location", notNullValue())
            .body("moves", hasSize(2))
            .extract()
            .path("drain_id");
    fleet
        .post("devops", "/rebalance", Map.of())
        .statusCode(409)
        .body("code", equalTo("rebalance_running"));
    for (var pod : List.of(a, b)) {
      var shards = pod.drained(pod.beat("ready"));
      assertThat(shards).hasSize(1);
      pod.releases(shards);
    }
    added.look();
    added.with("max_shards", 3).ask(2, true);
    fleet.tick();

    assertThat(List.of(a.held.size(), b.held.size(), added.held.size())).containsExactly(2, 2, 2);
    fleet.get("/drains/" + id).body("state", equalTo("done")).body("kind", equalTo("rebalance"));
    fleet.post("devops", "/rebalance", Map.of()).statusCode(200).body("moves", empty());
  }

  @Test
  void guildsCountWhenAskedFor() {
    var fleet = fleet(4);
    fleet.pod("a").holds(2).ready();
    fleet.pod("b").holds(2).ready();
    fleet.sql("UPDATE tracker.instances SET max_shards = 4 WHERE cluster_name = ?", fleet.cluster);
    fleet.sql(
        "UPDATE tracker.shard_leases SET guild_count = (ARRAY[900, 800, 10, 20])[shard_id + 1] WHERE cluster_name = ?",
        fleet.cluster);

    fleet
        .post("devops", "/rebalance", Map.of("dry_run", true))
        .statusCode(200)
        .body("moves", empty());
    fleet
        .post("devops", "/rebalance", Map.of("dry_run", true, "by", "guild_count"))
        .statusCode(200)
        .body("moves", hasSize(1))
        .body("after.load.max()", equalTo(900));
  }

  @Test
  void aMoveWhoseTargetFillsUpIsDropped() {
    var fleet = new Fleet(database, tokens, 5, Map.of("max_moves_per_minute", 1));
    var a = fleet.pod("a").holds(4).ready();
    var b = fleet.pod("b").with("max_shards", 3).holds(1).ready();
    int id =
        fleet
            .post("devops", "/rebalance", Map.of())
            .statusCode(201)
            .body("moves", hasSize(1))
            .extract()
            .path("drain_id");
    assertThat(a.drained(a.beat("ready"))).hasSize(1);
    fleet.dies("b");
    fleet.tick();
    fleet.as("devops").delete(fleet.path("/drains/" + id)).then().statusCode(200);

    assertThat(a.beat("ready").getList("directives")).isEmpty();
    assertThat(b.held).hasSize(1);
  }

  @Test
  void whatCannotBeCountedByIsRefusedAndAKeyRepeats() {
    var fleet = fleet(2);
    fleet.post("devops", "/rebalance", Map.of("by", "moons")).statusCode(422);
    fleet
        .post("devops", "/rebalance", Map.of("dry", true))
        .statusCode(422)
        .body("code", equalTo("unknown_field"));
    fleet
        .as("devops")
        .body("{}")
        .post("/api/v1/clusters/no-such/rebalance")
        .then()
        .statusCode(404)
        .body("code", equalTo("unknown_cluster"));
    fleet.pod("a").holds(2).ready();
    fleet.pod("b").ask(1, true);
    String key = UUID.randomUUID().toString();
    var first =
        fleet.as("devops").header("Idempotency-Key", key).body("{}").post(fleet.path("/rebalance"));
    var again =
        fleet.as("devops").header("Idempotency-Key", key).body("{}").post(fleet.path("/rebalance"));

    assertThat(List.of(first.statusCode(), again.statusCode())).containsExactly(201, 201);
    assertThat(again.asString()).isEqualTo(first.asString());
    assertThat(fleet.events("rebalance.created")).isEqualTo(1);
  }
}
