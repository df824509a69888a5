package dev.quintet.e2e.fleet;

import dev.quintet.common.testing.Backends;
import dev.quintet.common.testing.Eventually;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL of one test's own, which it may stop: the shared one serves other modules as well.
 * Made and run by {@code deploy/e2e/postgres}, its data below target.
 */
public final class PostgresServer implements AutoCloseable {
  private final Path folder =
      Replica.root().resolve("deploy/e2e/target/postgres-" + UUID.randomUUID());
  private final int port = Replica.freePort();
  private @Nullable Process process;
  private boolean closed;

  /** Running, and empty. */
  public static PostgresServer create() {
    var server = new PostgresServer();
    Runtime.getRuntime().addShutdownHook(new Thread(server::close));
    server.start();
    return server;
  }

  /** With the shared Redis and Keycloak. */
  public Backends backends() {
    Backends shared = Backends.get();
    return new Backends(
        "127.0.0.1",
        port,
        "postgres",
        "quintet-dev",
        shared.redisHost(),
        shared.redisPort(),
        shared.keycloakUrl());
  }

  /** Returns when it accepts connections. */
  public void start() {
    try {
      process = command(Integer.toString(port)).start();
    } catch (IOException e) {
      throw new IllegalStateException("cannot start a PostgreSQL", e);
    }
    var started = process;
    Backends address = backends();
    Eventually.holds(
        Duration.ofSeconds(60),
        () -> {
          if (!started.isAlive()) {
            throw new IllegalStateException("PostgreSQL ended; see " + log());
          }
          try (var connection =
              DriverManager.getConnection(
                  "jdbc:postgresql://127.0.0.1:" + port + "/postgres",
                  address.pgUser(),
                  address.pgPassword())) {
            if (!connection.isValid(5)) {
              throw new AssertionError("PostgreSQL is not ready yet");
            }
          } catch (SQLException e) {
            throw new AssertionError("PostgreSQL does not accept yet", e);
          }
        });
  }

  /** As {@code pg_ctl stop} does: every connection ends, nothing committed is lost. */
  public void stop() {
    var ending = process;
    if (ending == null) {
      return;
    }
    Signals.send("INT", ending.pid());
    try {
      if (!ending.waitFor(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException("PostgreSQL does not stop; see " + log());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    process = null;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    stop();
    try {
      if (command("--wipe").start().waitFor() != 0) {
        throw new IllegalStateException(folder + " cannot be removed");
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private ProcessBuilder command(String argument) {
    return new ProcessBuilder(
            Replica.root().resolve("deploy/e2e/postgres").toString(), folder.toString(), argument)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
  }

  private static Path log() {
    return Program.log("postgres");
  }
}
