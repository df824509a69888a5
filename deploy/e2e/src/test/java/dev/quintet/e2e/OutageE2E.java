package dev.quintet.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.testing.Eventually;
import dev.quintet.e2e.fleet.Answer;
import dev.quintet.e2e.fleet.Fleet;
import dev.quintet.e2e.fleet.Pauses;
import dev.quintet.e2e.fleet.PostgresServer;
import dev.quintet.e2e.fleet.Replica;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Scenario 10: PostgreSQL goes away and comes back; that is no pod's death. */
@ResourceLock("tracker")
@SuppressWarnings("NullAway.Init")
class OutageE2E {
  private static PostgresServer server;
  private static Fleet fleet;

  @BeforeAll
  static void aFleetOnAPostgresOfItsOwn() {
    server = PostgresServer.create();
    fleet = Fleet.of("tracker-service", 2).label("outage-").on(server).start();
  }

  @AfterAll
  static void stop() {
    fleet.close();
    server.close();
  }

  @Test
  void fourSecondsWithoutPostgresAreA503ThatStopsNoPodAndMovesNoShard() {
    String cluster = Tracker.newCluster(fleet, 4);
    var pods = podsOf(cluster, 4);
    var stranger = new Pod(fleet, cluster, "stranger").with("standby", true);
    assertThat(stranger.acquire().status()).isEqualTo(202);
    var before = Facts.of(fleet, cluster).placement();
    try (var acting = new ActingWatch(pods, stranger)) {
      pods.forEach(Pod::beatOn);

      server.stop();
      long stopped = System.nanoTime();
      var refused =
          List.of(
              pods.getFirst().beat(),
              pods.getLast().beat(),
              stranger.acquire(),
              Tracker.as(fleet, "user").get("/clusters/" + cluster));
      assertThat(refused).allSatisfy(OutageE2E::isAway);
      assertThat(pods).allSatisfy(pod -> assertThat(pod.epochs).hasSize(1));
      assertThat(fleet.replicas()).extracting(Replica::readiness).containsOnly(200);
      Pauses.of(Duration.ofSeconds(4).minusNanos(System.nanoTime() - stopped));
      assertThat(pods.getFirst().beat()).satisfies(OutageE2E::isAway);
      server.start();

      Eventually.holds(
          Duration.ofSeconds(10),
          () -> assertThat(pods).allMatch(pod -> pod.beat().status() == 200));
      assertThat(stranger.acquire().status()).isEqualTo(202);
      assertThat(Facts.of(fleet, cluster).placement()).isEqualTo(before);
      assertThat(moves(cluster)).isZero();
      assertThat(acting.overlaps()).isEmpty();
    } finally {
      pods.forEach(Pod::kill);
    }
  }

  @Test
  void afterThirtySecondsWithoutPostgresNobodyIsRobbedAndTheDeadOneIsReplacedLast() {
    String cluster = Tracker.newCluster(fleet, 4);
    var pods = podsOf(cluster, 4);
    var late = pods.get(2);
    var dead = pods.get(3);
    int deadShard = dead.epochs.keySet().iterator().next();
    var stranger = new Pod(fleet, cluster, "stranger").with("standby", true);
    assertThat(stranger.acquire().status()).isEqualTo(202);
    var before = Facts.of(fleet, cluster).placement();
    try (var acting = new ActingWatch(pods, stranger)) {
      pods.subList(0, 3).forEach(Pod::beatOn);
      stranger.beatOn();

      server.stop();
      late.kill();
      Pauses.of(Duration.ofSeconds(30));
      // Strict pods: each has stopped by its own clock, though nobody could tell it anything.
      assertThat(pods).noneMatch(pod -> pod.epochs.keySet().stream().anyMatch(pod::acts));
      assertThat(fleet.replicas()).extracting(Replica::readiness).containsOnly(200);
      server.start();
      long started = System.nanoTime();
      Eventually.holds(
          Duration.ofSeconds(10),
          () ->
              assertThat(pods.subList(0, 2))
                  .allMatch(pod -> pod.epochs.keySet().stream().allMatch(pod::acts)));
      // One comes back only when the stranger has been asking for most of the hold.
      while (System.nanoTime() - started < Duration.ofSeconds(4).toNanos()) {
        assertThat(stranger.acquire().status()).isIn(202, 503);
        assertThat(stranger.epochs).isEmpty();
        Pauses.of(Duration.ofMillis(100));
      }
      assertThat(late.beat().status()).isEqualTo(200);
      Eventually.holds(
          Duration.ofSeconds(20),
          () -> {
            stranger.await(2, Facts.of(fleet, cluster).version());
            assertThat(stranger.epochs).containsOnlyKeys(deadShard);
          });

      var after = Facts.of(fleet, cluster).placement();
      assertThat(after)
          .hasEntrySatisfying(deadShard, held -> assertThat(held).contains("stranger"));
      before.remove(deadShard);
      assertThat(after).containsAllEntriesOf(before);
      assertThat(secondsFromStartToFirstMove(cluster)).isGreaterThanOrEqualTo(7);
      assertThat(moves(cluster)).isEqualTo(1);
      assertThat(Facts.of(fleet, cluster).events("outage.detected")).hasSize(1);
      assertThat(acting.overlaps()).isEmpty();
    } finally {
      pods.forEach(Pod::kill);
      stranger.kill();
    }
  }

  private static List<Pod> podsOf(String cluster, int count) {
    var pods =
        IntStream.range(0, count).mapToObj(n -> new Pod(fleet, cluster, "bot-" + n)).toList();
    pods.forEach(pod -> assertThat(pod.acquire().status()).isEqualTo(201));
    return pods;
  }

  /** Says that the database is away, and never that a lease is. */
  private static void isAway(Answer answer) {
    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.code()).isEqualTo("database_unavailable");
    assertThat(answer.http().headers().firstValue("Retry-After")).hasValue("1");
  }

  /** Grants beyond the first of each shard. */
  private static long moves(String cluster) {
    return Facts.of(fleet, cluster)
        .number(
            "SELECT count(*) - 4 FROM tracker.shard_events WHERE cluster_name = ? AND kind IN ('shard.acquired', 'shard.taken_over')");
  }

  /** By the clock that decides: the database's. */
  private static double secondsFromStartToFirstMove(String cluster) {
    return Facts.of(fleet, cluster)
            .number(
                "SELECT floor(1000 * extract(epoch FROM min(at) - pg_postmaster_start_time())) FROM tracker.shard_events"
                    + " WHERE cluster_name = ? AND kind IN ('shard.acquired', 'shard.taken_over') AND at > pg_postmaster_start_time()")
        / 1000.0;
  }

  /** Looks all the time who says that it acts. */
  private static final class ActingWatch implements AutoCloseable {
    private final ActingLog log = new ActingLog();
    private final AtomicBoolean over = new AtomicBoolean();
    private final Thread looking;

    ActingWatch(List<Pod> pods, Pod stranger) {
      looking =
          Thread.ofPlatform()
              .start(() -> {
                while (!over.get()) {
                  pods.forEach(log::sample);
                  log.sample(stranger);
                  Pauses.of(Duration.ofMillis(20));
                }
              });
    }

    List<String> overlaps() {
      return log.overlaps;
    }

    @Override
    public void close() {
      over.set(true);
      try {
        looking.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
