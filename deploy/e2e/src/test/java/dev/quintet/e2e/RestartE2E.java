package dev.quintet.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.testing.Eventually;
import dev.quintet.e2e.fleet.Pauses;
import dev.quintet.e2e.fleet.Replica;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Scenario 9: replicas come and go, shards do not. */
@ResourceLock("tracker")
class RestartE2E {

  @Test
  void replicasThatDieMoveNoShardAndStreamsGoOnWithoutGapOrRepeat() {
    String cluster = Tracker.newCluster(8);
    var pods = IntStream.range(0, 8).mapToObj(n -> new Pod(cluster, "bot-" + n)).toList();
    pods.forEach(Pod::acquire);
    pods.forEach(Pod::beatOn);
    var before = Facts.of(cluster).placement();
    try (var stream = new EventStream(cluster, 0)) {
      var replicas = Tracker.fleet().replicas();

      replicas.get(1).kill();
      replicas.get(1).start().awaitReady();
      replicas.forEach(Replica::kill);
      Pauses.of(Duration.ofSeconds(4));
      replicas.forEach(Replica::start);
      replicas.forEach(Replica::awaitReady);
      var leaving = pods.getFirst();
      assertThat(Facts.of(cluster).placement()).isEqualTo(before);
      assertThat(pods).allMatch(pod -> pod.beat().status() == 200);
      leaving.stop();

      List<Long> all = new ArrayList<>();
      Eventually.holds(
          Duration.ofSeconds(20),
          () -> {
            all.clear();
            all.addAll(stream.clusterNumbers());
            assertThat(all)
                .endsWith(
                    Facts.of(cluster)
                        .number("SELECT event_seq FROM tracker.clusters WHERE cluster_name = ?"));
          });
      assertThat(all)
          .containsExactlyElementsOf(LongStream.rangeClosed(1, all.getLast()).boxed().toList());
    } finally {
      pods.forEach(Pod::kill);
    }
  }
}
