package dev.quintet.common.api.coordination;

import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The rules for names around circuit breakers. */
public final class BreakerNames {
  public static final String SERVICE_RULE =
      "must be 1 to 100 letters, digits, '.', '_', '/' or '-', and neither 'stream' nor 'select'";

  private static final Pattern SERVICE = Pattern.compile("[A-Za-z0-9._/-]{1,100}");

  /** Addresses beside those of breakers. */
  private static final Set<String> TAKEN = Set.of("stream", "select");

  private BreakerNames() {}

  public static boolean isService(@Nullable String name) {
    return name != null && SERVICE.matcher(name).matches() && !TAKEN.contains(name);
  }

  /** Who asks for a permit or reports an outcome. */
  static void checkReporter(Violations violations, @Nullable String reporter, String pointer) {
    violations.check(reporter != null, CommonProblem.REQUIRED, pointer, "is required");
    if (reporter != null) {
      Segments.checkId(violations, reporter, pointer);
    }
  }
}
