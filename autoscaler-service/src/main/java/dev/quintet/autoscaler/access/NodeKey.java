package dev.quintet.autoscaler.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A node's API key as a request shows it: {@code ask_} and 43 base64url characters, 256 random
 * bits. From here on only its hash is known; a plain hash is enough for so many random bits.
 *
 * @param hash SHA-256 in hex, as nodes.api_key_hash has it
 * @param prefix the first 8 characters, the only part that may be logged
 */
public record NodeKey(String hash, String prefix) {
  /** The role of whoever shows one; which node it is, and whether it is valid, SQL decides. */
  public static final String ROLE = "node";

  public static final String HEADER = "X-API-Key";

  private static final Pattern FORM = Pattern.compile("ask_[A-Za-z0-9_-]{43}");
  private static final int PREFIX = 8;

  /** Empty: not of the form that keys have. */
  public static Optional<NodeKey> of(String presented) {
    return FORM.matcher(presented).matches()
        ? Optional.of(new NodeKey(sha256(presented), presented.substring(0, PREFIX)))
        : Optional.empty();
  }

  /** SHA-256 of the UTF-8 bytes, as 64 hexadecimal digits. */
  public static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
