package dev.quintet.common.api.coordination;

import dev.quintet.common.problem.Violations;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What may stand between the colons of a Redis key. A colon or a star inside would let one user
 * name another's key.
 */
public final class Segments {
  /** The rules in words, for the problem document. */
  public static final String MODEL_RULE =
      "must be 1 to 50 letters, digits, '.', '_', '/' or '-', without ':' and '*'";

  public static final String ID_RULE =
      "must be 1 to 64 letters, digits, '_', '.', '@' or '-', without ':' and '*'";

  private static final Pattern MODEL = Pattern.compile("[A-Za-z0-9._/-]{1,50}");
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_.@-]{1,64}");

  private Segments() {}

  public static boolean isModel(@Nullable String text) {
    return text != null && MODEL.matcher(text).matches();
  }

  /** Of a user, a session or a server. */
  public static boolean isId(@Nullable String text) {
    return text != null && ID.matcher(text).matches();
  }

  public static void checkModel(Violations violations, @Nullable String text, String pointer) {
    violations.check(isModel(text), CoordinationProblem.INVALID_KEY_SEGMENT, pointer, MODEL_RULE);
  }

  public static void checkId(Violations violations, @Nullable String text, String pointer) {
    violations.check(isId(text), CoordinationProblem.INVALID_KEY_SEGMENT, pointer, ID_RULE);
  }

  /** For a path or query parameter. */
  public static void checkModelParameter(
      Violations violations, @Nullable String text, String name) {
    violations.checkParameter(
        isModel(text), CoordinationProblem.INVALID_KEY_SEGMENT, name, MODEL_RULE);
  }

  /** For a path or query parameter. */
  public static void checkIdParameter(Violations violations, @Nullable String text, String name) {
    violations.checkParameter(isId(text), CoordinationProblem.INVALID_KEY_SEGMENT, name, ID_RULE);
  }
}
