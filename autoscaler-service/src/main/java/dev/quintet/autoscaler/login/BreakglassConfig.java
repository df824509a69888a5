package dev.quintet.autoscaler.login;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Local logins for the day when Keycloak is away. Off unless switched on; each has an environment
 * variable of the same name (QUINTET_AUTOSCALER_BREAKGLASS_…).
 */
@ConfigMapping(prefix = "quintet.autoscaler.breakglass")
interface BreakglassConfig {
  /** POST /auth/login answers 404 while this is off, and no local token is worth anything. */
  @WithDefault("false")
  boolean enabled();

  /**
   * Where the key is mounted that signs local tokens: PKCS #8 in PEM, EC on P-256 (ES256) or RSA
   * from 2048 bits (RS256), the same on every replica. {@code openssl genpkey -algorithm EC
   * -pkeyopt ec_paramgen_curve:P-256}. Without a key the service does not start.
   */
  Optional<Path> privateKeyFile();

  /** The same key as a text, where a file cannot be mounted. */
  Optional<String> privateKey();

  /** How long a local token holds; there is none to refresh it with. */
  @WithDefault("15m")
  Duration tokenLife();

  /**
   * The first administrator's password: he is made at start, once in the life of the database.
   * Change it after the first login, and take this away.
   */
  Optional<String> bootstrap();

  /** The first administrator's email. */
  @WithDefault("breakglass@quintet.invalid")
  String bootstrapEmail();
}
