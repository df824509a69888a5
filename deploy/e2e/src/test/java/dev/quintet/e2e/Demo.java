package dev.quintet.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/** What is in deploy/demo. */
final class Demo {
  private static final AtomicBoolean PREPARED = new AtomicBoolean();

  private Demo() {}

  static Path folder() {
    return Replica.root().resolve("deploy/demo");
  }

  /** Installs what its programs need, when something about it has changed. */
  static void prepare() {
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
  static Path jdaBot() {
    Path jar = Replica.root().resolve("deploy/clients/jda/target/quintet-tracker-jda-bot.jar");
    if (!Files.exists(jar)) {
      throw new IllegalStateException(jar + " is missing: run `mvn package` first");
    }
    return jar;
  }
}
