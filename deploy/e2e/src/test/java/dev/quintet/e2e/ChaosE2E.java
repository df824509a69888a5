package dev.quintet.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.e2e.fleet.Answer;
import dev.quintet.e2e.fleet.Pauses;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * Scenario 19: 60 pods come, go, die and come back, replicas are killed under them, and a checker
 * reads the events. Runs three minutes; {@code -De2e.chaos.seconds=600} makes it the brief's ten.
 */
@ResourceLock("tracker")
class ChaosE2E {
  private static final Duration LENGTH =
      Duration.ofSeconds(Integer.getInteger("e2e.chaos.seconds", 180));
  private static final int SHARDS = 48;

  @Test
  void noShardEverHasTwoHoldersAndNoEventIsMissing() throws InterruptedException {
    String cluster =
        Tracker.newCluster(
            SHARDS,
            "lease_ttl_ms",
            "3000",
            "heartbeat_interval_ms",
            "1000",
            "takeover_grace_ms",
            "500");
    long seed = Long.getLong("e2e.chaos.seed", System.nanoTime());
    var acting = new ActingLog();
    var stopped = new AtomicBoolean();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var lives = new ArrayList<java.util.concurrent.Future<?>>();
      for (int n = 0; n < 60; n++) {
        int number = n;
        lives.add(
            threads.submit(
                () -> live(cluster, number, new Random(seed + number), acting, stopped)));
      }
      var random = new Random(seed);
      long end = System.nanoTime() + LENGTH.toNanos();
      while (System.nanoTime() < end) {
        Pauses.of(Duration.ofSeconds(15));
        var victim =
            Tracker.fleet().replicas().get(random.nextInt(Tracker.fleet().replicas().size()));
        victim.kill();
        victim.start().awaitReady();
      }
      stopped.set(true);
      for (var life : lives) {
        try {
          life.get();
        } catch (java.util.concurrent.ExecutionException e) {
          throw new AssertionError("seed " + seed, e.getCause());
        }
      }
    }

    assertThat(acting.overlaps).as("seed %d: two pods acting on one shard", seed).isEmpty();
    check(cluster, seed);
  }

  /** One pod name: processes of it come one after the other. */
  private static void live(
      String cluster, int number, Random random, ActingLog acting, AtomicBoolean stopped) {
    while (!stopped.get()) {
      var pod =
          new Pod(cluster, "bot-" + number)
              .with("want", 1)
              .with("standby", true)
              .with("pod_uid", "uid-" + number + "-" + random.nextInt(3));
      int status = quietly(pod::acquire);
      if (status != 200 && status != 201 && status != 202) {
        Pauses.of(Duration.ofMillis(200));
        continue;
      }
      int beats = 1 + random.nextInt(12);
      for (int i = 0; i < beats && !stopped.get(); i++) {
        int beat = quietly(pod::beat);
        if (beat == 409 || beat == 404) {
          break;
        }
        if (pod.epochs.isEmpty()) {
          quietly(() -> pod.await(1, Long.MAX_VALUE));
        }
        for (int tick = 0; tick < 20; tick++) {
          acting.sample(pod);
          Pauses.of(Duration.ofMillis(40));
        }
      }
      switch (random.nextInt(3)) {
        case 0 -> quietly(pod::stop);
        case 1 -> pod.kill();
        default -> {
          // Cut off for a while: no beat comes, and it goes on by its own clock until its deadline.
          for (int tick = 0; tick < 120; tick++) {
            acting.sample(pod);
            Pauses.of(Duration.ofMillis(40));
          }
          quietly(pod::beat);
        }
      }
      acting.gone(pod);
    }
  }

  private interface Call {
    Answer run();
  }

  /** 0: no replica answered. */
  private static int quietly(Call call) {
    try {
      int status = call.run().status();
      assertThat(status).isNotEqualTo(500);
      return status;
    } catch (AssertionError away) {
      if (away.getCause() instanceof java.io.IOException) {
        return 0;
      }
      throw away;
    }
  }

  /** I1, I2, I3 and I13, from the events alone; and the events against the table. */
  private static void check(String cluster, long seed) {
    // One statement, so one moment: leases of the pods that went last still run out.
    var rows =
        Tracker.fleet()
            .database()
            .rows(
                """
                SELECT e.cluster_seq, e.kind, e.shard_id, e.epoch, e.instance_id, c.event_seq, held.placement
                  FROM tracker.shard_events e
                  JOIN tracker.clusters c USING (cluster_name)
                 CROSS JOIN LATERAL (
                       SELECT string_agg(l.shard_id || '=' || coalesce(l.instance_id, '-'), ' ' ORDER BY l.shard_id) AS placement
                         FROM tracker.shard_leases l
                        WHERE l.cluster_name = c.cluster_name AND l.generation = c.generation) held
                 WHERE e.cluster_name = ?
                 ORDER BY e.cluster_seq
                """,
                cluster);
    assertThat(rows).as("seed %d", seed).isNotEmpty();
    var holders = new HashMap<Integer, String>();
    var epochs = new HashMap<Integer, Long>();
    long expected = 0;
    for (var row : rows) {
      expected++;
      assertThat(row.get("cluster_seq")).as("seed %d: gap", seed).isEqualTo(expected);
      String kind = String.valueOf(row.get("kind"));
      if (!kind.matches("shard\\.(acquired|taken_over|released|revoked)")) {
        continue;
      }
      int shard = ((Number) Objects.requireNonNull(row.get("shard_id"))).intValue();
      long epoch = ((Number) Objects.requireNonNull(row.get("epoch"))).longValue();
      String instance = String.valueOf(row.get("instance_id"));
      switch (kind) {
        case "shard.acquired", "shard.taken_over" -> {
          boolean mayHold =
              !holders.containsKey(shard)
                  || kind.equals("shard.taken_over")
                  || instance.equals(holders.get(shard));
          assertThat(mayHold).as("seed %d: %s over %s", seed, row, holders.get(shard)).isTrue();
          assertThat(epoch)
              .as("seed %d: %s", seed, row)
              .isGreaterThan(epochs.getOrDefault(shard, 0L));
          holders.put(shard, instance);
          epochs.put(shard, epoch);
        }
        default -> {
          assertThat(holders.get(shard)).as("seed %d: %s", seed, row).isEqualTo(instance);
          holders.remove(shard);
        }
      }
    }
    assertThat(((Number) Objects.requireNonNull(rows.getLast().get("event_seq"))).longValue())
        .as("seed %d: events", seed)
        .isEqualTo(expected);
    assertThat(String.valueOf(rows.getLast().get("placement")).split(" "))
        .as("seed %d: what the events end with", seed)
        .allSatisfy(shard -> {
          String[] held = shard.split("=", 2);
          assertThat(held[1]).isEqualTo(holders.getOrDefault(Integer.valueOf(held[0]), "-"));
        });
  }
}
