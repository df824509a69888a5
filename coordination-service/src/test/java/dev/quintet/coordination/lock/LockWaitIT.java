package dev.quintet.coordination.lock;

import static dev.quintet.coordination.lock.LockClient.lock;
import static dev.quintet.coordination.lock.LockClient.object;
import static dev.quintet.coordination.lock.LockClient.unique;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.wakeup.Wakeups;
import dev.quintet.coordination.lock.LockClient.Reply;
import io.quarkus.arc.ClientProxy;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.enterprise.event.Event;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Standing in line. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init")
class LockWaitIT {
  private static final Duration SOON = Duration.ofSeconds(20);

  @Inject Wakeups wakeups;
  @Inject Event<ShutdownDelayInitiatedEvent> shutdown;
  Database database;

  private final LockClient client = LockClient.service();
  private String key;

  @BeforeEach
  void key() {
    key = unique("line");
  }

  @AfterEach
  void close() {
    client.close();
  }

  private long waiting() {
    return client.view(key).body().path("waiters").size();
  }

  private void untilInLine(int waiters) {
    Eventually.holds(SOON, () -> assertThat(waiting()).isEqualTo(waiters));
  }

  /** In line at the database, of a replica that is dead since it was asked. */
  private void deadWaiter(String mode) {
    var unused =
        database.value(
            "SELECT coordination.lock_acquire(?, 'dead', 60000, gen_random_uuid(), '{}', ?, 1, 0, 0, false, 'dead-replica', 60000)",
            key,
            mode);
  }

  @Test
  void whoWaitsGetsItOnRelease() {
    var first = client.acquire(key, "a");
    var second = client.acquiring(lock(key, "b").put("wait_ms", 30_000));
    untilInLine(1);
    assertThat(second).isNotDone();
    assertThat(client.release(key, first.lease()).status()).isEqualTo(200);
    Reply granted = second.join();
    assertThat(granted.status()).as("%s", granted).isEqualTo(201);
    assertThat(granted.token()).isGreaterThan(first.token());
    assertThat(granted.body().path("ttl_remaining_ms").asLong())
        .as("its time begins at delivery")
        .isBetween(59_000L, 60_000L);
    assertThat(granted.body().path("waited_ms").asLong())
        .isLessThanOrEqualTo((granted.returned() - granted.invoked()) / 1_000_000);
    assertThat(database.count("coordination.lock_waiters WHERE lock_key = '" + key + "'")).isZero();
  }

  /** Acceptance 2. */
  @Test
  void whoWaitsGetsItWhenTheHolderFallsSilent() {
    var first = client.post("/locks", lock(key, "a").put("ttl_ms", 1_000));
    var second = client.acquire(key, "b", 10_000);
    assertThat(second.status()).as("%s", second).isEqualTo(201);
    assertThat(second.token()).isGreaterThan(first.token());
    assertThat(second.returned() - first.returned())
        .as("not before its time was over")
        .isGreaterThan(Duration.ofMillis(900).toNanos());
    assertThat(client.extend(key, first.lease(), 1_000).code()).isEqualTo("lease_lost");
  }

  @Test
  void patienceEnds() {
    var first = client.acquire(key, "a");
    var late = client.acquire(key, "b", 300);
    assertThat(late.status()).isEqualTo(409);
    assertThat(late.code()).isEqualTo("lock_wait_timeout");
    assertThat(late.body().path("holder").asText()).isEqualTo("a");
    assertThat(late.body().path("expires_at").asText())
        .isEqualTo(first.body().path("expires_at").asText());
    assertThat(waiting()).isZero();
  }

  /** I5. */
  @Test
  void firstComeFirstServed() {
    var held = client.acquire(key, "0");
    var line = new ArrayList<CompletableFuture<Reply>>();
    for (int i = 1; i <= 8; i++) {
      line.add(client.acquiring(lock(key, "" + i).put("wait_ms", 50_000)));
      untilInLine(i);
    }
    String lease = held.lease();
    for (int i = 0; i < line.size(); i++) {
      assertThat(client.release(key, lease).body().path("released").asBoolean()).isTrue();
      Reply next = line.get(i).join();
      assertThat(next.body().path("holder").asText()).isEqualTo("" + (i + 1));
      for (int j = i + 1; j < line.size(); j++) {
        assertThat(line.get(j)).as("%d waits while %d holds", j + 1, i + 1).isNotDone();
      }
      lease = next.lease();
    }
  }

  @Test
  void nobodyPassesThoseWhoWait() {
    var held = client.acquire(key, "a");
    var waiter = client.acquiring(lock(key, "b").put("wait_ms", 30_000));
    untilInLine(1);
    // The key is free and on its way to b, whose replica does not know yet.
    int unused =
        database.update(
            "UPDATE coordination.distributed_locks SET acquired_at = now() - interval '2 s', expires_at = now() - interval '1 s' WHERE lease_id = ?::uuid",
            held.lease());
    assertThat(client.acquire(key, "barger").status()).isEqualTo(409);
    assertThat(waiter.join().status()).isEqualTo(201);
  }

