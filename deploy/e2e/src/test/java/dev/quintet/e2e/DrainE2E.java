package dev.quintet.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.common.testing.Eventually;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Scenario 14: a node is emptied without an identify, and stays empty. */
@ResourceLock("tracker")
class DrainE2E {

  @Test
  void aDrainedNodeHandsAllShardsOverWithTheirSessionsAndGetsNoneBack() {
    String cluster = Tracker.newCluster(10, "max_moves_per_minute", "6", "lease_ttl_ms", "20000");
    var drained = new ArrayList<Pod>();
    IntStream.range(0, 10)
        .forEach(n -> drained.add(new Pod(cluster, "old-" + n).with("node_name", "node-1")));
    drained.forEach(Pod::acquire);
    drained.forEach(Pod::beat);
    var fresh =
        IntStream.range(0, 10)
            .mapToObj(
                n -> new Pod(cluster, "new-" + n).with("node_name", "node-2").with("standby", true))
            .toList();
    fresh.forEach(Pod::acquire);

    var drain =
        Tracker.as("devops")
            .post(
                "/clusters/" + cluster + "/drains",
                Map.of("node_name", "node-1", "reason", "kernel update"));
    assertThat(drain.status()).isEqualTo(201);
    Eventually.holds(
        Duration.ofSeconds(20),
        () -> {
          step(drained, fresh);
          assertThat(fresh.stream().filter(pod -> !pod.epochs.isEmpty()).count()).isEqualTo(6);
        });
    // The rate is spent; only the passing of its minute allows the rest.
    int moved =
        Tracker.fleet()
            .database()
            .update(
                "UPDATE tracker.shard_moves SET directed_at = directed_at - interval '1 min' WHERE directed_at IS NOT NULL AND cluster_name = ?",
                cluster);
    assertThat(moved).isEqualTo(6);
    Eventually.holds(
        Duration.ofSeconds(20),
        () -> {
          step(drained, fresh);
          assertThat(fresh).allMatch(pod -> pod.epochs.size() == 1);
        });

    assertThat(Facts.of(cluster).placement().values()).allMatch(held -> held.startsWith("new-"));
    assertThat(Facts.of(cluster).events("identify.granted")).isEmpty();
    for (Pod pod : fresh) {
      assertThat(
              pod.acquire().body().path("shards").get(0).path("resume").path("session_id").asText())
          .startsWith("session-of-");
    }
    var comingBack = drained.getFirst().with("standby", false).acquire();
    assertThat(comingBack.status()).isEqualTo(409);
    assertThat(comingBack.body().path("drained").asBoolean()).isTrue();
  }

  /**
   * What pods do on each beat: give back what they are asked to, take what is reserved for them.
   */
  private static void step(Iterable<Pod> drained, Iterable<Pod> fresh) {
    for (Pod pod : drained) {
      for (JsonNode directive : pod.beat().body().path("directives")) {
        if (directive.path("type").asText().equals("drain")) {
          directive
              .path("shards")
              .forEach(shard -> {
                if (pod.epochs.containsKey(shard.asInt())) {
                  pod.release(shard.asInt());
                }
              });
        }
      }
    }
    for (Pod pod : fresh) {
      pod.beat();
      pod.await(0, 0);
    }
  }
}
