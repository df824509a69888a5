package dev.quintet.e2e.fleet;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A process that tells what becomes of it, one JSON object a line on its standard output. */
public final class Program implements AutoCloseable {
  public final String name;
  private final List<JsonNode> told = new CopyOnWriteArrayList<>();
  private final Process process;

  /** What it says on standard error is in target, in a log of its name. */
  public Program(String name, List<String> command, Map<String, String> environment) {
    this.name = name;
    var builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    builder.redirectError(log(name).toFile());
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new IllegalStateException("cannot start " + name, e);
    }
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    Thread.ofVirtual().start(this::read);
  }

  public static Path log(String name) {
    return Replica.root().resolve("deploy/e2e/target/" + name + ".log");
  }

  private void read() {
    try (var lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("{")) {
          told.add(Api.JSON.readTree(line));
        }
      }
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(name + " says what is no JSON", e);
    } catch (IOException e) {
      // It has ended.
    }
  }

  public List<JsonNode> told() {
    return told;
  }

  public List<JsonNode> told(String event) {
    return told.stream().filter(line -> line.path("event").asText().equals(event)).toList();
  }

  public void expectAlive() {
    if (!process.isAlive()) {
      throw new IllegalStateException(
          name + " ended with " + process.exitValue() + "; see " + log(name));
    }
  }

  /** Not one instruction of it runs until {@link #thaw()}; to its peers it looks alive. */
  public void freeze() {
    Signals.freeze(process.pid());
  }

  public void thaw() {
    Signals.send("CONT", process.pid());
  }

  /** As Kubernetes does it first. */
  public void terminate() {
    process.destroy();
  }

  @Override
  public void close() {
    if (!process.isAlive()) {
      return;
    }
    thaw();
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
  }
}
