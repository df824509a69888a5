package dev.quintet.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.Race;
import dev.quintet.e2e.fleet.Answer;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Scenarios 1 to 6 and 8: a fleet gets its shards, keeps them, loses pods and recovers. */
@ResourceLock("tracker")
class FleetE2E {

  @RepeatedTest(20)
  void fortyPodsForThirtyTwoShardsGetOneEachAndTheRestStandInLine() {
    String cluster = Tracker.newCluster(32);

    List<Answer> answers =
        Race.of(
            40,
            n ->
                () -> new Pod(cluster, "bot-" + n).with("want", 1).with("standby", true).acquire());

    assertThat(answers).extracting(Answer::status).containsOnly(201, 202);
    assertThat(
            answers.stream()
                .filter(a -> a.status() == 201)
                .map(a -> a.body().path("shards").get(0).path("shard_id").asInt()))
        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 32).boxed().toList());
    assertThat(
            answers.stream()
                .filter(a -> a.status() == 202)
                .map(a -> a.body().path("position").asInt()))
        .containsExactlyInAnyOrderElementsOf(IntStream.rangeClosed(1, 8).boxed().toList());
    assertThat(seedDistribution(cluster))
        .containsExactlyElementsOf(IntStream.range(0, 32).boxed().toList());
  }

  @Test
  void oneTooManyIsRefusedAndNobodyLosesAnything() {
    String cluster = Tracker.newCluster(2);
    var a = new Pod(cluster, "a");
    a.acquire();
    new Pod(cluster, "b").acquire();

    var refused = new Pod(cluster, "c").acquire();

    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.code()).isEqualTo("no_shard_available");
    assertThat(refused.body().path("total_shards").asInt()).isEqualTo(2);
    assertThat(refused.body().path("earliest_expiry_in_ms").asLong()).isPositive();
    assertThat(Facts.of(cluster).epochs()).containsExactly(1L, 1L);
  }

  @Test
  void fiveParallelTriesOfEachPodAreOneGrantEach() {
    String cluster = Tracker.newCluster(8);
    var pods = IntStream.range(0, 8).mapToObj(n -> new Pod(cluster, "bot-" + n)).toList();

    List<Answer> answers = Race.of(40, n -> () -> pods.get(n / 5).acquire());

    assertThat(answers).allMatch(a -> a.status() == 200 || a.status() == 201);
    assertThat(pods).allMatch(pod -> pod.epochs.size() == 1);
    assertThat(Facts.of(cluster).epochs()).containsOnly(1L).hasSize(8);
    assertThat(Facts.of(cluster).events("shard.acquired")).hasSize(8);
  }

  @Test
  void aKilledPodsShardGoesToTheStandbyAfterTheGraceAndNotBefore() {
    String cluster = Tracker.newCluster(2);
    var killed = new Pod(cluster, "a");
    killed.acquire();
    var other = new Pod(cluster, "b");
    other.acquire();
    other.beatOn();
    var standby = new Pod(cluster, "s").with("standby", true);
    assertThat(standby.acquire().status()).isEqualTo(202);
    killed.beat();
    long lastBeat = System.nanoTime();
    int shard = killed.epochs.keySet().iterator().next();
    killed.kill();

    Eventually.holds(
        Duration.ofSeconds(15),
        () -> {
          standby.beat();
          standby.await(10, Facts.of(cluster).version());
          assertThat(standby.epochs).containsKey(shard);
        });

    long afterMs = Duration.ofNanos(System.nanoTime() - lastBeat).toMillis();
    assertThat(afterMs).isGreaterThanOrEqualTo(6900);
    assertThat(killed.acts(shard)).isFalse();
    assertThat(standby.epochs.get(shard)).isEqualTo(2L);
    var resume = standby.acquire().body().path("shards").get(0).path("resume");
    assertThat(resume.path("seq").asLong()).isEqualTo(killed.lastSeq());
    other.kill();
  }

  @Test
  void theRestartedProcessOfTheSamePodHasItsShardBackAtOnce() {
    String cluster = Tracker.newCluster(4);
    var before = new Pod(cluster, "a").with("pod_uid", "uid-1");
    before.acquire();
    int shard = before.epochs.keySet().iterator().next();

    var after = new Pod(cluster, "a").with("pod_uid", "uid-1");
    var restarted = after.acquire();
    var ghost = before.beat();

    assertThat(restarted.status()).isEqualTo(201);
    assertThat(after.epochs).containsExactlyEntriesOf(java.util.Map.of(shard, 2L));
    assertThat(ghost.status()).isEqualTo(409);
    assertThat(ghost.body().path("reason").asText()).isEqualTo("superseded");
  }

  @Test
  void aSecondLiveProcessOfOneNameIsRefused() {
    String cluster = Tracker.newCluster(4);
    new Pod(cluster, "a").with("pod_uid", "uid-1").with("hostname", "node-a").acquire();

    var twin = new Pod(cluster, "a").with("pod_uid", "uid-2").acquire();

    assertThat(twin.status()).isEqualTo(409);
    assertThat(twin.code()).isEqualTo("instance_still_live");
    assertThat(twin.body().path("holder").path("hostname").asText()).isEqualTo("node-a");
    assertThat(twin.http().headers().firstValue("Retry-After")).isPresent();
  }

  @Test
  void aCleanStopHandsTheShardAndItsSequenceToTheStandbyWithoutAnIdentify() {
    String cluster = Tracker.newCluster(1);
    var leaving = new Pod(cluster, "a");
    leaving.acquire();
    leaving.beat();
    var standby = new Pod(cluster, "s").with("standby", true);
    standby.acquire();
    long version = Facts.of(cluster).version();

    List<Answer> answers =
        Race.of(
            2,
            n ->
                n == 0
                    ? () -> standby.await(20, version)
                    : () -> {
                      // The standby listens first; the order of the two requests does not change
                      // the outcome.
                      return leaving.stop();
                    });

    assertThat(answers).extracting(Answer::status).containsOnly(200);
    Eventually.holds(
        Duration.ofSeconds(5),
        () -> {
          if (standby.epochs.isEmpty()) {
            standby.await(1, 0);
          }
          assertThat(standby.epochs).containsEntry(0, 2L);
        });
    assertThat(standby.acquire().body().path("shards").get(0).path("resume").path("seq").asLong())
        .isEqualTo(leaving.lastSeq());
    assertThat(Facts.of(cluster).events("identify.granted")).isEmpty();
  }

  /** The seed's monitoring query. */
  private static List<Integer> seedDistribution(String cluster) {
    return new TreeSet<>(
            Tracker.fleet()
                .database()
                .rows(
                    "SELECT cluster_name, shard_id, instance_id, last_heartbeat FROM tracker.cluster_management"
                        + " WHERE status = 'active' AND cluster_name = ? ORDER BY cluster_name, shard_id",
                    cluster)
                .stream()
                .map(row ->
                    ((Number) java.util.Objects.requireNonNull(row.get("shard_id"))).intValue())
                .toList())
        .stream().toList();
  }
}
