package dev.quintet.tracker.report;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import dev.quintet.tracker.event.Fleet;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // filled in by ServiceBackends
class ReportIT {
  Database database;
  Tokens tokens;

  @Test
  void activeInstancesAreCountedAsTheSeedCountsThem() {
    var fleet = fleet(6, "{}");
    fleet.acquire("bot-1", 3);
    fleet.acquire("bot-2", 1);
    database.update(
        "UPDATE tracker.cluster_management SET last_heartbeat = now() - interval '10 min' WHERE instance_id = 'bot-2' AND cluster_name = ?",
        // Direct writes over a fenced lease move no shard.
        fleet.cluster());

    assertThat(own("/active-instances", fleet))
        .containsExactly(
            Map.of(
                "cluster_name",
                fleet.cluster(),
                "active_instances",
                1,
                "active_shards",
                4,
                "total_shards",
                6));
    assertThat(own("/active-instances?window_s=3600", fleet))
        .extracting(row -> row.get("active_instances"))
        .containsExactly(2);
    assertThat(
            database.value(
                """
                SELECT count(*) FROM tracker.cluster_management
                 WHERE status = 'active' AND last_heartbeat > now() - interval '5 minutes' AND cluster_name = ?
                """,
                fleet.cluster()))
        .isEqualTo(1L);
  }

  @Test
  void theDistributionHasEveryShardOfAPod() {
    var fleet = fleet(5, "{}");
    fleet.acquire("bot-1", 3);
    fleet.acquire("bot-2", 1);

    given()
        .auth()
        .oauth2(tokens.of("user"))
        .get("/api/v1/reports/shard-distribution?cluster=" + fleet.cluster())
        .then()
        .statusCode(200)
        .body("items.shard_id", contains(0, 1, 2, 3))
        .body("items.instance_id", contains("bot-1", "bot-1", "bot-1", "bot-2"))
        .body("items.live", contains(true, true, true, true))
        .body("items.fenced", contains(true, true, true, true));
  }

  @Test
  void staleInstancesTellWhetherACleanupTakesThem() {
    var fleet = fleet(4, "{}");
    fleet.acquire("live", 1);
    database.update(
        """
        INSERT INTO tracker.cluster_management (instance_id, cluster_name, shard_id, total_shards, last_heartbeat)
        VALUES ('old', ?, 2, 4, now() - interval '20 min')
        """,
        fleet.cluster());
    database.update(
        "UPDATE tracker.instances SET last_seen = now() - interval '20 min' WHERE cluster_name = ?",
        fleet.cluster());

    var stale = own("/stale", fleet);

    assertThat(stale).hasSize(1);
    assertThat(stale.getFirst())
        .containsEntry("instance_id", "old")
        .containsEntry("live", false)
        .containsEntry("cleanable", true)
        .containsEntry("shard_ids", List.of(2));
    assertThat(own("/stale?threshold_s=3600", fleet)).isEmpty();
    assertThat(own("/stale?threshold_s=0", fleet))
        .filteredOn(row -> Objects.equals(row.get("instance_id"), "live"))
        .singleElement()
        .satisfies(
            row -> assertThat(row).containsEntry("live", true).containsEntry("cleanable", false));
  }

  @Test
  void anomaliesAreNamed() {
    var fleet = fleet(4, "{}");
    fleet.acquire("bot-1", 1);
    fleet.reported(2000);
    fleet.acquire("bot-2", 1);
    database.update(
        "UPDATE tracker.shard_leases SET guild_count = 2500 WHERE cluster_name = ? AND shard_id = 1",
        fleet.cluster());
    database.update(
        "INSERT INTO tracker.cluster_management (instance_id, cluster_name, shard_id) VALUES ('wild', ?, 5)",
        fleet.cluster());
    database.update(
        "INSERT INTO tracker.cluster_management (instance_id, cluster_name, shard_id, total_shards) VALUES ('seed', ?, 3, 4)",
        fleet.cluster());

    assertThat(own("/anomalies", fleet))
        .extracting(
            row -> row.get("kind") + " " + row.get("shard_id") + " " + row.get("instance_id"))
        .containsExactlyInAnyOrder(
            "guilds_near_limit 0 bot-1",
            "guilds_over_limit 1 bot-2",
            "mixed_totals 5 wild",
            "shard_beyond_total 5 wild",
            "unfenced 3 seed");
  }

  @Test
  void aShardWithTwoHoldersWouldBeSeen() {
    var fleet = fleet(2, "{}");
    fleet.acquire("bot-1", 1);
    database.execute(
        """
        SET session_replication_role = replica;
        UPDATE tracker.cluster_management SET instance_id = 'thief' WHERE cluster_name = '%s'
        """
            .formatted(fleet.cluster()));

    assertThat(own("/anomalies", fleet))
        .extracting(row -> row.get("kind") + " " + row.get("instance_id"))
        .containsExactly("double_holder thief");
  }

