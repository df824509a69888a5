package dev.quintet.autoscaler.agent;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All that an agent is told at its start: a YAML file, over which the environment has the last
 * word. Secrets come from the environment only.
 *
 * @param beatAtLeastEvery heartbeats sooner than the manager asks for, never later
 * @param safety bounds that no target passes, for pools that have none of their own in {@code
 *     pools}
 * @param pools watched until the manager has a configuration; their limits hold ever after
 */
record AgentSettings(
    URI manager,
    String nodeName,
    String region,
    Optional<String> enrollmentToken,
    Optional<NodeKey> key,
    Path stateDir,
    Duration observeEvery,
    Optional<Duration> beatAtLeastEvery,
    long outboxBytes,
    boolean jsonLog,
    Limits safety,
    List<PoolSpec> pools,
    String driver,
    YamlText yaml,
    Path directory) {

  static AgentSettings read(Optional<Path> file, Map<String, String> env) {
    YamlText yaml = YamlText.read(file.map(AgentSettings::text).orElse("{}"));
    YamlText node = yaml.map("node");
    return new AgentSettings(
        manager(one(env, "MANAGER_URL", yaml.text("manager"), "manager")),
        one(env, "NODE_NAME", node.text("name"), "node.name"),
        one(env, "NODE_REGION", node.text("region"), "node.region"),
        given(env, "ENROLLMENT_TOKEN"),
        key(env),
        Path.of(given(env, "STATE_DIR").or(() -> yaml.text("state_dir")).orElse("state")),
        Duration.ofSeconds(yaml.whole("observe_seconds", 1, 3600).orElse(15)),
        yaml.whole("heartbeat_seconds", 1, 3600).map(Duration::ofSeconds),
        yaml.whole("outbox_megabytes", 1, 10_000).orElse(64) * 1_000_000L,
        given(env, "LOG_FORMAT").or(() -> yaml.text("log")).orElse("text").equals("json"),
        PoolSpec.limits(yaml, "safety_limits").orElse(Limits.NONE),
        PoolSpec.of(yaml),
        given(env, "DRIVER").or(() -> yaml.text("driver")).orElse("oci"),
        yaml,
        file.map(path -> path.toAbsolutePath().getParent()).orElse(Path.of("")));
  }

  Limits limitsOf(String poolId) {
    return pools.stream()
        .filter(pool -> pool.id().equals(poolId))
        .findFirst()
        .flatMap(PoolSpec::limits)
        .orElse(safety);
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new YamlText.Wrong("cannot read " + file + ": " + e.getMessage());
    }
  }

  private static Optional<String> given(Map<String, String> env, String name) {
    return Optional.ofNullable(env.get(name)).filter(value -> !value.isBlank());
  }

  private static String one(
      Map<String, String> env, String name, Optional<String> written, String key) {
    return given(env, name)
        .or(() -> written)
        .orElseThrow(() -> new YamlText.Wrong("set " + name + ", or " + key + " in the file"));
  }

  private static URI manager(String text) {
    try {
      URI uri = URI.create(text);
      if (uri.getHost() != null && ("" + uri.getScheme()).matches("https?")) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      // told below, in the same words
    }
    throw new YamlText.Wrong("MANAGER_URL must be an http or https address: " + text);
  }

  private static Optional<NodeKey> key(Map<String, String> env) {
    Optional<String> id = given(env, "NODE_ID");
    Optional<String> key = given(env, "NODE_API_KEY");
    if (id.isPresent() != key.isPresent()) {
      throw new YamlText.Wrong("set both of NODE_ID and NODE_API_KEY, or neither");
    }
    return id.map(text -> {
      if (!text.matches("\\d{1,9}")) {
        throw new YamlText.Wrong("NODE_ID must be the number that the manager gave");
      }
      return new NodeKey(Integer.parseInt(text), key.orElseThrow());
    });
  }
}
