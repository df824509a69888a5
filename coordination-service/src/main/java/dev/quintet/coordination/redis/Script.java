package dev.quintet.coordination.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A Lua script of ours: one operation, decided by Redis in one step. It lies in {@code /lua} as
 * {@code name.lua}, and says in its comments what its keys and arguments are and what it returns.
 *
 * @param sha what Redis knows it by
 */
public record Script(String name, String source, String sha) {
  /** Reads it from the service's own resources; made once, in a constant. */
  public static Script of(String name) {
    try (InputStream in = Script.class.getResourceAsStream("/lua/" + name + ".lua")) {
      if (in == null) {
        throw new IllegalStateException("there is no script " + name);
      }
      byte[] bytes = in.readAllBytes();
      var sha1 = MessageDigest.getInstance("SHA-1").digest(bytes);
      return new Script(
          name, new String(bytes, StandardCharsets.UTF_8), HexFormat.of().formatHex(sha1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-1", e);
    }
  }
}