  @Test
  void readersWhoStandNextToEachOtherAreServedTogetherAndNoWriterStarves() {
    var held = client.post("/locks", lock(key, "r0").put("mode", "shared"));
    var writer = client.acquiring(lock(key, "w").put("wait_ms", 50_000));
    untilInLine(1);
    var readers = new ArrayList<CompletableFuture<Reply>>();
    for (int i = 1; i <= 3; i++) {
      readers.add(
          client.acquiring(lock(key, "r" + i).put("mode", "shared").put("wait_ms", 50_000)));
      untilInLine(1 + i);
    }
    assertThat(readers).as("a writer is before them").noneMatch(CompletableFuture::isDone);
    assertThat(client.release(key, held.lease()).status()).isEqualTo(200);
    Reply wrote = writer.join();
    assertThat(readers).noneMatch(CompletableFuture::isDone);
    assertThat(client.release(key, wrote.lease()).status()).isEqualTo(200);
    assertThat(readers.stream().map(CompletableFuture::join).map(Reply::status)).containsOnly(201);
    assertThat(client.view(key).body().path("leases")).hasSize(3);
  }

  @Test
  void aWriterWhoGoesLetsTheReadersBehindItIn() {
    var unused = client.post("/locks", lock(key, "r0").put("mode", "shared"));
    var writer = client.acquiring(lock(key, "w").put("wait_ms", 400));
    untilInLine(1);
    var reader = client.acquiring(lock(key, "r1").put("mode", "shared").put("wait_ms", 30_000));
    assertThat(writer.join().code()).isEqualTo("lock_wait_timeout");
    assertThat(reader.join().status()).isEqualTo(201);
  }

  @Test
  void whoseConnectionClosesLeavesTheLineAtOnce() {
    var held = client.acquire(key, "a");
    try (var other = LockClient.service()) {
      var gone = other.acquiring(lock(key, "b").put("wait_ms", 50_000));
      untilInLine(1);
      var patient = client.acquiring(lock(key, "c").put("wait_ms", 50_000));
      untilInLine(2);
      assertThat(gone.cancel(true)).isTrue();
      other.close();
      untilInLine(1);
      assertThat(client.release(key, held.lease()).status()).isEqualTo(200);
      assertThat(patient.join().body().path("holder").asText()).isEqualTo("c");
    }
  }

  /** The same request again, on another connection, stands where the first one stood. */
  @Test
  void theSameLeaseIdFindsItsPlaceInLine() {
    var held = client.acquire(key, "a");
    var ask = lock(key, "b").put("wait_ms", 50_000).put("lease_id", LockClient.lease());
    var first = client.acquiring(ask);
    untilInLine(1);
    var other = client.acquiring(lock(key, "c").put("wait_ms", 50_000));
    untilInLine(2);
    var again = client.acquiring(ask);
    assertThat(client.release(key, held.lease()).status()).isEqualTo(200);
    var granted = CompletableFuture.anyOf(first, again).join();
    assertThat(((Reply) granted).token()).isPositive();
    assertThat(other).isNotDone();
    assertThat(first.join().token()).as("one lease for both").isEqualTo(again.join().token());
    assertThat(List.of(first.join().status(), again.join().status()))
        .containsExactlyInAnyOrder(201, 200);
  }

  /** I6: five who stand in a row and are dead cost six seconds together. */
  @Test
  void theDeadAreSkippedAndCostTogetherNoMoreThanOne() {
    var held = client.acquire(key, "a");
    for (int i = 0; i < 5; i++) {
      deadWaiter(i % 2 == 0 ? "exclusive" : "shared");
    }
    var living = client.acquiring(lock(key, "b").put("wait_ms", 50_000));
    untilInLine(6);
    long released = System.nanoTime();
    assertThat(client.release(key, held.lease()).status()).isEqualTo(200);
    Reply granted = living.join();
    assertThat(granted.status()).as("%s", granted).isEqualTo(201);
    // Two seconds for a busy machine. One after the other they would cost five each.
    assertThat(Duration.ofNanos(granted.returned() - released)).isLessThan(Duration.ofSeconds(8));
    assertThat(database.count("coordination.lock_waiters WHERE lock_key = '" + key + "'")).isZero();
  }

  @Test
  void thoseWhoAreKnownToBeDeadCostNothing() {
    var held = client.acquire(key, "a");
    deadWaiter("exclusive");
    deadWaiter("exclusive");
    int unused =
        database.update(
            "UPDATE coordination.lock_waiters SET heartbeat_at = now() - interval '7 s' WHERE lock_key = ?",
            key);
    var living = client.acquiring(lock(key, "b").put("wait_ms", 50_000));
    Eventually.holds(SOON, () -> assertThat(waiting()).isEqualTo(1));
    assertThat(client.release(key, held.lease()).status()).isEqualTo(200);
    assertThat(living.join().token()).isEqualTo(held.token() + 1);
  }

