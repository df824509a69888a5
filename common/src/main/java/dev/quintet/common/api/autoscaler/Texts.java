package dev.quintet.common.api.autoscaler;

import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The rules for names and other texts that several requests share. */
final class Texts {
  static final int NAME = 255;
  static final int REGION = 100;
  static final int DESCRIPTION = 4_000;

  private static final Pattern CONTROL = Pattern.compile("\\p{Cc}");
  private static final Pattern CONTROL_BUT_LINES = Pattern.compile("[\\p{Cc}&&[^\\n\\t]]");

  private Texts() {}

  static @Nullable String trimmed(@Nullable String text) {
    return text == null ? null : text.strip();
  }

  /** {@code name}: already trimmed. */
  static void requiredName(Violations violations, @Nullable String name, int most, String pointer) {
    violations.required(name, pointer);
    name(violations, name, most, pointer);
  }

  static void name(Violations violations, @Nullable String name, int most, String pointer) {
    violations.check(
        name == null || (!name.isEmpty() && name.length() <= most && !CONTROL.matcher(name).find()),
        AutoscalerProblem.INVALID_NAME,
        pointer,
        "must be 1 to " + most + " characters without control characters");
  }

  /** A text for people, of one or more lines. */
  static void prose(Violations violations, @Nullable String text, int most, String pointer) {
    violations.check(
        text == null || (text.length() <= most && !CONTROL_BUT_LINES.matcher(text).find()),
        CommonProblem.INVALID_VALUE,
        pointer,
        "must be at most " + most + " characters without control characters");
  }

  static void address(Violations violations, @Nullable String text, String pointer) {
    violations.check(
        text == null || Addresses.isIp(text),
        AutoscalerProblem.INVALID_IP,
        pointer,
        "must be an IPv4 or IPv6 address");
  }
}
