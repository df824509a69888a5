package dev.quintet.tracker.cluster;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import dev.quintet.tracker.event.Fleet;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // filled in by ServiceBackends
class ClusterReadIT {
  Database database;
  Tokens tokens;

  @Test
  void aClusterTellsItsSettingsAndCounts() {
    var fleet =
        fleet(4, "{\"shard_multiple\": 2, \"lease_ttl_ms\": 60000, \"application_id\": \"77\"}");
    fleet.acquire("bot-1", 2);
    fleet.acquire("bot-2", 1);
    fleet.reported(500);

    get("/clusters/" + fleet.cluster())
        .statusCode(200)
        .body("cluster_name", equalTo(fleet.cluster()))
        .body("application_id", equalTo("77"))
        .body("total_shards", equalTo(4))
        .body("shard_multiple", equalTo(2))
        .body("lease_ttl_ms", equalTo(60000))
        .body("fencing_mode", equalTo("strict"))
        .body("config_version", equalTo(1))
        .body("shards.live", equalTo(3))
        .body("shards.ready", equalTo(3))
        .body("shards.free", equalTo(1))
        .body("shards.unfenced", equalTo(0))
        .body("instances.active", equalTo(2))
        .body("guild_count", equalTo(1500))
        .body("hold_reason", nullValue())
        .body("created_at", org.hamcrest.Matchers.endsWith("Z"));
  }

  @Test
  void shardsNameTheirHolders() {
    var fleet = fleet(3, "{}");
    UUID incarnation = fleet.acquire("bot-1", 2);
    fleet.reported(900);

    get("/clusters/" + fleet.cluster() + "/shards")
        .statusCode(200)
        .body("items", hasSize(3))
        .body("items.shard_id", contains(0, 1, 2))
        .body("items[0].instance_id", equalTo("bot-1"))
        .body("items[0].incarnation", equalTo(incarnation.toString()))
        .body("items[0].epoch", equalTo(1))
        .body("items[0].state", equalTo("ready"))
        .body("items[0].live", equalTo(true))
        .body("items[0].resumable", equalTo(true))
        .body("items[0].latency_ms", equalTo(44.1f))
        .body("items[0].expires_at", notNullValue())
        .body("items[2].state", equalTo("free"))
        .body("items[2].live", equalTo(false))
        .body("items[2].instance_id", nullValue())
        .body("next_cursor", nullValue());
  }

  @Test
  void shardsCanBeRestricted() {
    var fleet = fleet(4, "{}");
    fleet.acquire("bot-1", 2);
    fleet.acquire("bot-2", 1);
    String shards = "/clusters/" + fleet.cluster() + "/shards";

    get(shards + "?state=free").body("items.shard_id", contains(3));
    get(shards + "?instance_id=bot-1").body("items.shard_id", contains(0, 1));
    get(shards + "?instance_id=bot-1&state=free").body("items", hasSize(0));
    get(shards + "?generation=1").body("items", hasSize(4));
    get(shards + "?generation=2").statusCode(200).body("items", hasSize(0));
  }

  @Test
  void instancesTellWhatTheyHold() {
    var fleet = fleet(3, "{}");
    fleet.acquire("bot-1", 2);
    fleet.acquire("bot-2", 1);
    UUID gone = fleet.acquire("bot-3", 1);
    fleet.leave("bot-3", gone);

    get("/clusters/" + fleet.cluster() + "/instances")
        .statusCode(200)
        .body("items.instance_id", contains("bot-1", "bot-2"))
        .body("items[0].shard_ids", contains(0, 1))
        .body("items[0].state", equalTo("active"))
        .body("items[0].serving", equalTo(true))
        .body("items[0].pod_ip", equalTo("10.1.2.3"))
        .body("items[0].node_name", equalTo("node-1"))
        .body("items[0].valid_until", notNullValue());
    get("/clusters/" + fleet.cluster() + "/instances?state=gone")
        .body("items.instance_id", contains("bot-3"));
  }

