package dev.quintet.coordination.lock;

import static dev.quintet.coordination.lock.LockClient.lock;
import static dev.quintet.coordination.lock.LockClient.object;
import static dev.quintet.coordination.lock.LockClient.unique;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.coordination.lock.LockClient.Reply;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init")
class SemaphoreIT {
  private static final Duration SOON = Duration.ofSeconds(20);

  private final LockClient client = LockClient.service();
  private final LockClient devops = new LockClient("devops");
  private String path;

  @BeforeEach
  void name() {
    path = "/semaphores/" + unique("semaphore");
  }

  @AfterEach
  void close() {
    client.close();
    devops.close();
  }

  private Reply put(int permits) {
    return devops.put(path, object().put("permits", permits));
  }

  private Reply take(String holder, int count, long waitMs) {
    return client.post(
        path + "/permits",
        object()
            .put("holder", holder)
            .put("count", count)
            .put("ttl_ms", 60_000)
            .put("wait_ms", waitMs));
  }

  private CompletableFuture<Reply> taking(String holder, int count) {
    return CompletableFuture.supplyAsync(() -> take(holder, count, 30_000));
  }

  private void untilInLine(int waiters) {
    Eventually.holds(
        SOON,
        () -> assertThat(client.get(path).body().path("queue_length").asInt()).isEqualTo(waiters));
  }

  @Test
  void itIsMadeChangedSeenAndEnded() {
    assertThat(client.get(path).code()).isEqualTo("unknown_semaphore");
    assertThat(put(3).status()).isEqualTo(201);
    assertThat(put(5).status()).isEqualTo(200);
    var seen = client.get(path).body();
    assertThat(seen.path("permits").asInt()).isEqualTo(5);
    assertThat(seen.path("available").asInt()).isEqualTo(5);
    assertThat(client.put(path, object().put("permits", 1)).status()).isEqualTo(403);
    assertThat(devops.delete(path).status()).isEqualTo(204);
    assertThat(devops.delete(path).code()).isEqualTo("unknown_semaphore");
  }

  @Test
  void permitsAreALeaseOfTheirOwn() {
    var unused = put(3);
    var two = take("a", 2, 0);
    assertThat(two.status()).as("%s", two).isEqualTo(201);
    assertThat(two.body().path("permits").asInt()).isEqualTo(2);
    assertThat(two.body().path("available").asInt()).isEqualTo(1);
    var refused = take("b", 2, 0);
    assertThat(refused.code()).isEqualTo("lock_held");
    assertThat(refused.body().path("available").asInt()).isEqualTo(1);
    assertThat(take("b", 4, 0).code()).isEqualTo("invalid_permits");
    assertThat(take("b", 1, 0).status()).isEqualTo(201);

    var more = client.put(path + "/permits/" + two.lease(), object().put("ttl_ms", 600_000));
    assertThat(more.status()).isEqualTo(200);
    assertThat(more.token()).isEqualTo(two.token());
    assertThat(
            client
                .put(path + "/permits/" + LockClient.lease(), object().put("ttl_ms", 1_000))
                .code())
        .isEqualTo("lease_lost");
    assertThat(client.delete(path + "/permits/" + two.lease()).body().path("released").asBoolean())
        .isTrue();
    assertThat(client.delete(path + "/permits/" + two.lease()).body().path("released").asBoolean())
        .isFalse();
    assertThat(client.get(path).body().path("in_use").asInt()).isEqualTo(1);
  }

  @Test
  void neverFewerThanAreInUse() {
    var unused = put(3);
    var two = take("a", 2, 0);
    var refused = put(1);
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.code()).isEqualTo("permits_in_use");
    assertThat(refused.body().path("in_use").asInt()).isEqualTo(2);
    assertThat(devops.delete(path).code()).isEqualTo("permits_in_use");
    assertThat(put(2).status()).isEqualTo(200);
    assertThat(client.delete(path + "/permits/" + two.lease()).status()).isEqualTo(200);
    assertThat(devops.delete(path).status()).isEqualTo(204);
  }

  @Test
  void morePermitsGoToThoseWhoWait() {
    var unused = put(1);
    assertThat(take("a", 1, 0).status()).isEqualTo(201);
    var waiting = taking("b", 2);
    var early = CompletableFuture.supplyAsync(() -> waiting.join());
    assertThat(waiting.join().code())
        .as("more than it has is refused at once")
        .isEqualTo("invalid_permits");
    assertThat(early.join().status()).isEqualTo(422);
    var one = taking("c", 1);
    untilInLine(1);
    assertThat(put(2).status()).isEqualTo(200);
    assertThat(one.join().status()).isEqualTo(201);
  }

  @Test
  void whoWaitsForWhatIsGoneOrTooMuchNowLearnsIt() {
    var unused = put(2);
    var two = take("a", 2, 0);
    var waiter = taking("b", 2);
    untilInLine(1);
    var behind = taking("c", 1);
    untilInLine(2);
    assertThat(client.delete(path + "/permits/" + two.lease()).status()).isEqualTo(200);
    var granted = waiter.join();
    assertThat(granted.status()).isEqualTo(201);
    assertThat(client.delete(path + "/permits/" + granted.lease()).status()).isEqualTo(200);
    var last = behind.join();
    assertThat(last.status()).isEqualTo(201);

    var tooMany = taking("d", 2);
    untilInLine(1);
    assertThat(put(1).status()).isEqualTo(200);
    assertThat(tooMany.join().code()).isEqualTo("invalid_permits");

    var key = path.substring("/semaphores/".length());
    assertThat(client.delete(path + "/permits/" + last.lease()).status()).isEqualTo(200);
    var exclusive = client.post("/locks", lock(key, "x"));
    assertThat(exclusive.status()).isEqualTo(201);
    var gone = taking("e", 1);
    untilInLine(1);
    assertThat(devops.delete(path).status()).isEqualTo(204);
    assertThat(gone.join().code()).isEqualTo("unknown_semaphore");
  }
}
