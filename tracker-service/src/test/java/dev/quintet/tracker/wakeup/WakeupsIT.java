package dev.quintet.tracker.wakeup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.wakeup.Wakeups;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
class WakeupsIT {
  private static final Duration SOON = Duration.ofSeconds(5);
  private static final Duration LONG = Duration.ofMinutes(5);

  @SuppressWarnings("NullAway.Init")
  @Inject
  Wakeups wakeups;

  @SuppressWarnings("NullAway.Init") // filled in by ServiceBackends
  Database database;

  @BeforeEach
  void listening() {
    Eventually.holds(SOON, () -> assertThat(wakeups.listening()).isTrue());
  }

  @Test
  void aNotificationEndsTheWaitOfItsCluster() {
    var waits = wakeups.next("w-one", LONG).subscribeAsCompletionStage();
    var other = wakeups.next("w-other", LONG).subscribeAsCompletionStage();
    var any = wakeups.next(Wakeups.ANY, LONG).subscribeAsCompletionStage();

    notify("w-one");

    assertThat(waits).succeedsWithin(SOON);
    assertThat(any).succeedsWithin(SOON);
    assertThat(other).isNotDone();
    other.cancel(true);
  }

  @Test
  void aWaitEndsByItself() {
    assertThat(wakeups.next("w-quiet", Duration.ofMillis(50)).subscribeAsCompletionStage())
        .succeedsWithin(SOON);
  }

  @Test
  void whatHappenedSinceTheTurnWasTakenIsNotSleptThrough() {
    long turn = wakeups.turn("w-late");
    notify("w-late");
    Eventually.holds(SOON, () -> assertThat(wakeups.turn("w-late")).isNotEqualTo(turn));

    assertThat(wakeups.next("w-late", turn, LONG).subscribeAsCompletionStage())
        .succeedsWithin(SOON);
  }

  @Test
  void nothingIsKeptOfWaitsThatAreOver() {
    int before = wakeups.waiting();
    var all =
        IntStream.range(0, 500)
            .mapToObj(i -> wakeups.next("w-" + i % 7, LONG).subscribeAsCompletionStage())
            .toList();
    assertThat(wakeups.waiting()).isGreaterThanOrEqualTo(before + 500);

    all.stream().limit(250).forEach(wait -> wait.cancel(true));
    IntStream.range(0, 7).forEach(i -> notify("w-" + i));

    assertThat(CompletableFuture.allOf(all.subList(250, 500).toArray(CompletableFuture[]::new)))
        .succeedsWithin(SOON);
    Eventually.holds(SOON, () -> assertThat(wakeups.waiting()).isLessThanOrEqualTo(before));
  }

  @Test
  void everybodyIsWokenWhenListeningBeginsAnew() {
    var waits = wakeups.next("w-killed", LONG).subscribeAsCompletionStage();

    assertThat(killListener()).isEqualTo(1);

    assertThat(waits).succeedsWithin(SOON);
    Eventually.holds(SOON, () -> assertThat(wakeups.listening()).isTrue());
    var again = wakeups.next("w-killed", LONG).subscribeAsCompletionStage();
    notify("w-killed");
    assertThat(again).succeedsWithin(SOON);
  }

  @Test
  void listeningComesBackAfterTheDatabaseWasAway() {
    database.shut();
    Eventually.holds(SOON, () -> assertThat(wakeups.listening()).isFalse());
    database.open();

    Eventually.holds(Duration.ofSeconds(15), () -> assertThat(wakeups.listening()).isTrue());
  }

  private void notify(String cluster) {
    assertThat(database.rows("SELECT pg_notify('tracker_events', ?)", cluster)).hasSize(1);
  }

  private int killListener() {
    return database
        .rows(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'tracker-service listener'
            """)
        .size();
  }
}