  @Test
  void standbyIsInTheOrderOfTheQueue() {
    var fleet = fleet(1, "{}");
    fleet.acquire("holder", 1);
    fleet.acquire("zoe", 1);
    fleet.acquire("adam", 1);
    fleet.acquire("mia", 1);
    String standby = "/clusters/" + fleet.cluster() + "/standby";

    get(standby)
        .statusCode(200)
        .body("items.instance_id", contains("zoe", "adam", "mia"))
        .body("items.position", contains(1, 2, 3));
    assertThat(pages(standby, 1, "instance_id")).containsExactly("zoe", "adam", "mia");
  }

  @Test
  void theVersionOfThePlacementIsTheEtag() {
    var fleet = fleet(2, "{}");
    fleet.acquire("bot-1", 1);
    for (String path : List.of("", "/shards", "/instances", "/standby")) {
      String address = "/clusters/" + fleet.cluster() + path;
      String tag = get(address).statusCode(200).extract().header("ETag");
      assertThat(tag)
          .isEqualTo(
              "\""
                  + database.value(
                      "SELECT assignment_version FROM tracker.clusters WHERE cluster_name = ?",
                      fleet.cluster())
                  + "\"");
      as("user")
          .header("If-None-Match", "\"0\", W/" + tag)
          .get("/api/v1" + address)
          .then()
          .statusCode(304)
          .header("ETag", tag)
          .body(equalTo(""));
    }
    String before = get("/clusters/" + fleet.cluster() + "/shards").extract().header("ETag");

    fleet.acquire("bot-2", 1);

    as("user")
        .header("If-None-Match", before)
        .get("/api/v1/clusters/" + fleet.cluster() + "/shards")
        .then()
        .statusCode(200)
        .body("items.instance_id", contains("bot-1", "bot-2"));
  }

  @Test
  void everyShardIsOnOnePage() {
    var fleet = fleet(23, "{}");

    assertThat(pages("/clusters/" + fleet.cluster() + "/shards", 5, "shard_id"))
        .containsExactlyElementsOf(IntStream.range(0, 23).boxed().toList());
  }

  @Test
  void instancesThatJoinMeanwhileNeitherHideNorRepeatOthers() {
    var fleet = fleet(200, "{}");
    var first = IntStream.range(0, 20).mapToObj(i -> "m-%02d".formatted(i)).toList();
    first.forEach(instance -> fleet.acquire(instance, 1));

    var seen =
        Race.<List<String>>of(
                6,
                caller ->
                    () -> {
                      if (caller == 0) {
                        return pages(
                            "/clusters/" + fleet.cluster() + "/instances", 2, "instance_id");
                      }
                      for (int i = 0; i < 8; i++) {
                        fleet.acquire("%c-%d-%d".formatted("amz".charAt(i % 3), caller, i), 1);
                      }
                      return List.of();
                    })
            .getFirst();

    assertThat(seen).doesNotHaveDuplicates().isSorted().containsAll(first);
  }

  @Test
  void clustersMadeMeanwhileNeitherHideNorRepeatOthers() {
    var first = Stream.generate(() -> fleet(1, "{}").cluster()).limit(9).toList();

    var seen =
        Race.<List<String>>of(
                4,
                caller ->
                    () -> {
                      if (caller == 0) {
                        return pages("/clusters", 2, "cluster_name");
                      }
                      for (int i = 0; i < 4; i++) {
                        fleet(1, "{}");
                      }
                      return List.of();
                    })
            .getFirst();

    assertThat(seen).doesNotHaveDuplicates().containsAll(first);
  }

