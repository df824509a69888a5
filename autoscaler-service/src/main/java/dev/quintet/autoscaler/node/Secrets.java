package dev.quintet.autoscaler.node;

import dev.quintet.autoscaler.access.NodeKey;
import jakarta.enterprise.context.ApplicationScoped;
import java.security.SecureRandom;
import java.util.Base64;

/** Makes keys and tokens of 256 random bits. */
@ApplicationScoped
class Secrets {
  private static final int BYTES = 32;
  private static final int PREFIX = 8;

  private final SecureRandom random = new SecureRandom();

  Secrets() {}

  /**
   * @param text for its owner alone, and never again
   * @param hash what is stored
   * @param prefix what may be logged
   */
  record Secret(String text, String hash, String prefix) {
    static Secret of(String text) {
      return new Secret(text, NodeKey.sha256(text), text.substring(0, PREFIX));
    }
  }

  Secret nodeKey() {
    return Secret.of("ask_" + random());
  }

  Secret enrollmentToken() {
    return Secret.of("ent_" + random());
  }

  private String random() {
    byte[] bytes = new byte[BYTES];
    random.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
