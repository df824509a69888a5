package dev.quintet.common.sql;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * A statement too long for its class, in a file of the same package. Read once, into a constant.
 */
public final class SqlFile {
  private SqlFile() {}

  public static String of(Class<?> beside, String name) {
    try (var file = beside.getResourceAsStream(name)) {
      if (file == null) {
        throw new IllegalStateException(name + " is not beside " + beside.getName());
      }
      return new String(file.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
