package dev.quintet.common.api.coordination;

import dev.quintet.common.problem.Violations;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rule for windows that decide together. */
final class RateWindows {
  private static final int MOST = 8;

  private RateWindows() {}

  static void check(Violations violations, @Nullable List<@Nullable RateWindow> windows) {
    var invalid = CoordinationProblem.INVALID_POLICY;
    violations.check(
        windows != null && !windows.isEmpty() && windows.size() <= MOST,
        invalid,
        "/windows",
        "must be 1 to 8 windows");
    if (windows == null) {
      return;
    }
    var names = new HashSet<@Nullable String>();
    for (int i = 0; i < Math.min(windows.size(), MOST); i++) {
      RateWindow window = windows.get(i);
      violations.check(window != null, invalid, "/windows/" + i, "must be an object");
      violations.check(
          window == null || names.add(window.window()),
          invalid,
          "/windows/" + i + "/window",
          "must differ from the names of the others");
    }
  }
}
