package dev.quintet.e2e.fleet;

import dev.quintet.common.testing.Eventually;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A Redis of one test's own, which it may stop, freeze and flush: the shared one serves others as
 * well. Run by {@code deploy/e2e/redis}; what it held is gone when it ends.
 */
public final class RedisServer implements AutoCloseable {
  private final int port = Replica.freePort();
  private @Nullable Process process;

  private RedisServer() {}

  /** Running, and empty. */
  public static RedisServer create() {
    var server = new RedisServer();
    Runtime.getRuntime().addShutdownHook(new Thread(server::stop));
    server.start();
    return server;
  }

  public String url() {
    return "redis://127.0.0.1:" + port;
  }

  /** Empty, on the same port; returns when it answers. */
  public void start() {
    var command =
        new ProcessBuilder(
                Replica.root().resolve("deploy/e2e/redis").toString(), Integer.toString(port))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
    Process started;
    try {
      started = command.start();
    } catch (IOException e) {
      throw new IllegalStateException("cannot start a Redis", e);
    }
    process = started;
    Eventually.holds(
        Duration.ofSeconds(20),
        () -> {
          if (!started.isAlive()) {
            throw new IllegalStateException("Redis ended; see " + log());
          }
          try {
            say("PING", "+PONG");
          } catch (IOException e) {
            throw new AssertionError("Redis does not accept yet", e);
          }
        });
  }

  /** As {@code kill -9} does it: every connection ends, and all it held is lost. */
  public void stop() {
    var ending = process;
    if (ending == null) {
      return;
    }
    try {
      if (!ending.destroyForcibly().waitFor(10, TimeUnit.SECONDS)) {
        throw new IllegalStateException("Redis does not end; see " + log());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    process = null;
  }

  /** It accepts connections and answers nobody, until {@link #thaw()}. */
  public void freeze() {
    Signals.freeze(running().pid());
  }

  public void thaw() {
    Signals.send("CONT", running().pid());
  }

  /** Forgets all it holds. */
  public void flush() {
    try {
      say("FLUSHALL", "+OK");
    } catch (IOException e) {
      throw new IllegalStateException("Redis does not answer at " + url(), e);
    }
  }

  private void say(String command, String expected) throws IOException {
    try (var line = new Socket(InetAddress.getLoopbackAddress(), port)) {
      line.setSoTimeout(2_000);
      line.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
      String answer =
          new BufferedReader(
                  new InputStreamReader(line.getInputStream(), StandardCharsets.US_ASCII))
              .readLine();
      if (!expected.equals(answer)) {
        throw new IOException(command + " is answered by " + answer);
      }
    }
  }

  private Process running() {
    var now = process;
    if (now == null) {
      throw new IllegalStateException("Redis is stopped");
    }
    return now;
  }

  @Override
  public void close() {
    stop();
  }

  private static Path log() {
    return Program.log("redis");
  }
}
