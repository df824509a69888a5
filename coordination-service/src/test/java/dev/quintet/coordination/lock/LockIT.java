package dev.quintet.coordination.lock;

import static dev.quintet.coordination.lock.LockClient.lock;
import static dev.quintet.coordination.lock.LockClient.object;
import static dev.quintet.coordination.lock.LockClient.unique;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.coordination.job.Job;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init")
class LockIT {
  @Inject @Any Instance<Job> jobs;
  Database database;

  private final LockClient client = LockClient.service();
  private final LockClient devops = new LockClient("devops");
  private String key;

  @BeforeEach
  void key() {
    key = unique("lock");
  }

  @AfterEach
  void close() {
    client.close();
    devops.close();
  }

  /** As if so much time had passed since the grant. */
  private void age(String lockKey, Duration by) {
    for (String table : List.of("distributed_locks", "lock_permits")) {
      int unused =
          database.update(
              "UPDATE coordination."
                  + table
                  + " SET acquired_at = acquired_at - make_interval(secs => ?),"
                  + " expires_at = expires_at - make_interval(secs => ?) WHERE lock_key = ?",
              by.toMillis() / 1000.0,
              by.toMillis() / 1000.0,
              lockKey);
    }
    int unused =
        database.update(
            "UPDATE coordination.distributed_locks SET lock_delay_until = lock_delay_until - make_interval(secs => ?),"
                + " min_hold_until = min_hold_until - make_interval(secs => ?) WHERE lock_key = ?",
            by.toMillis() / 1000.0,
            by.toMillis() / 1000.0,
            lockKey);
  }

  private String sweep() {
    return jobs.stream()
        .filter(job -> job.name().equals("lock-sweep"))
        .findFirst()
        .orElseThrow()
        .run()
        .await()
        .atMost(Duration.ofSeconds(10));
  }

  @Test
  void aFreeLockIsGrantedAndSeen() {
    var granted =
        client.post("/locks", lock(key, "pod-a").set("metadata", object().put("reason", "rotate")));
    assertThat(granted.status()).as("%s", granted).isEqualTo(201);
    assertThat(granted.token()).isPositive();
    assertThat(granted.body().path("mode").asText()).isEqualTo("exclusive");
    assertThat(granted.body().path("ttl_remaining_ms").asLong()).isBetween(59_000L, 60_000L);
    assertThat(granted.body().path("waited_ms").asLong()).isZero();

    var seen = client.view(key);
    assertThat(seen.status()).isEqualTo(200);
    assertThat(seen.body().path("holder").asText()).isEqualTo("pod-a");
    assertThat(seen.body().path("fencing_token").asLong()).isEqualTo(granted.token());
    assertThat(seen.body().path("metadata").path("reason").asText()).isEqualTo("rotate");
    assertThat(seen.body().path("waiters")).isEmpty();
    assertThat(seen.body().toString())
        .as("who knows the lease id can end the lease")
        .doesNotContain(granted.lease());
  }

  @Test
  void whoeverComesSecondIsToldWhoHasIt() {
    var first = client.acquire(key, "pod-a");
    var second = client.acquire(key, "pod-b");
    assertThat(second.status()).isEqualTo(409);
    assertThat(second.code()).isEqualTo("lock_held");
    assertThat(second.body().path("holder").asText()).isEqualTo("pod-a");
    assertThat(second.body().path("expires_at").asText())
        .isEqualTo(first.body().path("expires_at").asText());
    assertThat(second.body().path("queue_length").asInt()).isZero();
    assertThat(second.body().path("retry_after_ms").asLong()).isBetween(50_000L, 60_000L);
    assertThat(second.http().headers().firstValue("Retry-After")).isPresent();
  }

  /** Acceptance 4. */
  @Test
  void theSameLeaseIdAgainIsTheSameLease() {
    var ask = lock(key, "pod-a").put("lease_id", LockClient.lease());
    var first = client.post("/locks", ask);
    var again = client.post("/locks", ask);
    assertThat(first.status()).isEqualTo(201);
    assertThat(again.status()).isEqualTo(200);
    assertThat(again.token()).isEqualTo(first.token());
    assertThat(again.lease()).isEqualTo(first.lease());
  }

