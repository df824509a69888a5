package dev.quintet.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.testing.Eventually;
import dev.quintet.e2e.fleet.Api;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scenario 18: people see everything but the secrets, and change only what their role allows. */
@ResourceLock("tracker")
class DashboardE2E {
  private static final Api USER = Tracker.as("user");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/clusters",
        "/clusters/{c}",
        "/clusters/{c}/shards",
        "/clusters/{c}/instances",
        "/clusters/{c}/standby",
        "/clusters/{c}/events",
        "/reports/active-instances?window_s=300",
        "/reports/shard-distribution",
        "/reports/stale?threshold_s=600",
        "/reports/anomalies",
        "/reports/identify-budget",
        "/reports/recommendation"
      })
  void aUserReadsEveryReportAndNoReplyHoldsASecret(String path) {
    String cluster = withASession();

    var answer = USER.get(path.replace("{c}", cluster));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.http().body())
        .doesNotContain("session-of-")
        .doesNotContain("wss://")
        .doesNotContain("resume_gateway_url");
  }

  @Test
  void noLineOfTheEventStreamHoldsASecret() {
    String cluster = withASession();
    try (var stream = new EventStream(cluster, 0)) {
      var moving = new Pod(cluster, "b");
      moving.acquire();
      moving.beat();
      moving.stop();
      Eventually.holds(
          Duration.ofSeconds(10),
          () ->
              assertThat(stream.events)
                  .anyMatch(e -> e.path("kind").asText().equals("shard.released")));
      assertThat(String.join("\n", stream.lines))
          .doesNotContain("session-of-")
          .doesNotContain("wss://");
    }
  }

  @Test
  void aUserMayNotDrain() {
    String cluster = withASession();
    var before = Facts.of(cluster).placement();

    var answer = USER.post("/clusters/" + cluster + "/drains", Map.of("instance_id", "a"));

    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.code()).isEqualTo("forbidden");
    assertThat(Facts.of(cluster).placement()).isEqualTo(before);
  }

  private static String withASession() {
    String cluster = Tracker.newCluster(4, "lease_ttl_ms", "60000");
    var pod = new Pod(cluster, "a");
    pod.acquire();
    pod.beat();
    return cluster;
  }
}
