package dev.quintet.autoscaler.agent.simulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quintet.autoscaler.agent.pool.Look;
import dev.quintet.autoscaler.agent.pool.Observation;
import dev.quintet.autoscaler.agent.pool.Resized;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SimulatedPoolTest {

  @TempDir Path directory;
  private final Hands clock = new Hands();

  /** A clock whose hands the test moves. */
  private static final class Hands extends Clock {
    private Instant now = Instant.parse("2026-05-04T10:00:00Z");

    void on(Duration by) {
      now = now.plus(by);
    }

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  private SimulatedPool pool(List<Failure> failures) {
    Demand demand = Demand.trace(List.of("# minute,demand", "0,120", "10, 420", "20,90"), 0);
    return new SimulatedPool(directory.resolve("p.json"), clock, 60, 90, 2, demand, failures);
  }

  private static Observation seen(SimulatedPool pool) {
    return ((Look.Seen) pool.look()).pool();
  }

  @Test
  void cpuIsDemandOverReadyAndNeverOverAHundred() {
    SimulatedPool pool = pool(List.of());
    assertThat(seen(pool).load().orElseThrow().cpu()).isEqualTo(60);
    clock.on(Duration.ofSeconds(10));
    assertThat(seen(pool).load().orElseThrow().cpu()).isEqualTo(100);
  }

  @Test
  void newInstancesWorkAfterTheirDelayOfPoolTime() {
    SimulatedPool pool = pool(List.of());
    assertThat(pool.resize(6, seen(pool).version(), "t")).isEqualTo(new Resized.Accepted());
    assertThat(seen(pool).ready()).isEqualTo(2);
    assertThat(pool.resize(7, seen(pool).version(), "u")).isInstanceOf(Resized.NotNow.class);
    clock.on(Duration.ofMillis(1500));
    assertThat(seen(pool).ready()).isEqualTo(6);
    assertThat(seen(pool).settled()).isTrue();
  }

  @Test
  void thePoolLivesOnWithoutTheAgent() {
    SimulatedPool pool = pool(List.of());
    assertThat(pool.resize(6, seen(pool).version(), "t")).isEqualTo(new Resized.Accepted());
    clock.on(Duration.ofSeconds(10));
    Observation later = seen(pool(List.of()));
    assertThat(later.size()).isEqualTo(6);
    assertThat(later.load().orElseThrow().cpu()).isEqualTo(70);
  }

  @Test
  void aVersionThatIsOverIsNotWrittenOver() {
    SimulatedPool pool = pool(List.of());
    assertThat(pool.resize(1, "77", "t")).isEqualTo(new Resized.Changed());
    assertThat(seen(pool).size()).isEqualTo(2);
  }

  @Test
  void failuresComeAtTheirMinute() {
    SimulatedPool pool =
        pool(
            List.of(
                new Failure(1, 2, Failure.Kind.UNSEEN), new Failure(2, 3, Failure.Kind.NO_LOAD)));
    assertThat(seen(pool).load()).isPresent();
    clock.on(Duration.ofSeconds(1));
    assertThat(pool.look()).isInstanceOf(Look.Unseen.class);
    clock.on(Duration.ofSeconds(1));
    assertThat(seen(pool).load()).isEmpty();
  }

  @Test
  void aDayRepeats() {
    Demand day = Demand.day(600);
    assertThat(day.at(14 * 60)).isGreaterThan(day.at(2 * 60));
    assertThat(day.at(26 * 60)).isEqualTo(day.at(2 * 60));
  }

  @Test
  void aTraceThatGoesBackIsRefused() {
    assertThatThrownBy(() -> Demand.trace(List.of("5,1", "4,1"), 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Demand.trace(List.of("5;1"), 0)).hasMessageContaining("line 1");
  }
}
