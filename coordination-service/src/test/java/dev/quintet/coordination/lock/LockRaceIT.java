package dev.quintet.coordination.lock;

import static dev.quintet.coordination.lock.LockClient.lock;
import static dev.quintet.coordination.lock.LockClient.object;
import static dev.quintet.coordination.lock.LockClient.unique;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.coordination.lock.LockClient.Reply;
import dev.quintet.coordination.testing.LockHistory;
import dev.quintet.coordination.testing.LockHistory.Kind;
import dev.quintet.coordination.testing.LockHistory.Operation;
import dev.quintet.coordination.testing.LockHistory.Outcome;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Many clients at once, over HTTP, and what none of them may ever see. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init")
class LockRaceIT {
  Database database;

  private final LockClient client = LockClient.service();
  private String key;

  @BeforeEach
  void key() {
    key = unique("race");
  }

  @AfterEach
  void close() {
    client.close();
  }

  /** I1, I2 and acceptance 1: each writes its token under its lease. */
  @Test
  void fiftyClientsOnOneKeyNeverOverlapAndTheirTokensRise() {
    var written = new ArrayList<Long>();
    var inside = new AtomicInteger();
    int each = 6;
    List<Integer> overlaps =
        Race.of(
            50,
            number ->
                () -> {
                  int seen = 0;
                  for (int i = 0; i < each; i++) {
                    Reply granted = client.acquire(key, "c" + number, 60_000);
                    assertThat(granted.status()).as("%s", granted).isEqualTo(201);
                    seen += inside.getAndIncrement();
                    synchronized (written) {
                      written.add(granted.token());
                    }
                    inside.decrementAndGet();
                    assertThat(
                            client
                                .release(key, granted.lease())
                                .body()
                                .path("released")
                                .asBoolean())
                        .isTrue();
                  }
                  return seen;
                });
    assertThat(overlaps).containsOnly(0);
    assertThat(written).hasSize(50 * each).doesNotHaveDuplicates().isSorted();
  }

  /** I3. */
  @Test
  void afterATokenNoLowerOneIsEverAccepted() {
    String resource = unique("file");
    var accepted = new ArrayList<long[]>();
    var refused = new ArrayList<long[]>();
    var outcomes =
        Race.of(
            24,
            number ->
                () -> {
                  var random = new Random(number);
                  for (int i = 0; i < 15; i++) {
                    long token = 1 + random.nextInt(400);
                    Reply reply = client.accept(resource, token);
                    synchronized (accepted) {
                      (reply.status() == 200 ? accepted : refused)
                          .add(new long[] {token, reply.invoked(), reply.returned()});
                    }
                    if (reply.status() == 409
                        && reply.body().path("high_water").asLong() <= token) {
                      return "refused " + token + " at " + reply;
                    }
                  }
                  return "";
                });
    assertThat(outcomes).containsOnly("");
    assertThat(refused).isNotEmpty();
    for (long[] first : accepted) {
      for (long[] later : accepted) {
        assertThat(first[2] < later[1] && later[0] < first[0])
            .as("%d accepted before %d was asked", first[0], later[0])
            .isFalse();
      }
    }
  }

  /** I7 and acceptance 6. */
  @Test
  void neverMorePermitsThanThereAreAndThoseOfTheDeadComeBack() {
    try (var devops = new LockClient("devops")) {
      assertThat(devops.put("/semaphores/" + key, object().put("permits", 3)).status())
          .isEqualTo(201);
    }
    // One of its holders is dead from the beginning.
    var dead =
        client.post(
            "/semaphores/" + key + "/permits", object().put("holder", "dead").put("ttl_ms", 500));
    assertThat(dead.status()).isEqualTo(201);
    var inUse = new AtomicInteger();
    List<Integer> most =
        Race.of(
            20,
            number ->
                () -> {
                  int highest = 0;
                  for (int i = 0; i < 6; i++) {
                    int count = 1 + number % 2;
                    Reply granted =
                        client.post(
                            "/semaphores/" + key + "/permits",
                            object()
                                .put("holder", "c" + number)
                                .put("count", count)
                                .put("ttl_ms", 60_000)
                                .put("wait_ms", 60_000));
                    assertThat(granted.status()).as("%s", granted).isEqualTo(201);
                    highest = Math.max(highest, inUse.addAndGet(count));
                    LockSupport.parkNanos(1_000_000);
                    inUse.addAndGet(-count);
                    assertThat(
                            client
                                .delete("/semaphores/" + key + "/permits/" + granted.lease())
                                .body()
                                .path("released")
                                .asBoolean())
                        .isTrue();
                  }
                  return highest;
                });
    assertThat(most).allMatch(highest -> highest <= 3).anyMatch(highest -> highest >= 2);
    var end = client.get("/semaphores/" + key).body();
    assertThat(end.path("in_use").asInt()).isZero();
    assertThat(end.path("available").asInt()).isEqualTo(3);
  }

  /** I7. */
  @Test
  void readersAndWritersNeverMeet() {
    var readers = new AtomicInteger();
    var writers = new AtomicInteger();
    List<String> met =
        Race.of(
            24,
            number ->
                () -> {
                  boolean writes = number % 4 == 0;
                  for (int i = 0; i < 6; i++) {
                    Reply granted =
                        client.post(
                            "/locks",
                            lock(key, "c" + number)
                                .put("mode", writes ? "exclusive" : "shared")
                                .put("wait_ms", 60_000));
                    assertThat(granted.status()).as("%s", granted).isEqualTo(201);
                    var own = writes ? writers : readers;
                    int same = own.incrementAndGet();
                    int other = (writes ? readers : writers).get();
                    LockSupport.parkNanos(500_000);
                    own.decrementAndGet();
                    var unused = client.release(key, granted.lease());
                    if (other > 0 || (writes && same > 1)) {
                      return "a " + (writes ? "writer" : "reader") + " met " + other + "/" + same;
                    }
                  }
                  return "";
                });
    assertThat(met).containsOnly("");
  }

