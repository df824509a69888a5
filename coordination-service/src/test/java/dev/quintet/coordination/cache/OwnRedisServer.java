package dev.quintet.coordination.cache;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A Redis of the test's own, which it may stop. */
public final class OwnRedisServer implements QuarkusTestResourceLifecycleManager {
  private final int port = freePort();
  private @Nullable Process server;

  @Override
  public Map<String, String> start() {
    startServer();
    return Map.of("quintet.redis.url", "redis://127.0.0.1:" + port);
  }

  /** After the one that all share, whose address it replaces. */
  @Override
  public int order() {
    return 1;
  }

  @Override
  public void inject(TestInjector injector) {
    injector.injectIntoFields(this, field -> field.getType() == OwnRedisServer.class);
  }

  @Override
  public void stop() {
    stopServer();
  }

  /** Empty. */
  void startServer() {
    try {
      server =
          new ProcessBuilder(
                  "redis-server",
                  "--port",
                  Integer.toString(port),
                  "--bind",
                  "127.0.0.1",
                  "--save",
                  "",
                  "--dir",
                  Files.createTempDirectory("own-redis").toString())
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

  void stopServer() {
    var running = server;
    if (running != null) {
      try {
        if (!running.destroyForcibly().waitFor(10, TimeUnit.SECONDS)) {
          throw new IllegalStateException("redis-server does not end");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
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
