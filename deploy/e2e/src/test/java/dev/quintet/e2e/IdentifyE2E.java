package dev.quintet.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.testing.Race;
import dev.quintet.e2e.fleet.Answer;
import dev.quintet.e2e.fleet.Api;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Scenarios 11 and 12: identifies keep Discord's spacing and budget, whichever cluster asks. */
@ResourceLock("tracker")
class IdentifyE2E {
  private static final Api SERVICE = Tracker.as("service");

  /** In which window of this machine's monotonic clock a pod may send. */
  private record Window(int bucket, long earliestNanos, long latestNanos) {}

  @Test
  void twoClustersOfOneApplicationShareItsBuckets() {
    String application = "app-" + UUID.randomUUID();
    List<String> clusters = List.of(cluster(application), cluster(application));
    clusters.forEach(cluster -> new Pod(cluster, "bot").with("want", 32).acquire());

    List<Window> windows = Race.of(64, n -> () -> ask(clusters.get(n / 32), n % 32));

    Map<Integer, List<Window>> buckets =
        windows.stream().collect(Collectors.groupingBy(Window::bucket));
    assertThat(buckets).hasSize(4);
    for (List<Window> bucket : buckets.values()) {
      bucket.sort(Comparator.comparingLong(Window::earliestNanos));
      assertThat(bucket).hasSize(16);
      // However a pod uses its window, the next one's send is 5 s later.
      for (int i = 1; i < bucket.size(); i++) {
        assertThat(
                Duration.ofNanos(bucket.get(i).earliestNanos() - bucket.get(i - 1).latestNanos()))
            .isGreaterThanOrEqualTo(Duration.ofSeconds(5));
      }
    }
    var budget =
        Tracker.fleet()
            .database()
            .rows(
                "SELECT total - remaining AS spent FROM tracker.applications WHERE application_id = ?",
                application);
    assertThat(budget.getFirst().get("spent")).isEqualTo(64);
  }

  @Test
  void theReserveOfTheDailyBudgetIsKeptForOperators() {
    String application = "app-" + UUID.randomUUID();
    String cluster = cluster(application);
    new Pod(cluster, "bot").with("want", 2).acquire();
    SERVICE.send(
        "PUT",
        "/applications/" + application + "/session-start-limit",
        Map.of("total", 1000, "remaining", 50, "reset_after_ms", 3_600_000, "max_concurrency", 4));

    var refused = permit(cluster, 0, 1);
    var operator =
        Tracker.as("devops")
            .post(
                "/clusters/" + cluster + "/shards/0/identify-permits",
                Map.of("epoch", 1, "attempt", 2, "spend_reserve", true));

    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.code()).isEqualTo("session_start_budget_exhausted");
    assertThat(refused.body().path("reset_at").asText()).isNotEmpty();
    assertThat(refused.http().headers().firstValueAsLong("Retry-After").orElseThrow())
        .isBetween(3590L, 3600L);
    assertThat(operator.status()).isEqualTo(201);
  }

  @Test
  void theSixthIdentifyOfAShardInTenMinutesIsACrashLoopAndOthersGoOn() {
    String cluster = cluster("app-" + UUID.randomUUID());
    new Pod(cluster, "bot").with("want", 2).acquire();

    var answers = new ArrayList<Answer>();
    IntStream.rangeClosed(1, 6).forEach(attempt -> answers.add(permit(cluster, 0, attempt)));
    var other = permit(cluster, 1, 1);

    assertThat(answers.subList(0, 5)).extracting(Answer::status).containsOnly(201);
    assertThat(answers.getLast().status()).isEqualTo(429);
    assertThat(answers.getLast().code()).isEqualTo("shard_crash_loop");
    assertThat(answers.getLast().http().headers().firstValueAsLong("Retry-After").orElseThrow())
        .isBetween(55L, 60L);
    assertThat(other.status()).isEqualTo(201);
    assertThat(Facts.of(cluster).events("shard.crash_loop")).hasSize(1);
  }

  @Test
  void theSameAttemptHasTheSameSlotAndAStaleEpochHasNone() {
    String cluster = cluster("app-" + UUID.randomUUID());
    new Pod(cluster, "bot").with("want", 1).acquire();

    var first = permit(cluster, 0, 1);
    var again = permit(cluster, 0, 1);
    var stale =
        SERVICE.post("/clusters/" + cluster + "/shards/0/identify-permits", Map.of("epoch", 7));

    assertThat(first.status()).isEqualTo(201);
    assertThat(again.status()).isEqualTo(200);
    assertThat(again.body().path("permit_id")).isEqualTo(first.body().path("permit_id"));
    assertThat(stale.status()).isEqualTo(409);
    assertThat(stale.body().path("current_epoch").asLong()).isEqualTo(1);
  }

  private static String cluster(String application) {
    return Tracker.newCluster(
        32,
        "application_id",
        "\"" + application + "\"",
        "max_concurrency",
        "4",
        "lease_ttl_ms",
        "60000");
  }

  private static Answer permit(String cluster, int shard, int attempt) {
    return SERVICE.post(
        "/clusters/" + cluster + "/shards/" + shard + "/identify-permits",
        Map.of("epoch", 1, "attempt", attempt, "max_wait_ms", 600_000));
  }

  private static Window ask(String cluster, int shard) {
    long sent = System.nanoTime();
    var answer = permit(cluster, shard, 1);
    long received = System.nanoTime();
    assertThat(answer.status()).isEqualTo(201);
    long in = Duration.ofMillis(answer.body().path("identify_in_ms").asLong()).toNanos();
    long within = Duration.ofMillis(answer.body().path("use_within_ms").asLong()).toNanos();
    return new Window(answer.body().path("bucket").asInt(), received + in, sent + in + within);
  }
}
