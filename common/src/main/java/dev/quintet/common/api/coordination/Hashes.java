package dev.quintet.common.api.coordination;

import dev.quintet.common.problem.Violations;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What may stand for a content. Both kinds are hexadecimal, in either case; the lower one is kept,
 * so that one hash has one name.
 */
public final class Hashes {
  private static final Pattern CONTENT = Pattern.compile("[0-9a-fA-F]{16,128}");
  private static final Pattern PERCEPTUAL = Pattern.compile("[0-9a-fA-F]{16}");
  private static final String CONTENT_RULE = "must be 16 to 128 hexadecimal digits";
  private static final String PERCEPTUAL_RULE = "must be 16 hexadecimal digits";

  private Hashes() {}

  public static void check(Violations violations, @Nullable String text, String pointer) {
    violations.check(
        text != null && CONTENT.matcher(text).matches(),
        CoordinationProblem.INVALID_HASH,
        pointer,
        CONTENT_RULE);
  }

  /** For a path parameter. */
  public static void checkParameter(Violations violations, String text, String name) {
    violations.checkParameter(
        CONTENT.matcher(text).matches(), CoordinationProblem.INVALID_HASH, name, CONTENT_RULE);
  }

  /** Of an image: 64 bits, near those of images that look alike. */
  public static void checkPerceptual(Violations violations, @Nullable String text, String pointer) {
    violations.check(
        text != null && PERCEPTUAL.matcher(text).matches(),
        CoordinationProblem.BAD_PHASH,
        pointer,
        PERCEPTUAL_RULE);
  }
}
