package dev.quintet.e2e.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.StreamSupport;

/** What is in deploy/demo. */
public final class Demo {
  private static final AtomicBoolean PREPARED = new AtomicBoolean();

  private Demo() {}

  public static Path folder() {
    return Replica.root().resolve("deploy/demo");
  }

  /** Installs what its programs need, when something about it has changed. */
  public static void prepare() {
    if (PREPARED.get()) {
      return;
    }
    Path log = Program.log("demo-prepare");
    try {
      var command = new ProcessBuilder(folder().resolve("prepare").toString());
      int code = command.redirectErrorStream(true).redirectOutput(log.toFile()).start().waitFor();
      if (code != 0) {
        throw new IllegalStateException("deploy/demo/prepare: " + Files.readString(log));
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    PREPARED.set(true);
  }

  /** The demo's JDA bot, with everything in it; this build has made it. */
  public static Path jdaBot() {
    return built("jda/target/quintet-tracker-jda-bot.jar");
  }

  /** The reference node, with everything in it; this build has made it. */
  public static Path nodeAgent() {
    return built("node-agent/target/quintet-node-agent-all.jar");
  }

  private static Path built(String name) {
    Path jar = Replica.root().resolve("deploy/clients").resolve(name);
    if (!Files.exists(jar)) {
      throw new IllegalStateException(jar + " is missing: run `mvn package` first");
    }
    return jar;
  }

  /**
   * What a run has told.
   *
   * @param story its lines, for whoever wants to know why
   * @param figures what it wrote with {@code --json}
   */
  public record Told(String story, JsonNode figures) {
    /** Names of the rows of its table that must be zero. */
    public List<String> mustBeZero() {
      return rows().filter(Told::mustBeZero).map(row -> row.path("name").asText()).toList();
    }

    /** Those of them that are not, with what they are. */
    public List<String> notZero() {
      return rows()
          .filter(Told::mustBeZero)
          .filter(row -> !row.path("value").asText().equals("0"))
          .map(row -> row.path("name").asText() + ": " + row.path("value").asText())
          .toList();
    }

    private static boolean mustBeZero(JsonNode row) {
      return row.path("limit").asText().equals("must be 0");
    }

    private java.util.stream.Stream<JsonNode> rows() {
      return StreamSupport.stream(figures.path("table").spliterator(), false);
    }
  }

  /** One of its stories to its end. The folder takes what it writes. */
  public static Told run(String story, Path folder, Map<String, String> environment) {
    Path figures = folder.resolve("figures.json");
    Path log = Program.log("demo-" + story);
    var command =
        new ProcessBuilder(folder().resolve("run").toString(), story, "--json", figures.toString());
    command.environment().putAll(environment);
    command.redirectErrorStream(true).redirectOutput(log.toFile());
    try {
      var demo = command.start();
      Runtime.getRuntime().addShutdownHook(new Thread(demo::destroy));
      demo.waitFor();
      String told = Files.readString(log);
      if (!Files.exists(figures)) {
        throw new AssertionError(told);
      }
      return new Told(told, Api.JSON.readTree(figures.toFile()));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
