package dev.quintet.coordination.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.api.coordination.RateAlgorithm;
import dev.quintet.common.api.coordination.RateWindow;
import dev.quintet.coordination.testing.RateHistory;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalSharesTest {
  private static final long SECOND = 1_000_000_000L;

  private final LocalShares shares = new LocalShares();

  @Test
  void aReplicaAllowsItsPart() {
    var windows = List.of(window("minute", 60, 100));
    int allowed = 0;
    for (int i = 0; i < 200; i++) {
      allowed += shares.check("rl:m:u", windows, 1, true, 3, SECOND).violated().isEmpty() ? 1 : 0;
    }
    assertThat(allowed).isEqualTo(33);
  }

  @Test
  void aShareIsNeverNothing() {
    var windows = List.of(window("minute", 60, 2));
    assertThat(shares.check("rl:m:u", windows, 1, true, 10, 0).violated()).isEmpty();
    assertThat(shares.check("rl:m:u", windows, 1, true, 10, 0).violated())
        .containsExactly("minute");
  }

  @Test
  void oneWindowThatDeniesKeepsAllFromBeingCharged() {
    var both = List.of(window("minute", 60, 10), window("hour", 3_600, 4));
    for (int i = 0; i < 4; i++) {
      shares.check("rl:m:u", both, 1, true, 1, 0);
    }
    var denied = shares.check("rl:m:u", both, 1, true, 1, 0);
    assertThat(denied.violated()).containsExactly("hour");
    assertThat(denied.retryMs()).isPositive();
    assertThat(denied.limits()).extracting("remaining").containsExactly(6L, 0L);
  }

  @Test
  void askingChargesNothing() {
    var windows = List.of(window("minute", 60, 10));
    shares.check("rl:m:u", windows, 1, false, 1, 0);
    assertThat(shares.check("rl:m:u", windows, 1, false, 1, 0).limits())
        .extracting("remaining")
        .containsExactly(10L);
  }

  @Test
  void usersDoNotShare() {
    var windows = List.of(window("minute", 60, 1));
    assertThat(shares.check("rl:m:a", windows, 1, true, 1, 0).violated()).isEmpty();
    assertThat(shares.check("rl:m:b", windows, 1, true, 1, 0).violated()).isEmpty();
  }

  @Test
  void afterTheToldWaitThereIsRoom() {
    var windows = List.of(window("minute", 60, 5));
    shares.check("rl:m:u", windows, 5, true, 1, 7 * SECOND);
    var denied = shares.check("rl:m:u", windows, 3, true, 1, 9 * SECOND);
    long then = 9 * SECOND + denied.retryMs() * 1_000_000;
    assertThat(shares.check("rl:m:u", windows, 3, true, 1, then - 2_000_000).violated())
        .isNotEmpty();
    assertThat(shares.check("rl:m:u", windows, 3, true, 1, then).violated()).isEmpty();
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void noWindowSeesMoreThanTheLimit(long seed) {
    var random = new Random(seed);
    var windows = List.of(window("second", 1, 100));
    var history = new RateHistory();
    long now = 0;
    for (int i = 0; i < 4_000; i++) {
      // Idle for most of a window, then a burst: what fixed windows let pass twice.
      now += random.nextInt(50) == 0 ? SECOND * 9 / 10 : random.nextInt(3_000_000);
      int cost = 1 + random.nextInt(5);
      if (shares.check("rl:m:u", windows, cost, true, 1, now).violated().isEmpty()) {
        history.admitted(now, now, cost);
      }
    }
    assertThat(history.mostWithin(Duration.ofSeconds(1))).isBetween(90, 100);
  }

  private static RateWindow window(String name, int seconds, int limit) {
    return new RateWindow(name, seconds, limit, RateAlgorithm.BUCKET, null, null, null);
  }
}
