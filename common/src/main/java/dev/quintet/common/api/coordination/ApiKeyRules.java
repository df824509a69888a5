package dev.quintet.common.api.coordination;

import dev.quintet.common.problem.Violations;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What a model's key may look like. What it looks like is never told. */
final class ApiKeyRules {
  private static final int LARGEST = 4 * 1024;

  private ApiKeyRules() {}

  static void check(Violations violations, @Nullable String key, String pointer) {
    violations.check(
        key != null
            && !key.isEmpty()
            && key.getBytes(StandardCharsets.UTF_8).length <= LARGEST
            && key.codePoints()
                .noneMatch(c ->
                    Character.isWhitespace(c)
                        || Character.isSpaceChar(c)
                        || Character.isISOControl(c)),
        CoordinationProblem.INVALID_API_KEY,
        pointer,
        "must be 1 to 4096 bytes without white space");
  }
}