  @Test
  void aLeaseIdIsOfOneLockOnly() {
    String lease = LockClient.lease();
    assertThat(client.post("/locks", lock(key, "a").put("lease_id", lease)).status())
        .isEqualTo(201);
    for (String mode : List.of("exclusive", "shared")) {
      var other = lock(unique("other"), "a").put("lease_id", lease).put("mode", mode);
      if (mode.equals("shared")) {
        assertThat(
                client
                    .post(
                        "/locks",
                        lock(key + "-s", "a").put("lease_id", lease).put("mode", "shared"))
                    .status())
            .isEqualTo(201);
      }
      var refused = client.post("/locks", other);
      assertThat(refused.status()).as("%s", refused).isEqualTo(422);
      assertThat(refused.code()).isEqualTo("lease_id_reused");
    }
  }

  @Test
  void aReleasedLockIsFreeWithAHigherToken() {
    var first = client.acquire(key, "pod-a");
    var released = client.release(key, first.lease());
    assertThat(released.body().path("released").asBoolean()).isTrue();
    var again = client.release(key, first.lease());
    assertThat(again.status()).isEqualTo(200);
    assertThat(again.body().path("released").asBoolean()).isFalse();
    assertThat(again.body().path("reason").asText()).isEqualTo("not_held");
    assertThat(client.acquire(key, "pod-b").token()).isGreaterThan(first.token());
    assertThat(client.view(unique("nobody")).code()).isEqualTo("lock_not_found");
  }

  @Test
  void moreTimeKeepsTheToken() {
    var first = client.acquire(key, "pod-a");
    var more = client.extend(key, first.lease(), 600_000);
    assertThat(more.status()).isEqualTo(200);
    assertThat(more.token()).isEqualTo(first.token());
    assertThat(more.body().path("ttl_remaining_ms").asLong()).isEqualTo(600_000);
  }

  /** I4. */
  @Test
  void nobodyEndsOrExtendsAnothersLease() {
    var first = client.acquire(key, "pod-a");
    var lost = client.extend(key, LockClient.lease(), 1_000);
    assertThat(lost.status()).isEqualTo(409);
    assertThat(lost.code()).isEqualTo("lease_lost");
    assertThat(lost.body().has("holder")).isFalse();
    assertThat(client.release(key, LockClient.lease()).body().path("released").asBoolean())
        .isFalse();
    assertThat(client.release(unique("other"), first.lease()).body().path("released").asBoolean())
        .isFalse();
    assertThat(client.view(key).token()).isEqualTo(first.token());
    assertThat(client.extend(unique("never"), first.lease(), 1_000).code())
        .isEqualTo("lock_not_found");
  }

  /** I4, and the second half of acceptance 2. */
  @Test
  void lateIsLate() {
    var first = client.acquire(key, "pod-a");
    age(key, Duration.ofSeconds(61));
    assertThat(client.extend(key, first.lease(), 60_000).code())
        .as("nobody else has it yet")
        .isEqualTo("lease_lost");
    var second = client.acquire(key, "pod-b");
    assertThat(second.status()).isEqualTo(201);
    assertThat(second.token()).isGreaterThan(first.token());
    assertThat(client.extend(key, first.lease(), 60_000).code()).isEqualTo("lease_lost");
    assertThat(client.release(key, first.lease()).body().path("released").asBoolean()).isFalse();
    assertThat(client.view(key).token()).isEqualTo(second.token());

    String resource = unique("file");
    assertThat(client.accept(resource, second.token()).status()).isEqualTo(200);
    var stale = client.accept(resource, first.token());
    assertThat(stale.status()).isEqualTo(409);
    assertThat(stale.code()).isEqualTo("stale_token");
    assertThat(stale.body().path("high_water").asLong()).isEqualTo(second.token());
  }

