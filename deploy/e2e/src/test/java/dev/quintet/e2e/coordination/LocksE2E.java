package dev.quintet.e2e.coordination;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.Race;
import dev.quintet.e2e.fleet.Answer;
import dev.quintet.e2e.fleet.Api;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Scenarios 1 to 4 and 6: whoever holds a lock, over two replicas, with kills. */
@ResourceLock("coordination")
class LocksE2E {
  private static final Api API = Coordination.service();

  /** Scenario 1. */
  @Test
  void fiftyClientsTakeTurnsAndTokensRise() {
    String key = Coordination.unique("jobs/nightly");
    var inside = new AtomicInteger();
    var written = Collections.synchronizedList(new ArrayList<Long>());

    var overlaps =
        Race.of(
            50,
            number ->
                () -> {
                  int met = 0;
                  for (int turn = 0; turn < 4; turn++) {
                    var lock = Lock.of(key, "client-" + number);
                    var granted = lock.take(API, 30_000, 60_000);
                    assertThat(granted.status()).as(granted.body().toString()).isEqualTo(201);
                    met += inside.getAndIncrement();
                    written.add(Lock.token(granted));
                    inside.decrementAndGet();
                    assertThat(lock.giveBack(API).body().path("released").asBoolean()).isTrue();
                  }
                  return met;
                });

    assertThat(overlaps).containsOnly(0);
    assertThat(written).hasSize(200).isSorted().doesNotHaveDuplicates();
  }

  /** Scenario 2. */
  @Test
  void aHolderThatIsGoneLosesItsKeyAndItsTokenIsRefused() {
    String key = Coordination.unique("paused");
    long sent = System.nanoTime();
    var first = Lock.of(key, "a");
    var held = first.take(API, 2_000, 0);
    var second = Lock.of(key, "b");

    var granted = second.take(API, 30_000, 10_000);

    assertThat(granted.status()).isEqualTo(201);
    assertThat(Duration.ofNanos(System.nanoTime() - sent)).isGreaterThan(Duration.ofSeconds(2));
    assertThat(Lock.token(granted)).isGreaterThan(Lock.token(held));
    assertThat(first.extend(API, 2_000).code()).isEqualTo("lease_lost");
    var late = first.giveBack(API);
    assertThat(late.status()).isEqualTo(200);
    assertThat(late.body().path("released").asBoolean()).isFalse();
    String resource = "/fences/" + Coordination.unique("table") + "/accept";
    assertThat(API.post(resource, Map.of("fencing_token", Lock.token(granted))).status())
        .isEqualTo(200);
    var stale = API.post(resource, Map.of("fencing_token", Lock.token(held)));
    assertThat(stale.status()).isEqualTo(409);
    assertThat(stale.code()).isEqualTo("stale_token");
  }

  /** Scenario 3: five of ten wait at the replica that is killed. */
  @Test
  void aKilledReplicaTakesItsWaitersOutOfTheLine() throws Exception {
    String key = Coordination.unique("line");
    var holder = Lock.of(key, "holder");
    assertThat(holder.take(Coordination.serviceAt(1), 60_000, 0).status()).isEqualTo(201);
    var order = Collections.synchronizedList(new ArrayList<Integer>());
    var victim = Coordination.fleet().replicas().getFirst();
    try (var threads = Executors.newCachedThreadPool()) {
      List<Future<Integer>> waiting = new ArrayList<>();
      for (int n = 0; n < 10; n++) {
        waiting.add(threads.submit(waiter(key, n, order)));
        int line = n + 1;
        Eventually.holds(
            Duration.ofSeconds(20),
            () ->
                assertThat(
                        Coordination.serviceAt(1)
                            .get("/locks/" + Coordination.encoded(key))
                            .body()
                            .path("waiters"))
                    .hasSize(line));
      }

      victim.kill();
      long released = System.nanoTime();
      assertThat(holder.giveBack(Coordination.serviceAt(1)).status()).isEqualTo(200);
      for (int n = 1; n < 10; n += 2) {
        assertThat(waiting.get(n).get()).isEqualTo(201);
      }
      Duration took = Duration.ofNanos(System.nanoTime() - released);

      assertThat(order).containsExactly(1, 3, 5, 7, 9);
      // Six seconds in all; if each of the dead had cost as much, it would have been thirty.
      assertThat(took).isLessThan(Duration.ofSeconds(20));
    } finally {
      victim.start().awaitReady();
    }
  }

  /** At replica 0 or 1 in turn; its status, and when it was its turn. */
  private static Callable<Integer> waiter(String key, int number, List<Integer> order) {
    return () -> {
      var lock = Lock.of(key, "waiter-" + number);
      Api replica = Coordination.serviceAt(number % 2);
      Answer answer;
      try {
        answer = lock.take(replica, 30_000, 60_000);
      } catch (AssertionError away) {
        return 0;
      }
      if (answer.status() == 201) {
        order.add(number);
        lock.giveBack(replica);
      }
      return answer.status();
    };
  }

  /** Scenario 4. */
  @Test
  void aRepeatedRequestHasTheSameLease() {
    var lock = Lock.of(Coordination.unique("again"), "a");
    var first = lock.take(Coordination.serviceAt(0), 30_000, 0);
    var again = lock.take(Coordination.serviceAt(1), 30_000, 0);
    assertThat(first.status()).isEqualTo(201);
    assertThat(again.status()).isEqualTo(200);
    assertThat(Lock.token(again)).isEqualTo(Lock.token(first));
  }

  /** Scenario 6. */
  @Test
  void aSemaphoreNeverGivesMoreThanItHas() {
    String name = Coordination.unique("gpu");
    assertThat(
            Coordination.as("devops")
                .send("PUT", "/semaphores/" + name, Map.of("permits", 3))
                .status())
        .isIn(200, 201);
    var live = new AtomicInteger();
    var most =
        Race.of(
            20,
            number ->
                () -> {
                  int highest = 0;
                  for (int turn = 0; turn < 5; turn++) {
                    var granted = permit(name, "client-" + number, 30_000, 60_000);
                    assertThat(granted.status()).as(granted.body().toString()).isEqualTo(201);
                    highest = Math.max(highest, live.incrementAndGet());
                    live.decrementAndGet();
                    String lease = granted.body().path("lease_id").asText();
                    assertThat(
                            API.send("DELETE", "/semaphores/" + name + "/permits/" + lease, null)
                                .status())
                        .isEqualTo(200);
                  }
                  return highest;
                });
    assertThat(most).allMatch(highest -> highest <= 3);

    for (int n = 0; n < 3; n++) {
      assertThat(permit(name, "gone", 1_000, 0).status()).isEqualTo(201);
    }
    assertThat(permit(name, "too many", 1_000, 0).status()).isEqualTo(409);
    // Whoever took them never comes back; they do.
    assertThat(permit(name, "next", 30_000, 10_000).status()).isEqualTo(201);
  }

  private static Answer permit(String name, String holder, long ttlMs, long waitMs) {
    return API.post(
        "/semaphores/" + name + "/permits",
        Map.of(
            "holder", holder, "ttl_ms", ttlMs, "wait_ms", waitMs, "lease_id", UUID.randomUUID()));
  }
}