  @Test
  void whoWaitsIsStoodForWhileItWaits() {
    var unused = client.acquire(key, "a");
    var waiter = client.acquiring(lock(key, "b").put("wait_ms", 50_000));
    untilInLine(1);
    Object enqueued =
        database.value("SELECT enqueued_at FROM coordination.lock_waiters WHERE lock_key = ?", key);
    Eventually.holds(
        SOON,
        () ->
            assertThat(
                    database.value(
                        "SELECT heartbeat_at > ?::timestamptz FROM coordination.lock_waiters WHERE lock_key = ?",
                        enqueued,
                        key))
                .isEqualTo(true));
    assertThat(waiter.cancel(true)).isTrue();
  }

  /** A notification that nobody heard: the hand-over is found by looking. */
  @Test
  void aLostNotificationDelaysAndNothingMore() {
    var held = client.acquire(key, "a");
    var waiter = client.acquiring(lock(key, "b").put("wait_ms", 30_000));
    untilInLine(1);
    // By hand, as lock_hand_off does but silently.
    int unused =
        database.update(
            "UPDATE coordination.lock_waiters SET granted_at = clock_timestamp() WHERE lock_key = ?",
            key);
    int moved =
        database.update(
            "UPDATE coordination.distributed_locks d SET lease_id = w.waiter_id, lock_holder = 'b', fencing_token = nextval('coordination.lock_fencing_seq')"
                + " FROM coordination.lock_waiters w WHERE w.lock_key = d.lock_key AND d.lease_id = ?::uuid",
            held.lease());
    assertThat(moved).isEqualTo(1);
    assertThat(waiter.join().status()).isEqualTo(201);
  }

  /** The ticket is gone, as after an outage longer than 6 s: it takes another. */
  @Test
  void whoFellOutOfTheLineStandsInItAgain() {
    var held = client.acquire(key, "a");
    var waiter = client.acquiring(lock(key, "b").put("wait_ms", 30_000));
    untilInLine(1);
    int unused = database.update("DELETE FROM coordination.lock_waiters WHERE lock_key = ?", key);
    untilInLine(1);
    assertThat(client.release(key, held.lease()).status()).isEqualTo(200);
    assertThat(waiter.join().status()).isEqualTo(201);
  }

  @Test
  void aLineHasAnEnd() {
    var unused = client.acquire(key, "a");
    int rows =
        database.update(
            "INSERT INTO coordination.lock_waiters (lock_key, waiter_id, lock_holder, mode, ttl_ms, replica_id, heartbeat_at, deadline)"
                + " SELECT ?, gen_random_uuid(), 'x', 'exclusive', 1000, 'r', now() + interval '1 h', now() + interval '1 h'"
                + " FROM generate_series(1, 1000)",
            key);
    assertThat(rows).isEqualTo(1000);
    var refused = client.acquire(key, "b", 1_000);
    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.code()).isEqualTo("queue_full");
    assertThat(refused.body().path("queue_length").asInt()).isEqualTo(1000);
    assertThat(refused.http().headers().firstValue("Retry-After")).isPresent();
    int gone = database.update("DELETE FROM coordination.lock_waiters WHERE lock_key = ?", key);
    assertThat(gone).isEqualTo(1000);
  }

  @Test
  void aBatchThatWaitsGetsAllAtOnce() {
    var held = client.acquire(key, "a");
    var body = object().put("holder", "b").put("wait_ms", 30_000);
    body.putArray("locks")
        .add(object().put("lock_key", key))
        .add(object().put("lock_key", key + "/2"));
    var batch = CompletableFuture.supplyAsync(() -> client.post("/locks/batch", body));
    assertThat(client.view(key + "/2").status()).isEqualTo(404);
    assertThat(client.release(key, held.lease()).status()).isEqualTo(200);
    assertThat(batch.join().status()).isEqualTo(201);
    assertThat(client.view(key + "/2").body().path("holder").asText()).isEqualTo("b");
  }

  @Test
  void aReplicaThatStopsSendsItsWaitersAwayAndTheirPlacesStay()
      throws ReflectiveOperationException {
    var held = client.acquire(key, "a");
    var ask = lock(key, "b").put("wait_ms", 50_000).put("lease_id", LockClient.lease());
    var waiter = client.acquiring(ask);
    untilInLine(1);
    Object ticket =
        database.value("SELECT ticket FROM coordination.lock_waiters WHERE lock_key = ?", key);
    var closing = Wakeups.class.getDeclaredField("closing");
    closing.setAccessible(true);
    try {
      shutdown.fire(new ShutdownDelayInitiatedEvent());
      Reply sent = waiter.join();
      assertThat(sent.status()).as("%s", sent).isEqualTo(503);
      assertThat(sent.code()).isEqualTo("shutting_down");
      assertThat(sent.http().headers().firstValue("Retry-After")).hasValue("1");
    } finally {
      // Other tests go on with this replica.
      closing.set(ClientProxy.unwrap(wakeups), false);
    }
    assertThat(
            database.value("SELECT ticket FROM coordination.lock_waiters WHERE lock_key = ?", key))
        .isEqualTo(ticket);
    var again = client.acquiring(ask);
    assertThat(client.release(key, held.lease()).status()).isEqualTo(200);
    assertThat(again.join().status()).isEqualTo(201);
  }
}