  @Test
  void theSweepEndsWhatRanOutOnRecord() {
    var first = client.acquire(key, "pod-a");
    age(key, Duration.ofSeconds(61));
    assertThat(client.view(key).code()).isEqualTo("lock_not_found");
    assertThat(client.get("/locks?state=expired&prefix=" + key).body().path("items")).hasSize(1);
    assertThat(sweep()).startsWith("ended=").isNotEqualTo("ended=0");
    assertThat(client.get("/locks?state=expired&prefix=" + key).body().path("items")).isEmpty();
    var record = devops.get("/locks/" + key + "/audit").body().path("items");
    assertThat(record).hasSize(1);
    assertThat(record.path(0).path("event").asText()).isEqualTo("expired");
    assertThat(record.path(0).path("fencing_token").asLong()).isEqualTo(first.token());
    assertThat(client.extend(key, first.lease(), 1_000).code()).isEqualTo("lease_lost");
  }

  @Test
  void whoeverTakesAnExpiredLockPutsTheExpiryOnRecordToo() {
    var first = client.acquire(key, "pod-a");
    age(key, Duration.ofSeconds(61));
    assertThat(client.acquire(key, "pod-b").status()).isEqualTo(201);
    var record = devops.get("/locks/" + key + "/audit").body().path("items");
    assertThat(record.path(0).path("event").asText()).isEqualTo("expired");
    assertThat(record.path(0).path("fencing_token").asLong()).isEqualTo(first.token());
  }

  @Test
  void anExpiryMayLetTheKeyRestAndAReleaseDoesNot() {
    var asks = lock(key, "pod-a").put("lock_delay_ms", 30_000);
    var first = client.post("/locks", asks);
    age(key, Duration.ofSeconds(61));
    var resting = client.acquire(key, "pod-b");
    assertThat(resting.status()).isEqualTo(409);
    assertThat(resting.body().path("retry_after_ms").asLong()).isBetween(20_000L, 30_000L);
    assertThat(client.view(key).body().path("state").asText()).isEqualTo("resting");
    assertThat(client.post("/locks", asks.deepCopy().put("lease_id", first.lease())).status())
        .as("its own holder has to wait too")
        .isEqualTo(409);
    age(key, Duration.ofSeconds(31));
    var second = client.post("/locks", asks);
    assertThat(second.status()).isEqualTo(201);
    assertThat(client.release(key, second.lease()).body().path("released").asBoolean()).isTrue();
    assertThat(client.acquire(key, "pod-b").status()).isEqualTo(201);
  }

  @Test
  void releasedTooEarlyTheKeyStaysTakenAndNobodyCanExtendIt() {
    var first = client.post("/locks", lock(key, "pod-a").put("min_hold_ms", 30_000));
    var released = client.release(key, first.lease());
    assertThat(released.body().path("reason").asText()).isEqualTo("held_until_min_hold");
    assertThat(client.acquire(key, "pod-b").status()).isEqualTo(409);
    assertThat(client.extend(key, first.lease(), 60_000).code()).isEqualTo("lease_lost");
    assertThat(client.release(key, first.lease()).body().path("released").asBoolean()).isFalse();
    age(key, Duration.ofSeconds(31));
    assertThat(client.acquire(key, "pod-b").status()).isEqualTo(201);
  }

  @Test
  void aReentrantHolderGivesItBackAsOftenAsItTookIt() {
    var first = client.post("/locks", lock(key, "pod-a").put("reentrant", true));
    var inner = lock(key, "pod-a").put("reentrant", true).put("lease_id", LockClient.lease());
    assertThat(client.post("/locks", inner).body().path("hold_count").asInt()).isEqualTo(2);
    var repeated = client.post("/locks", inner);
    assertThat(repeated.body().path("hold_count").asInt()).as("a retry counts once").isEqualTo(2);
    assertThat(repeated.lease()).isEqualTo(first.lease());
    assertThat(client.post("/locks", lock(key, "pod-b").put("reentrant", true)).status())
        .isEqualTo(409);

    String innerLease = inner.path("lease_id").asText();
    assertThat(client.release(key, innerLease).body().path("reason").asText())
        .isEqualTo("held_again");
    assertThat(client.release(key, innerLease).body().path("reason").asText())
        .as("a retry counts once")
        .isEqualTo("not_held");
    assertThat(client.view(key).status()).isEqualTo(200);
    assertThat(client.release(key, first.lease()).body().path("released").asBoolean()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a/b/c",
        "a b+c",
        "ünïcode/😀",
        "%2F",
        "a?b#c",
        "../../etc/passwd",
        "a;b=c",
        "'--"
      })
  void anyKeyCanBeAddressed(String part) {
    String odd = unique(part);
    var first = client.acquire(odd, "pod-a");
    assertThat(first.status()).isEqualTo(201);
    assertThat(client.view(odd).body().path("lock_key").asText()).isEqualTo(odd);
    assertThat(client.extend(odd, first.lease(), 1_000).status()).isEqualTo(200);
    assertThat(client.release(odd, first.lease()).body().path("released").asBoolean()).isTrue();
  }

