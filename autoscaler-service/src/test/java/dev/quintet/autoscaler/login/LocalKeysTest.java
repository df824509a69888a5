package dev.quintet.autoscaler.login;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quintet.autoscaler.testing.TestKeys;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalKeysTest {
  private static KeyPair ec(String curve) throws Exception {
    var generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec(curve));
    return generator.generateKeyPair();
  }

  private static KeyPair rsa(int bits) throws Exception {
    var generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(bits);
    return generator.generateKeyPair();
  }

  private static LocalKeys read(KeyPair pair) {
    return LocalKeys.of(TestKeys.pem(pair.getPrivate().getEncoded()));
  }

  private record Config(Optional<Path> privateKeyFile, Optional<String> privateKey)
      implements BreakglassConfig {
    static Config of(@Nullable Path file, @Nullable String key) {
      return new Config(Optional.ofNullable(file), Optional.ofNullable(key));
    }

    @Override
    public boolean enabled() {
      return true;
    }

    @Override
    public Duration tokenLife() {
      return Duration.ofMinutes(15);
    }

    @Override
    public Optional<String> bootstrap() {
      return Optional.empty();
    }

    @Override
    public String bootstrapEmail() {
      return "a@example.test";
    }
  }

  /** Repeated, as the right one of two points must be found whichever it is. */
  @RepeatedTest(20)
  void thePublicKeyFollowsFromAPrivateOneOnP256() throws Exception {
    KeyPair pair = ec("secp256r1");
    LocalKeys keys = read(pair);
    assertThat(keys.algorithm()).isEqualTo("ES256");
    assertThat(keys.publicKey()).isEqualTo(pair.getPublic());
  }

  @Test
  void thePublicKeyFollowsFromAPrivateOneOfRsa() throws Exception {
    KeyPair pair = rsa(2048);
    LocalKeys keys = read(pair);
    assertThat(keys.algorithm()).isEqualTo("RS256");
    assertThat(keys.publicKey()).isEqualTo(pair.getPublic());
  }

  @Test
  void aWeakOrUnknownKeyIsRefused() throws Exception {
    KeyPair small = rsa(1024);
    assertThatThrownBy(() -> read(small)).hasMessageContaining("at least 2048 bits");
    KeyPair other = ec("secp384r1");
    assertThatThrownBy(() -> read(other)).hasMessageContaining("P-256");
    assertThatThrownBy(() -> LocalKeys.of("secret")).hasMessageContaining("PKCS #8");
    assertThatThrownBy(() -> LocalKeys.of(TestKeys.pem(new byte[] {1, 2, 3})))
        .isInstanceOf(IllegalStateException.class);
    KeyPair edwards = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    assertThatThrownBy(() -> read(edwards)).hasMessageContaining("neither EC nor RSA");
  }

  /** There is no key that could stand in: the service does not start. */
  @Test
  void withoutAKeyThereIsNoStart() {
    assertThatThrownBy(() -> LocalKeys.of(Config.of(null, null)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("private-key-file");
    assertThatThrownBy(() -> LocalKeys.of(Config.of(Path.of("no-such-file.pem"), null)))
        .isInstanceOf(java.io.UncheckedIOException.class);
  }

  @Test
  void aMountedFileIsRead(@TempDir Path mount) throws Exception {
    KeyPair pair = ec("secp256r1");
    Path file =
        Files.writeString(mount.resolve("key.pem"), TestKeys.pem(pair.getPrivate().getEncoded()));
    assertThat(LocalKeys.of(Config.of(file, null)).publicKey()).isEqualTo(pair.getPublic());
  }
}
