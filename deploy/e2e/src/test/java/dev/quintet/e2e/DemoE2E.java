package dev.quintet.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.testing.Backends;
import dev.quintet.e2e.fleet.Demo;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * The demo, as {@code ./quintet demo} runs it: real bots lose pods, hand over and reshard under
 * load, and no figure that must be zero is anything else. How long things took is in its table, and
 * no matter here.
 */
@ResourceLock("tracker")
class DemoE2E {
  private static final List<String> MUST_BE_ZERO =
      List.of(
          "double holders",
          "gateway rule violations",
          "identifies spent by hand-overs",
          "events handled twice, hand-overs",
          "events never handled, hand-overs",
          "events handled twice, reshard",
          "events never handled, reshard",
          "events never handled, whole run");

  @TempDir Path folder;

  @Test
  void everyFigureThatMustBeZeroIs() {
    Demo.prepare();
    assertThat(Demo.jdaBot()).exists();

    var told =
        Demo.run(
            "tracker",
            folder,
            Map.of(
                "TRACKER_URL", Tracker.fleet().any().uri("").toString(),
                "OIDC_ISSUER", Backends.get().issuer()));

    assertThat(told.mustBeZero()).as(told.story()).isEqualTo(MUST_BE_ZERO);
    assertThat(told.notZero()).as(told.story()).isEmpty();
    // Zeros alone would also come from a demo in which nothing happened.
    var figures = told.figures();
    assertThat(figures.at("/figures/takeover_ms")).hasSize(1);
    assertThat(figures.at("/figures/handover_ms")).hasSize(2);
    assertThat(figures.at("/figures/steady/handled_once").asInt()).isGreaterThan(100);
    assertThat(figures.at("/figures/reshard/handled_once").asInt()).isGreaterThan(100);
    assertThat(told.story()).contains("bot-jda holds shard");
  }
}