  @Test
  void theBudgetIsTheApplications() {
    String application = "app-" + UUID.randomUUID();
    var fleet =
        fleet(4, "{\"application_id\": \"%s\", \"max_concurrency\": 2}".formatted(application));
    fleet.acquire("bot-1", 2);
    for (int shard = 0; shard < 2; shard++) {
      database.rows("SELECT tracker.request_identify(?, ?, 1)", fleet.cluster(), shard);
    }

    var budget =
        all("/identify-budget").stream()
            .filter(row -> application.equals(row.get("application_id")))
            .findFirst()
            .orElseThrow();

    assertThat(budget)
        .containsEntry("clusters", List.of(fleet.cluster()))
        .containsEntry("max_concurrency", 2)
        .containsEntry("total", 1000)
        .containsEntry("remaining", 998)
        .containsEntry("reserve", 50)
        .containsEntry("available", 948)
        .containsEntry("granted_last_hour", 2)
        .containsEntry("granted_last_day", 2);
    assertThat((Integer) Objects.requireNonNull(budget.get("longest_wait_ms"))).isBetween(1, 5500);

    database.update(
        "UPDATE tracker.applications SET reset_at = now() - interval '1 s' WHERE application_id = ?",
        application);
    assertThat(
            all("/identify-budget").stream()
                .filter(row -> application.equals(row.get("application_id")))
                .map(row -> row.get("remaining"))
                .toList())
        .containsExactly(1000);
  }

  @ParameterizedTest(name = "{0} guilds on each of {1} shards, multiples of {2}: {3}")
  @CsvSource({
    "0, 2, 1, 1, false",
    "1000, 2, 1, 2, false",
    "1001, 2, 1, 3, true",
    "1500, 4, 4, 8, true",
    "900, 16, 16, 16, false",
    "2000, 1, 1, 2, true"
  })
  void oneShardPerThousandGuildsIsRecommended(
      int guilds, int shards, int multiple, int recommended, boolean advised) {
    var fleet = fleet(shards, "{\"shard_multiple\": %d}".formatted(multiple));
    fleet.acquire("bot-1", shards);
    fleet.reported(guilds);

    assertThat(own("/recommendation", fleet).getFirst())
        .containsEntry("total_guilds", guilds * shards)
        .containsEntry("shards_reporting", shards)
        .containsEntry("total_shards", shards)
        .containsEntry("recommended_shards", recommended)
        .containsEntry("reshard_advised", advised);
  }

  @Test
  void discordsOwnRecommendationStandsBesideOurs() {
    String application = "app-" + UUID.randomUUID();
    var fleet = fleet(2, "{\"application_id\": \"%s\"}".formatted(application));
    database.rows("SELECT tracker.report_session_limit(?, 1000, 900, 3600000, 1, 7)", application);

    assertThat(own("/recommendation", fleet).getFirst()).containsEntry("discord_shards", 7);
  }

  @ParameterizedTest
  @CsvSource({
    "active-instances?window_s=-1, invalid_threshold",
    "active-instances?window_s=0, invalid_threshold",
    "active-instances?window_s=5m, invalid_threshold",
    "active-instances?window_s=99999999999999999999, invalid_threshold",
    "stale?threshold_s=-1, invalid_threshold",
    "stale?threshold_s=7776001, invalid_threshold",
    "stale?limit=1000, invalid_limit",
    "stale?cursor=!, invalid_cursor",
    "anomalies?cursor=YQ, invalid_cursor",
    "shard-distribution?cluster=-, invalid_cluster_name",
    "shard-distribution?cursor=YR9i, invalid_cursor"
  })
  void badInputIsNamed(String path, String code) {
    given()
        .auth()
        .oauth2(tokens.of("user"))
        .urlEncodingEnabled(false)
        .get("/api/v1/reports/" + path)
        .then()
        .statusCode(422)
        .contentType("application/problem+json")
        .body("code", equalTo(code));
  }

  @Test
  void anUnknownClusterHasNothingToReport() {
    given()
        .auth()
        .oauth2(tokens.of("user"))
        .get("/api/v1/reports/shard-distribution?cluster=nowhere")
        .then()
        .statusCode(200)
        .body("items", empty());
  }

  private List<Map<String, Object>> own(String report, Fleet fleet) {
    return all(report).stream()
        .filter(row -> fleet.cluster().equals(row.get("cluster_name")))
        .toList();
  }

  /** All pages; small ones, so that cursors are used. */
  private List<Map<String, Object>> all(String report) {
    var rows = new ArrayList<Map<String, Object>>();
    String cursor = null;
    do {
      var request = given().auth().oauth2(tokens.of("user")).queryParam("limit", 3);
      if (cursor != null) {
        request = request.queryParam("cursor", cursor);
      }
      var page = request.get("/api/v1/reports" + report).then().statusCode(200).extract();
      List<Map<String, Object>> items = page.path("items");
      rows.addAll(items);
      cursor = page.path("next_cursor");
    } while (cursor != null);
    return rows;
  }

  private Fleet fleet(int shards, String settings) {
    return Fleet.of(
        database, "rep-" + UUID.randomUUID().toString().substring(0, 8), shards, settings);
  }
}