  @Test
  void verifyTellsTheLiveTokenFromOthers() {
    var first = client.acquire(key, "pod-a");
    String path = "/locks/" + key + "/verify";
    var valid = client.post(path, object().put("fencing_token", first.token()));
    assertThat(valid.body().path("valid").asBoolean()).isTrue();
    assertThat(valid.body().path("current_token").asLong()).isEqualTo(first.token());
    assertThat(valid.body().path("ttl_remaining_ms").asLong()).isPositive();
    var other =
        client.post(
            path, object().put("fencing_token", first.token()).put("lease_id", LockClient.lease()));
    assertThat(other.body().path("valid").asBoolean()).isFalse();
    age(key, Duration.ofSeconds(61));
    var expired = client.post(path, object().put("fencing_token", first.token()));
    assertThat(expired.body().path("valid").asBoolean()).isFalse();
    assertThat(expired.body().path("current_token").isNull()).isTrue();
  }

  @Test
  void anOperatorTakesALockAwayOnRecord() {
    var first = client.acquire(key, "pod-a");
    assertThat(
            client.post("/locks/" + key + "/force-release", object().put("reason", "x")).status())
        .isEqualTo(403);
    assertThat(devops.post("/locks/" + key + "/force-release", object()).code())
        .isEqualTo("reason_required");
    var revoked =
        devops.post("/locks/" + key + "/force-release", object().put("reason", "stuck since 9"));
    assertThat(revoked.body().path("released").asBoolean()).isTrue();
    assertThat(revoked.body().path("previous_holder").asText()).isEqualTo("pod-a");
    assertThat(revoked.token()).isEqualTo(first.token());
    var again = devops.post("/locks/" + key + "/force-release", object().put("reason", "again"));
    assertThat(again.body().path("released").asBoolean()).isFalse();

    assertThat(client.extend(key, first.lease(), 1_000).code()).isEqualTo("lease_lost");
    assertThat(client.acquire(key, "pod-b").token()).isGreaterThan(first.token());
    var record = devops.get("/locks/" + key + "/audit").body().path("items").path(0);
    assertThat(record.path("event").asText()).isEqualTo("revoked");
    assertThat(record.path("reason").asText()).isEqualTo("stuck since 9");
    assertThat(record.path("actor").asText()).isNotEmpty();
  }

  @Test
  void readersShareAndKeepAWriterOut() {
    var one = client.post("/locks", lock(key, "r1").put("mode", "shared"));
    var two = client.post("/locks", lock(key, "r2").put("mode", "shared"));
    assertThat(one.status()).isEqualTo(201);
    assertThat(two.status()).isEqualTo(201);
    assertThat(client.acquire(key, "w").code()).isEqualTo("lock_held");
    assertThat(client.view(key).body().path("leases")).hasSize(2);
    assertThat(client.extend(key, one.lease(), 5_000).status()).isEqualTo(200);
    var all = devops.post("/locks/" + key + "/force-release", object().put("reason", "both"));
    assertThat(all.body().path("ended")).hasSize(2);
    assertThat(client.acquire(key, "w").status()).isEqualTo(201);
    assertThat(client.post("/locks", lock(key, "r1").put("mode", "shared")).code())
        .isEqualTo("lock_held");
  }

