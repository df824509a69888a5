package dev.quintet.tracker.event;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.nullValue;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // filled in by ServiceBackends
class EventListIT {
  Database database;
  Tokens tokens;

  @Test
  void historyIsNewestFirst() {
    var fleet = fleet(2);
    var incarnation = fleet.acquire("bot-1", 1);
    fleet.leave("bot-1", incarnation);

    get(fleet, "")
        .statusCode(200)
        .body(
            "items.kind",
            contains(
                "instance.left",
                "shard.released",
                "shard.acquired",
                "instance.joined",
                "cluster.created"))
        .body("items[2].shard_id", equalTo(0))
        .body("items[2].epoch", equalTo(1))
        .body("items[2].instance_id", equalTo("bot-1"))
        .body("items[2].actor", equalTo("bot-1"))
        .body("items[4].actor", equalTo("ada"))
        .body("items[4].detail.total_shards", equalTo(2))
        .body("items.cluster_seq", contains(5, 4, 3, 2, 1))
        .body("next_cursor", nullValue());
  }

  @Test
  void historyCanBeRestricted() {
    var fleet = fleet(3);
    fleet.acquire("bot-1", 2);

    get(fleet, "?kind=shard.acquired").body("items.shard_id", contains(1, 0));
    get(fleet, "?kind=shard.acquired&kind=cluster.created").body("items", hasSize(3));
    get(fleet, "?shard_id=1").body("items.kind", contains("shard.acquired"));
    get(fleet, "?kind=shard.revoked").statusCode(200).body("items", hasSize(0));
  }

  @Test
  void eventsThatHappenMeanwhileNeitherHideNorRepeatOthers() {
    var fleet = fleet(200);
    for (int i = 0; i < 10; i++) {
      fleet.acquire("bot-" + i, 1);
    }
    var before = fleet.eventIds();

    var seen =
        Race.<List<Long>>of(
                4,
                caller ->
                    () -> {
                      if (caller == 0) {
                        return pages(fleet);
                      }
                      for (int i = 0; i < 10; i++) {
                        fleet.acquire("late-" + caller + "-" + i, 1);
                      }
                      return List.of();
                    })
            .getFirst();

    assertThat(seen)
        .doesNotHaveDuplicates()
        .isSortedAccordingTo((a, b) -> b.compareTo(a))
        .containsAll(before);
  }

  @Test
  void aDeletedClusterKeepsItsHistory() {
    var fleet = fleet(1);
    database.update(
        "UPDATE tracker.clusters SET deleted_at = now() WHERE cluster_name = ?", fleet.cluster());

    get(fleet, "").statusCode(200).body("items", hasSize(1));
  }

  @ParameterizedTest
  @CsvSource({
    "nowhere/events, 404, unknown_cluster",
    "-bad/events, 422, invalid_cluster_name",
    "nowhere/events?limit=0, 422, invalid_limit",
    "nowhere/events?cursor=AAAA, 422, invalid_cursor",
    "nowhere/events?shard_id=-1, 422, invalid_shard_id",
    "nowhere/events?shard_id=x, 422, invalid_shard_id",
    "nowhere/events?shard_id=4294967296, 422, invalid_shard_id",
    "nowhere/events?kind=DROP%20TABLE, 422, invalid_parameter"
  })
  void badInputIsNamed(String path, int status, String code) {
    given()
        .auth()
        .oauth2(tokens.of("user"))
        .urlEncodingEnabled(false)
        .get("/api/v1/clusters/" + path)
        .then()
        .statusCode(status)
        .contentType("application/problem+json")
        .body("code", equalTo(code));
  }

  private List<Long> pages(Fleet fleet) {
    var all = new ArrayList<Long>();
    String cursor = null;
    do {
      var page =
          get(fleet, "?limit=3" + (cursor == null ? "" : "&cursor=" + cursor))
              .statusCode(200)
              .extract();
      List<Number> ids = page.path("items.id");
      ids.forEach(id -> all.add(id.longValue()));
      cursor = page.path("next_cursor");
    } while (cursor != null);
    return all;
  }

  private ValidatableResponse get(Fleet fleet, String query) {
    return given()
        .auth()
        .oauth2(tokens.of("user"))
        .get("/api/v1/clusters/" + fleet.cluster() + "/events" + query)
        .then();
  }

  private Fleet fleet(int shards) {
    return Fleet.of(database, "ev-" + UUID.randomUUID().toString().substring(0, 8), shards);
  }
}
