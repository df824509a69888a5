package dev.quintet.e2e.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.testing.Backends;
import dev.quintet.e2e.fleet.Demo;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * The demo, as {@code ./quintet demo autoscaler} runs it: real agents enrol, a load comes and goes,
 * a schedule takes over, an agent is killed, and no figure that must be zero is anything else.
 */
@ResourceLock(value = "autoscaler", mode = ResourceAccessMode.READ)
class ScalingDemoE2E {
  private static final List<String> MUST_BE_ZERO =
      List.of(
          "targets outside the limits",
          "generations given twice",
          "decisions whose stages do not lead to their target",
          "scale-ins of an offline node",
          "target changed while its node was offline",
          "lifecycle transitions too many");

  @TempDir Path folder;

  @Test
  void everyFigureThatMustBeZeroIs() {
    assertThat(Demo.nodeAgent()).exists();

    var told =
        Demo.run(
            "autoscaler",
            folder,
            Map.of(
                "AUTOSCALER_URL", Autoscaler.fleet().any().uri("").toString(),
                "OIDC_ISSUER", Backends.get().issuer()));

    assertThat(told.mustBeZero()).as(told.story()).isEqualTo(MUST_BE_ZERO);
    assertThat(told.notZero()).as(told.story()).isEmpty();
    var figures = told.figures();
    assertThat(figures.path("passed").asBoolean()).as(told.story()).isTrue();
    // Zeros alone would also come from a demo in which nothing happened.
    assertThat(figures.at("/figures/backtest/cpu60/instance_minutes").asInt()).isEqualTo(147);
    assertThat(figures.at("/figures/went_offline").asInt()).isEqualTo(1);
    assertThat(told.story())
        .contains("METRIC_ABOVE_TARGET", "METRIC_BELOW_TARGET", "SCHEDULE_EXACT");
  }
}
