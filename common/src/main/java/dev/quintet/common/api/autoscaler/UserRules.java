package dev.quintet.common.api.autoscaler;

import dev.quintet.common.problem.Violations;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is acceptable as an email, a password, a name and a role. */
public final class UserRules {
  static final Set<String> ROLES = Set.of("USER", "DEVOPS", "ADMIN");

  private static final int LONGEST = 255;
  private static final int SHORTEST_PASSWORD = 12;

  /** bcrypt ignores what comes after. */
  private static final int LONGEST_PASSWORD = 72;

  private UserRules() {}

  /** As it is stored and looked up: without space around it, in lower case. */
  public static String normalized(String email) {
    return email.strip().toLowerCase(Locale.ROOT);
  }

  public static boolean isEmail(String email) {
    int at = email.indexOf('@');
    return at > 0
        && at < email.length() - 1
        && email.indexOf('@', at + 1) < 0
        && email.length() <= LONGEST
        && email.chars().noneMatch(c -> Character.isWhitespace(c) || Character.isISOControl(c));
  }

  /** Counted in bytes of UTF-8. */
  public static boolean isPassword(String password) {
    int bytes = password.getBytes(StandardCharsets.UTF_8).length;
    return bytes >= SHORTEST_PASSWORD && bytes <= LONGEST_PASSWORD;
  }

  public static boolean isName(String name) {
    return !name.isBlank()
        && name.strip().length() <= LONGEST
        && name.chars().noneMatch(Character::isISOControl);
  }

  static void email(Violations violations, @Nullable String email, String pointer) {
    violations.check(
        email == null || isEmail(normalized(email)),
        AutoscalerProblem.INVALID_EMAIL,
        pointer,
        "must be an address of at most 255 characters, such as ada@example.com");
  }

  static void password(Violations violations, @Nullable String password, String pointer) {
    violations.check(
        password == null || isPassword(password),
        AutoscalerProblem.INVALID_PASSWORD,
        pointer,
        "must have 12 to 72 bytes in UTF-8");
  }

  static void name(Violations violations, @Nullable String name, String pointer) {
    violations.check(
        name == null || isName(name),
        AutoscalerProblem.INVALID_NAME,
        pointer,
        "must have 1 to 255 characters, none of them a control character");
  }

  static void role(Violations violations, @Nullable String role, String pointer) {
    violations.check(
        role == null || ROLES.contains(role),
        AutoscalerProblem.INVALID_ROLE,
        pointer,
        "must be USER, DEVOPS or ADMIN");
  }
}
