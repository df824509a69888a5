package dev.quintet.autoscaler.agent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * The last good configuration that the manager gave, byte for byte. A worse one never replaces it.
 */
final class ConfigurationFile {

  private final Path file;
  private Optional<String> hash = Optional.empty();
  private List<PoolSpec> pools;

  /**
   * @param bootstrap the pools to watch until there is a configuration
   */
  ConfigurationFile(Path directory, List<PoolSpec> bootstrap, Log log) throws IOException {
    this.file = directory.resolve("config.yaml");
    this.pools = bootstrap;
    if (Files.exists(file)) {
      byte[] bytes = Files.readAllBytes(file);
      try {
        pools = PoolSpec.of(YamlText.read(new String(bytes, StandardCharsets.UTF_8)));
        hash = Optional.of(sha256(bytes));
      } catch (YamlText.Wrong e) {
        log.warn("config", "file", file, "because", e.getMessage());
      }
    }
  }

  /** What the manager compares with its own; empty while the agent has none of it. */
  Optional<String> hash() {
    return hash;
  }

  List<PoolSpec> pools() {
    return pools;
  }

  /**
   * @throws YamlText.Wrong if it is not what its hash says, or not readable; the last one stays
   */
  void accept(Wire.Configuration given) throws IOException {
    byte[] bytes = given.yamlConfig().getBytes(StandardCharsets.UTF_8);
    String actual = sha256(bytes);
    if (!actual.equals(given.configHash())) {
      throw new YamlText.Wrong(
          "the bytes hash to " + actual + ", the manager says " + given.configHash());
    }
    List<PoolSpec> readable = PoolSpec.of(YamlText.read(given.yamlConfig()));
    StateFile.replace(file, bytes);
    pools = readable;
    hash = Optional.of(actual);
  }

  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
