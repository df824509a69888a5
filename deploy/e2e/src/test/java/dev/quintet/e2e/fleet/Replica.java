package dev.quintet.e2e.fleet;

import dev.quintet.common.testing.Backends;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One process of a packaged service, on a port of its own. */
public final class Replica implements AutoCloseable {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build();

  private final String name;
  private final int port;
  private final ProcessBuilder command;
  private @Nullable Process process;

  private Replica(String name, int port, ProcessBuilder command) {
    this.name = name;
    this.port = port;
    this.command = command;
  }

  /** Of the service whose module has this name; not started yet. The label tells its log apart. */
  static Replica of(String service, String label, Database database, Map<String, String> settings) {
    Path root = root();
    Path jar = root.resolve(service).resolve("target/quarkus-app/quarkus-run.jar");
    if (!Files.exists(jar)) {
      throw new IllegalStateException(jar + " is missing: run `mvn package` first");
    }
    int port = freePort();
    Backends backends = database.backends();
    var command =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx192m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dquarkus.profile=dev",
            "-jar",
            jar.toString());
    var env = command.environment();
    env.put("PGHOST", backends.pgHost());
    env.put("PGPORT", Integer.toString(backends.pgPort()));
    env.put("PGDATABASE", database.name());
    env.put("OIDC_ISSUER", backends.issuer());
    env.put("REDIS_URL", backends.redisUrl());
    // What a pod is called by.
    env.put("HOSTNAME", service + "-" + label);
    env.put("QUARKUS_HTTP_PORT", Integer.toString(port));
    env.put("QUINTET_PG_POOL_SIZE", "8");
    env.putAll(settings);
    command.redirectErrorStream(true);
    command.redirectOutput(Program.log(service + "-" + label).toFile());
    return new Replica(service + "-" + label, port, command);
  }

  public URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }

  public Replica start() {
    if (process != null && process.isAlive()) {
      return this;
    }
    try {
      process = command.start();
    } catch (IOException e) {
      throw new IllegalStateException("cannot start " + name, e);
    }
    return this;
  }

  public Replica awaitReady() {
    Eventually.holds(
        Duration.ofSeconds(60),
        () -> {
          if (process == null || !process.isAlive()) {
            throw new IllegalStateException(name + " ended; see " + Program.log(name));
          }
          int status = readiness();
          if (status != 200) {
            throw new AssertionError(name + " answers " + status);
          }
        });
    return this;
  }

  /** What Kubernetes would see. */
  public int readiness() {
    var request =
        HttpRequest.newBuilder(uri("/q/health/ready")).timeout(Duration.ofSeconds(2)).build();
    try {
      return HTTP.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    } catch (IOException e) {
      throw new AssertionError(name + " does not answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** A caller of this replica, whatever becomes of it. */
  public Api api() {
    return Api.of(() -> this, 1);
  }

  /** As the kernel's out-of-memory killer does it. */
  public void kill() {
    end(true);
  }

  /** As Kubernetes does it first. */
  public void terminate() {
    end(false);
  }

  private void end(boolean hard) {
    if (process == null) {
      return;
    }
    var ended = hard ? process.destroyForcibly() : process;
    if (!hard) {
      process.destroy();
    }
    try {
      if (!ended.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    process = null;
  }

  public long pid() {
    return process == null ? -1 : process.pid();
  }

  @Override
  public void close() {
    terminate();
  }

  public static Path root() {
    for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      if (Files.exists(folder.resolve("deploy/local/backends"))) {
        return folder;
      }
    }
    throw new IllegalStateException("not inside the repository");
  }

  public static int freePort() {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