  @Test
  void aDeletedClusterIsUnknown() {
    var fleet = fleet(1, "{}");
    database.update(
        "UPDATE tracker.clusters SET deleted_at = now() WHERE cluster_name = ?", fleet.cluster());

    for (String path : List.of("", "/shards", "/instances", "/standby")) {
      get("/clusters/" + fleet.cluster() + path)
          .statusCode(404)
          .contentType("application/problem+json")
          .body("code", equalTo("unknown_cluster"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/clusters?limit=0, invalid_limit",
    "/clusters?limit=201, invalid_limit",
    "/clusters?limit=many, invalid_limit",
    "/clusters?cursor=%00, invalid_parameter",
    "/clusters?cursor=not-one-of-ours!, invalid_cursor",
    "/clusters/-bad/shards, invalid_cluster_name",
    "/clusters/c/shards?limit=-1, invalid_limit",
    "/clusters/c/shards?cursor=YWJj, invalid_cursor",
    "/clusters/c/shards?state=broken, invalid_parameter",
    "/clusters/c/shards?generation=0, invalid_parameter",
    "/clusters/c/shards?generation=x, invalid_parameter",
    "/clusters/c/shards?generation=99999999999, invalid_parameter",
    "/clusters/c/shards?instance_id=a%2Fb, invalid_instance_id",
    "/clusters/c/instances?state=lost, invalid_parameter",
    "/clusters/c/standby?cursor=YWJj, invalid_cursor",
    "/clusters/c/standby?cursor=YR9i, invalid_cursor"
  })
  void badInputIsNamed(String path, String code) {
    as("user")
        .urlEncodingEnabled(false)
        .get("/api/v1" + path)
        .then()
        .statusCode(422)
        .contentType("application/problem+json")
        .body("code", equalTo(code));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/clusters",
        "/clusters/roles",
        "/clusters/roles/shards",
        "/clusters/roles/instances",
        "/clusters/roles/standby",
        "/clusters/roles/events",
        "/reports/active-instances",
        "/reports/shard-distribution",
        "/reports/stale",
        "/reports/anomalies",
        "/reports/identify-budget",
        "/reports/recommendation"
      })
  void peopleReadBotsDoNot(String path) {
    database.rows(
        """
        SELECT tracker.create_cluster('roles', 1)
         WHERE NOT EXISTS (SELECT FROM tracker.clusters WHERE cluster_name = 'roles')
        """);

    given().get("/api/v1" + path).then().statusCode(401).body("code", equalTo("unauthenticated"));
    as("service").get("/api/v1" + path).then().statusCode(403).body("code", equalTo("forbidden"));
    for (String role : List.of("user", "devops", "admin")) {
      as(role).get("/api/v1" + path).then().statusCode(200);
    }
  }

  @Test
  void resumeStateNeverLeaves() {
    var fleet = fleet(3, "{}");
    UUID incarnation = fleet.acquire("bot-1", 2);
    fleet.acquire("bot-2", 2);
    fleet.reported(2600);
    fleet.leave("bot-1", incarnation);
    fleet.acquire("bot-3", 1);

    for (String path :
        List.of(
            "/clusters?limit=200",
            "/clusters/" + fleet.cluster(),
            "/clusters/" + fleet.cluster() + "/shards",
            "/clusters/" + fleet.cluster() + "/instances",
            "/clusters/" + fleet.cluster() + "/standby",
            "/clusters/" + fleet.cluster() + "/events",
            "/reports/active-instances?limit=200",
            "/reports/shard-distribution?limit=200",
            "/reports/stale?threshold_s=0&limit=200",
            "/reports/anomalies?limit=200",
            "/reports/identify-budget?limit=200",
            "/reports/recommendation?limit=200")) {
      assertThat(as("admin").get("/api/v1" + path).then().statusCode(200).extract().asString())
          .as(path)
          .doesNotContain(Fleet.SECRET, "session_id", "resume_gateway_url");
    }
  }

  @Test
  void aListOfAllHasThisOne() {
    var fleet = fleet(1, "{}");

    get("/clusters?limit=200")
        .statusCode(200)
        .body("items.cluster_name", hasItem(fleet.cluster()))
        .body("items.total_shards", everyItem(notNullValue()));
  }

  private Fleet fleet(int shards, String settings) {
    return Fleet.of(
        database, "read-" + UUID.randomUUID().toString().substring(0, 8), shards, settings);
  }

  private RequestSpecification as(String role) {
    return given().auth().oauth2(tokens.of(role));
  }

  private ValidatableResponse get(String path) {
    return as("user").get("/api/v1" + path).then();
  }

  /** One field of all rows, read page by page. */
  private <T> List<T> pages(String path, int limit, String field) {
    var all = new ArrayList<T>();
    String cursor = null;
    do {
      var request = as("user").queryParam("limit", limit);
      if (cursor != null) {
        request = request.queryParam("cursor", cursor);
      }
      var page = request.get("/api/v1" + path).then().statusCode(200).extract();
      List<T> rows = page.path("items." + field);
      assertThat(rows).hasSizeLessThanOrEqualTo(limit);
      all.addAll(rows);
      cursor = page.path("next_cursor");
    } while (cursor != null);
    return all;
  }
}
