package dev.quintet.coordination.lock;

import static dev.quintet.coordination.lock.LockClient.lock;
import static dev.quintet.coordination.lock.LockClient.unique;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** PostgreSQL is away for a while. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init")
class LockOutageIT {
  private static final Duration SOON = Duration.ofSeconds(20);

  Database database;

  private final LockClient client = LockClient.service();

  @AfterEach
  void close() {
    client.close();
    database.open();
  }

  /** Acceptance 5, and those who wait. */
  @Test
  void leasesSurviveWaitersWaitOnAndOthersAreToldAtOnce() {
    String key = unique("outage");
    var held = client.acquire(key, "a");
    var waiter = client.acquiring(lock(key, "b").put("wait_ms", 50_000));
    Eventually.holds(SOON, () -> assertThat(client.view(key).body().path("waiters")).hasSize(1));

    database.shut();
    var refused = client.acquire(unique("other"), "c");
    assertThat(refused.status()).as("%s", refused).isEqualTo(503);
    assertThat(refused.code()).isEqualTo("store_unavailable");
    assertThat(refused.http().headers().firstValue("Retry-After")).hasValue("1");
    assertThat(client.release(key, held.lease()).code()).isEqualTo("store_unavailable");
    assertThat(client.accept("f", 1).code()).isEqualTo("store_unavailable");
    assertThat(waiter).isNotDone();
    database.open();

    Eventually.holds(SOON, () -> assertThat(client.view(key).status()).isEqualTo(200));
    assertThat(client.view(key).token()).isEqualTo(held.token());
    Eventually.holds(
        SOON,
        () ->
            assertThat(client.release(key, held.lease()).body().path("released").asBoolean())
                .isTrue());
    var granted = waiter.join();
    assertThat(granted.status()).as("%s", granted).isEqualTo(201);
    assertThat(granted.token()).isGreaterThan(held.token());
  }
}
