package dev.quintet.tracker.metric;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.tracker.event.Fleet;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // filled in by ServiceBackends and Quarkus
class TrackerMetricsIT {
  private static final Duration SOON = Duration.ofSeconds(15);

  @Inject TrackerMetrics metrics;

  Database database;

  @Test
  void leasesAndQueuesAreShown() {
    var fleet = fleet(3);
    fleet.acquire("bot-1", 3);
    fleet.acquire("bot-2", 1);
    String tag = "cluster=\"" + fleet.cluster() + "\"";

    Eventually.holds(
        SOON,
        () ->
            assertThat(scraped())
                .contains("tracker_leases{" + tag + ",state=\"live\"} 3.0")
                .contains("tracker_leases{" + tag + ",state=\"free\"} 0.0")
                .contains("tracker_leases{" + tag + ",state=\"expired\"} 0.0")
                .contains("tracker_instances{" + tag + ",state=\"standby\"} 1.0"));
    assertThat(scraped()).contains("tracker_wakeup_listening 1.0", "tracker_event_streams");
  }

  @Test
  void answersAreCounted() {
    String cluster = "counted-" + UUID.randomUUID();
    metrics.granted(cluster, 2);
    metrics.released(cluster, 1);
    metrics.denied("no_shard_available");
    metrics.permitted(cluster, Duration.ofMillis(5500));

    assertThat(scraped())
        .contains("tracker_grants_total{cluster=\"" + cluster + "\"} 2.0")
        .contains("tracker_releases_total{cluster=\"" + cluster + "\"} 1.0")
        .contains("tracker_denials_total{code=\"no_shard_available\"}")
        .contains("tracker_identify_permits_seconds_count{cluster=\"" + cluster + "\"} 1")
        .contains("tracker_identify_permits_seconds_sum{cluster=\"" + cluster + "\"} 5.5");
  }

  @Test
  void figuresThatNobodyCouldReadAreNotShown() {
    var fleet = fleet(1);
    Eventually.holds(SOON, () -> assertThat(scraped()).contains(fleet.cluster()));

    database.shut();
    try {
      Eventually.holds(SOON, () -> assertThat(scraped()).doesNotContain("tracker_leases{"));
    } finally {
      database.open();
    }

    Eventually.holds(SOON, () -> assertThat(scraped()).contains(fleet.cluster()));
  }

  private static String scraped() {
    return given().get("/q/metrics").then().statusCode(200).extract().asString();
  }

  private Fleet fleet(int shards) {
    return Fleet.of(database, "met-" + UUID.randomUUID().toString().substring(0, 8), shards);
  }
}
