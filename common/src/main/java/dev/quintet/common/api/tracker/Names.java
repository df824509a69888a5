package dev.quintet.common.api.tracker;

import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The rules for names and texts that several requests share. */
public final class Names {
  private static final Pattern CLUSTER =
      Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?");
  private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");
  private static final UUID NIL = new UUID(0, 0);
  private static final int INSTANCE_LENGTH = 253;

  private Names() {}

  public static boolean isCluster(String name) {
    return CLUSTER.matcher(name).matches();
  }

  public static boolean isInstance(String id) {
    return !id.isEmpty() && id.length() <= INSTANCE_LENGTH && id.indexOf('/') < 0 && printable(id);
  }

  /** The rule in words, for the problem document. */
  public static final String CLUSTER_RULE =
      "must be 1 to 63 letters, digits, '.', '_' or '-', and begin and end with a letter or digit";

  public static final String INSTANCE_RULE =
      "must be 1 to 253 characters without '/' and control characters";

  static void checkInstance(Violations violations, @Nullable String id, String pointer) {
    violations.check(
        id != null && isInstance(id), TrackerProblem.INVALID_INSTANCE_ID, pointer, INSTANCE_RULE);
  }

  static void checkIncarnation(Violations violations, @Nullable UUID incarnation, String pointer) {
    violations.check(
        incarnation != null && !incarnation.equals(NIL),
        TrackerProblem.INVALID_INCARNATION,
        pointer,
        "must be a UUID other than the nil UUID, made once per process");
  }

  static void checkText(Violations violations, @Nullable String text, int most, String pointer) {
    violations.check(
        text == null || (text.length() <= most && printable(text)),
        TrackerProblem.INVALID_TEXT,
        pointer,
        "must be at most " + most + " characters without control characters");
  }

  static void required(Violations violations, @Nullable Object value, String pointer) {
    violations.check(value != null, CommonProblem.REQUIRED, pointer, "is required");
  }

  private static boolean printable(String text) {
    if (CONTROL.matcher(text).find()) {
      return false;
    }
    // A lone surrogate has no UTF-8 form, so PostgreSQL could not store it.
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        return false;
      }
    }
    return true;
  }
}
