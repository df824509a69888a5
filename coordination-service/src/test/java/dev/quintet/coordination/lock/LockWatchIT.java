package dev.quintet.coordination.lock;

import static dev.quintet.coordination.lock.LockClient.lock;
import static dev.quintet.coordination.lock.LockClient.object;
import static dev.quintet.coordination.lock.LockClient.unique;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.SseReader;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init")
class LockWatchIT {
  private static final Duration SOON = Duration.ofSeconds(20);

  private final LockClient client = LockClient.service();
  private final LockClient devops = new LockClient("devops");
  private String key;

  @BeforeEach
  void key() {
    key = unique("watched");
  }

  @AfterEach
  void close() {
    client.close();
    devops.close();
  }

  private SseReader watch(Map<String, String> headers) {
    var all = new java.util.HashMap<>(headers);
    all.put("Authorization", "Bearer " + Tokens.get().of("service"));
    return SseReader.open(
        URI.create(LockClient.address("/locks/" + LockClient.encoded(key) + "/watch")), all);
  }

  private static void names(SseReader reader, String... names) {
    Eventually.holds(SOON, () -> assertThat(reader.names()).containsExactly(names));
  }

  @Test
  void everyChangeComesOnceAndInOrder() {
    try (var reader = watch(Map.of())) {
      names(reader, "snapshot");
      assertThat(reader.data().getFirst()).contains("\"state\":\"free\"");
      var first = client.acquire(key, "a");
      var more = client.extend(key, first.lease(), 60_000);
      assertThat(more.status()).isEqualTo(200);
      var waiter = client.acquiring(lock(key, "b").put("wait_ms", 30_000));
      names(reader, "snapshot", "acquired", "extended", "waiting");
      assertThat(client.release(key, first.lease()).status()).isEqualTo(200);
      var second = waiter.join();
      var revoked =
          devops.post(
              "/locks/" + LockClient.encoded(key) + "/force-release",
              object().put("reason", "why"));
      assertThat(revoked.status()).isEqualTo(200);
      var third = client.post("/locks", lock(key, "c").put("ttl_ms", 200));
      assertThat(third.status()).isEqualTo(201);
      names(
          reader,
          "snapshot",
          "acquired",
          "extended",
          "waiting",
          "released",
          "acquired",
          "revoked",
          "acquired",
          "expired");
      assertThat(reader.data().get(1))
          .contains("\"holder\":\"a\"", "\"fencing_token\":" + first.token());
      assertThat(reader.data().get(3)).contains("\"queue_length\":1");
      assertThat(reader.data().get(6))
          .contains("\"reason\":\"why\"", "\"fencing_token\":" + second.token());
      assertThat(reader.ids().stream().map(Long::valueOf)).isSorted().doesNotHaveDuplicates();
      assertThat(reader.data()).noneMatch(data -> data.contains(first.lease()));
    }
  }

  @Test
  void whoComesBackGetsWhatItMissedAndThenHowItStands() {
    String last;
    try (var reader = watch(Map.of())) {
      names(reader, "snapshot");
      last = reader.ids().getFirst();
    }
    var first = client.acquire(key, "a");
    assertThat(client.release(key, first.lease()).status()).isEqualTo(200);
    var second = client.acquire(key, "b");
    try (var reader = watch(Map.of("Last-Event-ID", last))) {
      names(reader, "acquired", "released", "acquired", "snapshot");
      assertThat(reader.data().getLast())
          .contains("\"holder\":\"b\"", "\"fencing_token\":" + second.token());
    }
    try (var reader = watch(Map.of("Last-Event-ID", "x"))) {
      assertThat(reader.status()).isEqualTo(422);
    }
  }

  @Test
  void aQuietWatchShowsThatItLives() {
    try (var reader = watch(Map.of())) {
      Eventually.holds(SOON, () -> assertThat(reader.comments()).isPositive());
    }
  }

  @Test
  void aKeyThatCannotBeIsRefusedBeforeTheStreamBegins() {
    key = "k".repeat(256);
    try (var reader = watch(Map.of())) {
      assertThat(reader.status()).isEqualTo(422);
    }
  }
}