  @Test
  void severalLocksOrNone() {
    var body = object().put("holder", "pod-a").put("ttl_ms", 60_000);
    body.putArray("locks")
        .add(object().put("lock_key", key + "/b").put("lease_id", LockClient.lease()))
        .add(object().put("lock_key", key + "/a").put("lease_id", LockClient.lease()));
    var both = client.post("/locks/batch", body);
    assertThat(both.status()).as("%s", both).isEqualTo(201);
    assertThat(both.body().path("leases")).hasSize(2);
    assertThat(both.body().path("leases").path(0).path("lock_key").asText()).isEqualTo(key + "/b");
    assertThat(client.post("/locks/batch", body).status()).as("again").isEqualTo(200);

    var other = object().put("holder", "pod-b");
    other
        .putArray("locks")
        .add(object().put("lock_key", key + "/free"))
        .add(object().put("lock_key", key + "/a"));
    var refused = client.post("/locks/batch", other);
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.code()).isEqualTo("lock_held");
    assertThat(refused.body().path("lock_key").asText()).isEqualTo(key + "/a");
    assertThat(client.view(key + "/free").status()).as("nothing is left behind").isEqualTo(404);
    var late = client.post("/locks/batch", other.put("wait_ms", 60));
    assertThat(late.code()).isEqualTo("lock_wait_timeout");
  }

  @Test
  void listsShowEachLeaseOnceInPages() {
    var keys = new ArrayList<String>();
    for (int i = 0; i < 5; i++) {
      keys.add(key + "/" + i);
      assertThat(client.acquire(key + "/" + i, i < 4 ? "mine" : "other").status()).isEqualTo(201);
    }
    assertThat(client.post("/locks", lock(key + "/5", "mine").put("mode", "shared")).status())
        .isEqualTo(201);
    keys.add(key + "/5");
    var seen = new ArrayList<String>();
    String cursor = "";
    do {
      var page = client.get("/locks?limit=2&prefix=" + LockClient.encoded(key) + cursor);
      page.body().path("items").forEach(item -> seen.add(item.path("lock_key").asText()));
      assertThat(page.body().path("items").size()).isLessThanOrEqualTo(2);
      cursor =
          page.body().path("next_cursor").isTextual()
              ? "&cursor=" + page.body().path("next_cursor").asText()
              : "";
    } while (!cursor.isEmpty());
    assertThat(seen).containsExactlyInAnyOrderElementsOf(keys).doesNotHaveDuplicates();
    assertThat(
            client
                .get("/locks?holder=other&prefix=" + LockClient.encoded(key))
                .body()
                .path("items"))
        .hasSize(1);
    assertThat(client.get("/locks?state=gone").status()).isEqualTo(422);
  }

  /** A restore or a fail-over: the sequence could give tokens once more. */
  @Test
  void anotherServerOrTimelineRaisesTheTokensBeforeTheFirstGrant() {
    long before = client.acquire(key, "a").token();
    int unused = database.update("UPDATE coordination.fencing_state SET timeline_id = 99");
    // Connections to another server are new ones.
    database.killConnections();
    dev.quintet.common.testing.Eventually.holds(
        Duration.ofSeconds(10),
        () -> {
          var next = client.acquire(unique("lock"), "a");
          assertThat(next.status()).isEqualTo(201);
          assertThat(next.token()).isGreaterThan(before + 1_000_000);
        });
    assertThat(database.value("SELECT timeline_id FROM coordination.fencing_state"))
        .isNotEqualTo(99);
  }

  @Test
  void figuresNameNoKeyAndNoHolder() {
    String holder = unique("holder");
    assertThat(client.acquire(key, holder, 1_000).status()).isEqualTo(201);
    String figures = io.restassured.RestAssured.get("/q/metrics").asString();
    assertThat(figures)
        .contains(
            "coordination_lock_wait_seconds_count{mode=\"exclusive\",outcome=\"granted\"",
            "coordination_lock_held{mode=\"permit\"",
            "coordination_lock_queue")
        .doesNotContain(key)
        .doesNotContain(holder);
  }
}
