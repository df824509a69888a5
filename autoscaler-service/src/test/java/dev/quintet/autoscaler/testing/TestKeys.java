package dev.quintet.autoscaler.testing;

import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.jspecify.annotations.Nullable;

/**
 * Gives the service under test a key of this run for its local tokens: one in the repository would
 * be everybody's.
 */
public final class TestKeys implements ConfigSource {
  private static final String NAME = "quintet.autoscaler.breakglass.private-key";

  /** Service and tests have classes of their own, but one process. */
  private static final String SHARED = "quintet.test.breakglass.private-key";

  /** PKCS #8 in PEM, on P-256. */
  public static String privateKey() {
    synchronized (System.class) {
      String known = System.getProperty(SHARED);
      if (known == null) {
        known = ec();
        System.setProperty(SHARED, known);
      }
      return known;
    }
  }

  public static String pem(byte[] pkcs8) {
    return "-----BEGIN PRIVATE KEY-----\n"
        + Base64.getMimeEncoder().encodeToString(pkcs8)
        + "\n-----END PRIVATE KEY-----\n";
  }

  private static String ec() {
    try {
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return pem(generator.generateKeyPair().getPrivate().getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public Set<String> getPropertyNames() {
    return Set.of(NAME);
  }

  @Override
  public @Nullable String getValue(String name) {
    return name.equals(NAME) ? privateKey() : null;
  }

  @Override
  public Map<String, String> getProperties() {
    return Map.of(NAME, privateKey());
  }

  @Override
  public String getName() {
    return "keys of this test run";
  }
}
