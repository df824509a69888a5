package dev.quintet.coordination.redis;

import dev.quintet.coordination.CoordinationConfig;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.vertx.core.Vertx;
import io.vertx.redis.client.RedisOptions;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A Redis that a test may stop, freeze and empty. A service uses it by
 * {@code @QuarkusTestResource(value = OwnRedis.class, restrictToAnnotatedClass = true)}; a field of
 * this type is filled in.
 */
public final class OwnRedis implements QuarkusTestResourceLifecycleManager, AutoCloseable {
  private final int port = freePort();
  private @Nullable Process server;

  public static OwnRedis started() {
    var redis = new OwnRedis();
    redis.startServer();
    return redis;
  }

  @Override
  public Map<String, String> start() {
    startServer();
    return Map.of("quintet.redis.url", url(), "quintet.coordination.redis.deadline", "500ms");
  }

  /** After the shared one, whose address it replaces. */
  @Override
  public int order() {
    return 1;
  }

  @Override
  public void inject(TestInjector injector) {
    injector.injectIntoFields(
        this,
        field -> field.getType() == OwnRedis.class && !Modifier.isFinal(field.getModifiers()));
  }

  @Override
  public void stop() {
    close();
  }

  public String url() {
    return "redis://127.0.0.1:" + port;
  }

  /** Empty, and without any script. */
  public void startServer() {
    if (server != null && server.isAlive()) {
      return;
    }
    try {
      Path folder = Files.createTempDirectory("own-redis");
      server =
          new ProcessBuilder(
                  System.getenv().getOrDefault("REDIS_SERVER", "redis-server"),
                  "--port",
                  Integer.toString(port),
                  "--bind",
                  "127.0.0.1",
                  "--save",
                  "",
                  "--dir",
                  folder.toString())
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      throw new IllegalStateException("redis-server cannot be started", e);
    }
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!answers()) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException("redis-server does not answer at port " + port);
      }
      LockSupport.parkNanos(20_000_000);
    }
  }

  /** At once, as a crash would. */
  public void kill() {
    var running = server;
    if (running != null) {
      try {
        running.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }

  /** Connections stay, and nobody answers on them. */
  public void freeze() {
    signal("STOP");
  }

  public void thaw() {
    signal("CONT");
  }

  @Override
  public void close() {
    kill();
  }

  /** A store of its own, beside the service's. */
  public RedisStore store(Vertx vertx, Duration deadline) {
    return new RedisStore(
        () -> new RedisOptions().setConnectionString(url()), vertx, config(deadline));
  }

  /** As the service's own is configured, but for the deadline. */
  public static CoordinationConfig config(Duration deadline) {
    return () ->
        new CoordinationConfig.Redis() {
          @Override
          public Optional<String> prefix() {
            return Optional.empty();
          }

          @Override
          public Duration deadline() {
            return deadline;
          }

          @Override
          public int connections() {
            return 4;
          }

          @Override
          public Duration probeEvery() {
            return Duration.ofMillis(250);
          }

          @Override
          public boolean hashTag() {
            return false;
          }
        };
  }

  private void signal(String name) {
    try {
      long pid = java.util.Objects.requireNonNull(server).pid();
      int exit = new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor();
      if (exit != 0) {
        throw new IllegalStateException("kill -" + name + " ended with " + exit);
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private boolean answers() {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(1_000);
      socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
      return socket.getInputStream().read() == '+';
    } catch (IOException e) {
      return false;
    }
  }

  private static int freePort() {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
