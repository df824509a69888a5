package dev.quintet.autoscaler.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the agent keeps on the disk. */
class FilesTest {

  @TempDir Path temporary;
  private final Log log =
      new Log(new PrintStream(OutputStream.nullOutputStream()), Clock.systemUTC(), false);

  @Test
  void theStateIsReadableToItsOwnerOnly() throws IOException {
    Path directory = temporary.resolve("state");
    StateFile.open(directory).change(all -> new StateFile.State(3, "ask_x", null, Map.of()));
    Path file = directory.resolve("agent.json");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(StateFile.open(directory).state().apiKey()).isEqualTo("ask_x");
  }

  @Test
  void aStateThatCannotBeReadEndsTheStart() throws IOException {
    Files.writeString(temporary.resolve("agent.json"), "{\"pools\":");
    assertThatThrownBy(() -> StateFile.open(temporary)).isInstanceOf(UncheckedIOException.class);
  }

  @Test
  void aBadConfigurationLeavesTheLastGoodOne() throws IOException {
    var file = new ConfigurationFile(temporary, List.of(), log);
    String good = "pools:\n  - instance_pool_id: a\n    name: Größe\n";
    String hash = ConfigurationFile.sha256(good.getBytes(StandardCharsets.UTF_8));
    file.accept(new Wire.Configuration(good, hash));
    assertThatThrownBy(() -> file.accept(new Wire.Configuration("pools: []\n", hash)))
        .isInstanceOf(YamlText.Wrong.class)
        .hasMessageContaining("hash");
    String broken = "pools: 5\n";
    String brokenHash = ConfigurationFile.sha256(broken.getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> file.accept(new Wire.Configuration(broken, brokenHash)))
        .isInstanceOf(YamlText.Wrong.class);
    var reopened = new ConfigurationFile(temporary, List.of(), log);
    assertThat(reopened.hash()).contains(hash);
    assertThat(reopened.pools()).extracting(PoolSpec::name).containsExactly("Größe");
  }

  @Test
  void batchesOutliveTheProcessInOrderWithTheirIds() throws IOException {
    var outbox = new Outbox(temporary, 1_000_000, log);
    outbox.seal(List.of(sample(1)));
    outbox.seal(List.of(sample(2)));
    byte[] first = Files.readAllBytes(outbox.first().orElseThrow());
    var reopened = new Outbox(temporary, 1_000_000, log);
    reopened.seal(List.of(sample(3)));
    assertThat(Files.readAllBytes(reopened.first().orElseThrow())).isEqualTo(first);
    assertThat(reopened.size()).isEqualTo(3);
    reopened.remove();
    assertThat(Files.readString(reopened.first().orElseThrow())).contains("2.0");
  }

  @Test
  void aFullOutboxLosesItsOldestAndCountsIt() throws IOException {
    var outbox = new Outbox(temporary, 400, log);
    for (int i = 0; i < 5; i++) {
      outbox.seal(List.of(sample(i)));
    }
    assertThat(outbox.dropped()).isPositive();
    assertThat(outbox.size() + outbox.dropped()).isEqualTo(5);
    assertThat(Files.readString(outbox.first().orElseThrow())).doesNotContain("\"value\":0.0");
  }

  @Test
  void aLargeSealIsSeveralBatches() throws IOException {
    var outbox = new Outbox(temporary, 10_000_000, log);
    outbox.seal(Collections.nCopies(Outbox.BATCH + 1, sample(1)));
    assertThat(outbox.size()).isEqualTo(2);
    assertThat(Files.size(outbox.first().orElseThrow())).isLessThan(1 << 20);
  }

  private static Wire.Sample sample(double value) {
    return new Wire.Sample(
        "ocid1.instancepool.oc1.." + "a".repeat(60),
        "cpu",
        value,
        "percent",
        "2026-05-04T10:00:00.123456789Z");
  }
}
