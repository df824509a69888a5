package dev.quintet.tracker.postgrest;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** The configured keys. Only their hashes are known here. */
final class ApiKeys {
  /** The key of the development set-up and of the tests. */
  static final String DEVELOPMENT = "tracker-api-key-dev";

  private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

  /** What somebody might hash who is in a hurry. */
  private static final Set<String> GUESSABLE =
      Set.of(DEVELOPMENT, "", "apikey", "api-key", "secret", "password", "changeme", "test");

  private final List<byte[]> hashes;

  private ApiKeys(List<byte[]> hashes) {
    this.hashes = hashes;
  }

  /** Throws for what is no hash: a key written down in the clear must not pass for one. */
  static ApiKeys of(List<String> hashes) {
    return new ApiKeys(
        hashes.stream()
            .map(hash -> hash.strip().toLowerCase(Locale.ROOT))
            .peek(ApiKeys::requireHash)
            .map(HexFormat.of()::parseHex)
            .toList());
  }

  private static void requireHash(String hash) {
    if (!HASH.matcher(hash).matches()) {
      throw new IllegalStateException(
          "quintet.tracker.api-keys takes SHA-256 hashes of 64 hexadecimal digits each, such as"
              + " `printf %s \"$key\" | sha256sum` prints");
    }
  }

  boolean isEmpty() {
    return hashes.isEmpty();
  }

  /** Is one of them the hash of a key that anybody can guess? */
  boolean guessable() {
    return GUESSABLE.stream().anyMatch(key -> find(key).isPresent());
  }

  /** A name for the key that gives nothing away. All are compared, in constant time. */
  Optional<String> find(String key) {
    byte[] asked = sha256(key);
    boolean found = false;
    for (byte[] known : hashes) {
      found |= MessageDigest.isEqual(known, asked);
    }
    return found
        ? Optional.of("api-key-" + HexFormat.of().formatHex(asked, 0, 4))
        : Optional.empty();
  }

  static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
