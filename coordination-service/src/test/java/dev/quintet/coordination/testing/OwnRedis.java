package dev.quintet.coordination.testing;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Modifier;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A Redis for one test class, which may stop and start it: named in a {@code
 * QuarkusTestResource(restrictToAnnotatedClass = true)} beside the backends, and given into a field
 * of this type. The program {@code redis-server} has to be there.
 */
public final class OwnRedis implements QuarkusTestResourceLifecycleManager {
  private final int port = freePort();
  private @Nullable Process server;

  @Override
  public Map<String, String> start() {
    up();
    return Map.of(
        "quarkus.redis.hosts",
        "redis://127.0.0.1:" + port,
        "quintet.coordination.redis.deadline",
        "500ms");
  }

  @Override
  public void inject(TestInjector injector) {
    injector.injectIntoFields(
        this,
        field -> field.getType() == OwnRedis.class && !Modifier.isFinal(field.getModifiers()));
  }

  /** Returns when it answers; it is empty. */
  public void up() {
    if (server != null) {
      return;
    }
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
                  "--appendonly",
                  "no")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException("redis-server cannot be started", e);
    }
    for (int i = 0; i < 500; i++) {
      if (answers()) {
        return;
      }
      LockSupport.parkNanos(20_000_000);
    }
    throw new IllegalStateException("redis-server does not answer");
  }

  /** Returns when it is gone. */
  public void down() {
    Process running = server;
    if (running == null) {
      return;
    }
    server = null;
    running.destroy();
    try {
      if (!running.waitFor(10, TimeUnit.SECONDS)) {
        running.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void stop() {
    down();
  }

  private boolean answers() {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress("127.0.0.1", port), 500);
      return true;
    } catch (IOException notYet) {
      return false;
    }
  }

  private static int freePort() {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
