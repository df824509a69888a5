package dev.quintet.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.common.testing.Backends;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The demo, as {@code ./quintet demo} runs it: real bots lose pods, hand over and reshard under
 * load, and no figure that must be zero is anything else. How long things took is in its table, and
 * no matter here.
 */
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
  void everyFigureThatMustBeZeroIs() throws IOException, InterruptedException {
    Demo.prepare();
    assertThat(Demo.jdaBot()).exists();
    Path figures = folder.resolve("figures.json");
    Path log = Program.log("demo");
    var command =
        new ProcessBuilder(Demo.folder().resolve("run").toString(), "--json", figures.toString());
    command.environment().put("TRACKER_URL", Fleet.get().any().uri("").toString());
    command.environment().put("OIDC_ISSUER", Backends.get().issuer());
    command.redirectErrorStream(true).redirectOutput(log.toFile());

    var demo = command.start();
    Runtime.getRuntime().addShutdownHook(new Thread(demo::destroy));
    demo.waitFor();

    String story = Files.readString(log);
    assertThat(figures).as(story).exists();
    JsonNode result = Tracker.JSON.readTree(figures.toFile());
    assertThat(cells(result, "must be 0")).as(story).isEqualTo(MUST_BE_ZERO);
    for (JsonNode row : result.path("table")) {
      if (row.path("limit").asText().equals("must be 0")) {
        assertThat(row.path("value").asText()).as(row.path("name").asText()).isEqualTo("0");
      }
    }
    // Zeros alone would also come from a demo in which nothing happened.
    assertThat(result.at("/figures/takeover_ms")).hasSize(1);
    assertThat(result.at("/figures/handover_ms")).hasSize(2);
    assertThat(result.at("/figures/steady/handled_once").asInt()).isGreaterThan(100);
    assertThat(result.at("/figures/reshard/handled_once").asInt()).isGreaterThan(100);
    assertThat(story).contains("bot-jda holds shard");
  }

  private static List<String> cells(JsonNode result, String limit) {
    return StreamSupport.stream(result.path("table").spliterator(), false)
        .filter(row -> row.path("limit").asText().equals(limit))
        .map(row -> row.path("name").asText())
        .toList();
  }
}