  /** Batches in opposite orders: each holds both or none, and all come through. */
  @Test
  void batchesNeverWaitForEachOtherInACircle() {
    var inside = new AtomicInteger();
    List<Integer> overlaps =
        Race.of(
            8,
            number ->
                () -> {
                  int seen = 0;
                  for (int i = 0; i < 5; i++) {
                    var body = object().put("holder", "c" + number).put("wait_ms", 60_000);
                    var locks = body.putArray("locks");
                    for (int k = 0; k < 4; k++) {
                      int at = number % 2 == 0 ? k : 3 - k;
                      locks.add(object().put("lock_key", key + "/" + at));
                    }
                    Reply granted = client.post("/locks/batch", body);
                    assertThat(granted.status()).as("%s", granted).isEqualTo(201);
                    seen += inside.getAndIncrement();
                    inside.decrementAndGet();
                    granted
                        .body()
                        .path("leases")
                        .forEach(lease -> {
                          var unused =
                              client.release(
                                  lease.path("lock_key").asText(), lease.path("lease_id").asText());
                        });
                  }
                  return seen;
                });
    assertThat(overlaps).containsOnly(0);
  }

  @Test
  void aRetryWhileTheFirstIsUnderWayGetsTheSameLease() {
    for (int round = 0; round < 10; round++) {
      var ask = lock(key + round, "a").put("lease_id", LockClient.lease());
      List<Reply> replies = Race.of(6, () -> client.post("/locks", ask));
      assertThat(replies.stream().map(Reply::token).distinct()).hasSize(1);
      assertThat(replies.stream().filter(reply -> reply.status() == 201)).hasSize(1);
      assertThat(replies.stream().filter(reply -> reply.status() == 200)).hasSize(5);
    }
  }

  /**
   * Random clients on a few keys, some of whom die, go or forget; their history has to be possible.
   * {@code -Dquintet.lock.history.operations=200000} for a long one.
   */
  @Test
  void aLongHistoryCanHaveBeen() throws InterruptedException {
    int operations = Integer.getInteger("quintet.lock.history.operations", 10_000);
    int clients = 24;
    var history = new LockHistory();
    var over = new AtomicBoolean();
    var watching = Thread.ofPlatform().start(() -> watchLines(history, over));
    try {
      List<Integer> unused =
          Race.of(clients, number -> () -> live(number, operations / clients, history));
    } finally {
      over.set(true);
      watching.join();
    }
    assertThat(history.violations()).isEmpty();
    assertThat(history.size()).isGreaterThanOrEqualTo(operations * 9 / 10);
    assertThat(history.handOvers()).as("some stood in line").isPositive();
  }

  private int live(int number, int operations, LockHistory history) {
    var random = new Random(number);
    int done = 0;
    while (done < operations) {
      String lockKey = key + "/" + random.nextInt(6);
      String lease = LockClient.lease();
      int fate = random.nextInt(100);
      long ttlMs = fate < 2 ? 300 : 60_000;
      Reply reply =
          client.post(
              "/locks",
              lock(lockKey, "c" + number)
                  .put("lease_id", lease)
                  .put("ttl_ms", ttlMs)
                  .put("wait_ms", fate < 90 ? 30_000 : fate < 95 ? 20 : 0));
      boolean granted = reply.status() == 201;
      history.add(
          new Operation(
              Kind.ACQUIRE,
              lockKey,
              lease,
              granted ? reply.token() : 0,
              reply.invoked(),
              reply.returned(),
              granted ? Outcome.GRANTED : Outcome.REFUSED));
      done++;
      if (!granted) {
        assertThat(reply.code()).as("%s", reply).isIn("lock_held", "lock_wait_timeout");
        continue;
      }
      if (fate < 2) {
        // It dies: by its own clock it may rely on the lease until here.
        long until =
            reply.invoked()
                + Duration.ofMillis(ttlMs + reply.body().path("waited_ms").asLong()).toNanos();
        history.add(new Operation(Kind.LET_GO, lockKey, lease, 0, until, until, Outcome.UNKNOWN));
        done++;
        continue;
      }
      if (fate < 20) {
        LockSupport.parkNanos(random.nextInt(2_000_000));
      }
      Reply released = client.release(lockKey, lease);
      assertThat(released.body().path("released").asBoolean()).as("%s", released).isTrue();
      history.add(
          new Operation(
              Kind.RELEASE,
              lockKey,
              lease,
              0,
              released.invoked(),
              released.returned(),
              Outcome.DONE));
      done++;
    }
    return done;
  }

  /** Who stands in line, as anybody can see it, and when it was seen. */
  private void watchLines(LockHistory history, AtomicBoolean over) {
    try (var connection = database.connect();
        var look =
            connection.prepareStatement(
                "SELECT waiter_id::text FROM coordination.lock_waiters WHERE lock_key LIKE ?")) {
      look.setString(1, key + "/%");
      while (!over.get()) {
        try (var rows = look.executeQuery()) {
          while (rows.next()) {
            history.seenInLine(rows.getString(1), System.nanoTime());
          }
        }
        LockSupport.parkNanos(2_000_000);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
