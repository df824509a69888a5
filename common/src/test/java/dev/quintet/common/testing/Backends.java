package dev.quintet.common.testing;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.MountableFile;

/**
 * Where the tests' PostgreSQL, Redis and Keycloak are. In this order: addresses given by
 * environment; containers, when a Docker engine answers within a second; local programs, started by
 * the same script that {@code ./quintet test} uses. One set serves all modules of a build.
 */
public record Backends(
    String pgHost,
    int pgPort,
    String pgUser,
    String pgPassword,
    String redisHost,
    int redisPort,
    String keycloakUrl) {

  private static final class Holder {
    private static final Backends FOUND = find();
  }

  public static Backends get() {
    return Holder.FOUND;
  }

  public String issuer() {
    return keycloakUrl + "/realms/quintet";
  }

  public String redisUrl() {
    return "redis://" + redisHost + ":" + redisPort;
  }

  private static Backends find() {
    if (System.getenv("QUINTET_TEST_PG_PORT") != null) {
      return from(System.getenv());
    }
    return dockerAnswers() ? containers() : localPrograms();
  }

  private static Backends from(Map<String, String> env) {
    return new Backends(
        env.getOrDefault("QUINTET_TEST_PG_HOST", "127.0.0.1"),
        Integer.parseInt(required(env, "QUINTET_TEST_PG_PORT")),
        env.getOrDefault("QUINTET_TEST_PG_USER", "postgres"),
        env.getOrDefault("QUINTET_TEST_PG_PASSWORD", "quintet-dev"),
        env.getOrDefault("QUINTET_TEST_REDIS_HOST", "127.0.0.1"),
        Integer.parseInt(required(env, "QUINTET_TEST_REDIS_PORT")),
        required(env, "QUINTET_TEST_KEYCLOAK_URL"));
  }

  private static String required(Map<String, String> env, String name) {
    String value = env.get(name);
    if (value == null || value.isEmpty()) {
      throw new IllegalStateException(
          name + " is not set; `deploy/local/backends env --test` prints what belongs together");
    }
    return value;
  }

  private static Backends localPrograms() {
    Path script = root().resolve("deploy/local/backends");
    try {
      Process started =
          new ProcessBuilder(script.toString(), "start", "--test")
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      var addresses = new HashMap<String, String>();
      for (String line :
          new String(started.getInputStream().readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
        String[] pair = line.replaceFirst("^export ", "").strip().split("=", 2);
        if (pair.length == 2) {
          addresses.put(pair[0], pair[1].replaceAll("^[\"']|[\"']$", ""));
        }
      }
      if (started.waitFor() != 0) {
        throw new IllegalStateException(
            script + " start --test failed; its last lines above say why");
      }
      return from(addresses);
    } catch (IOException e) {
      throw new IllegalStateException("cannot run " + script, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** The root of the working tree: the tests of a module run in its folder. */
  static Path root() {
    for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      if (Files.exists(folder.resolve("deploy/local/backends"))) {
        return folder;
      }
    }
    throw new IllegalStateException(
        "no backends: give their addresses by environment, start a Docker engine, or run inside the repository");
  }

  /** Testcontainers itself searches long where there is no engine, so the socket is asked first. */
  private static boolean dockerAnswers() {
    String host = System.getenv().getOrDefault("DOCKER_HOST", "unix:///var/run/docker.sock");
    if (!host.startsWith("unix://")) {
      return true;
    }
    Path socket = Path.of(host.substring("unix://".length()));
    if (!Files.exists(socket)) {
      return false;
    }
    try {
      return CompletableFuture.supplyAsync(() -> ping(socket)).get(1, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
      return false;
    }
  }

  private static boolean ping(Path socket) {
    try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      channel.write(
          ByteBuffer.wrap("GET /_ping HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
      var answer = ByteBuffer.allocate(64);
      return channel.read(answer) > 0
          && new String(answer.array(), 0, answer.position(), StandardCharsets.US_ASCII)
              .contains(" 200 ");
    } catch (IOException e) {
      return false;
    }
  }

  /** Testcontainers' own reaper ends them with the build's process. */
  @SuppressWarnings("resource")
  private static Backends containers() {
    var pg =
        new GenericContainer<>(DockerImageName.parse("pgvector/pgvector:pg17"))
            .withEnv("POSTGRES_PASSWORD", "quintet-dev")
            .withCommand(
                "postgres",
                "-c",
                "fsync=off",
                "-c",
                "max_connections=300",
                "-c",
                "shared_preload_libraries=pg_stat_statements")
            .withExposedPorts(5432)
            .waitingFor(Wait.forLogMessage(".*ready to accept connections.*\\n", 2));
    var redis = new GenericContainer<>(DockerImageName.parse("redis:7")).withExposedPorts(6379);
    var keycloak =
        new GenericContainer<>(DockerImageName.parse("quay.io/keycloak/keycloak:26.4"))
            .withCopyFileToContainer(
                MountableFile.forHostPath(root().resolve("deploy/local/keycloak/realm.json")),
                "/opt/keycloak/data/import/realm.json")
            .withCommand("start-dev", "--import-realm")
            .withExposedPorts(8080)
            .waitingFor(
                Wait.forHttp("/realms/quintet")
                    .forPort(8080)
                    .withStartupTimeout(java.time.Duration.ofMinutes(4)));
    pg.start();
    redis.start();
    keycloak.start();
    return new Backends(
        pg.getHost(),
        pg.getMappedPort(5432),
        "postgres",
        "quintet-dev",
        redis.getHost(),
        redis.getMappedPort(6379),
        "http://" + keycloak.getHost() + ":" + keycloak.getMappedPort(8080));
  }
}
