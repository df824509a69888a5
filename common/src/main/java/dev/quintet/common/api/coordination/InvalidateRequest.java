package dev.quintet.common.api.coordination;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What to empty: exactly one of the first five.
 *
 * @param documentId all that was computed for the document
 * @param userId all that is the user's
 * @param model all that the model made
 * @param keys of cached values, at most 1000
 * @param pattern of Redis, within one of the namespaces cache:doc:, cache:enhance:, rl:, session:
 *     and coalesce:
 * @param dryRun only count
 */
public record InvalidateRequest(
    @Nullable UUID documentId,
    @Nullable UUID userId,
    @InvalidAs("invalid_key_segment") @Nullable String model,
    @Nullable List<String> keys,
    @InvalidAs("pattern_too_broad") @Nullable String pattern,
    @Nullable Boolean dryRun) {
  public static final int MOST_KEYS = 1_000;

  private static final int LONGEST_KEY = 500;
  private static final List<String> CACHES = List.of("cache:doc:", "cache:enhance:");
  private static final List<String> NAMESPACES =
      List.of("cache:doc:", "cache:enhance:", "rl:", "session:", "coalesce:");

  public InvalidateRequest {
    var violations = new Violations();
    violations.check(
        Stream.of(documentId, userId, model, keys, pattern).filter(given -> given != null).count()
            == 1,
        CommonProblem.INVALID_VALUE,
        "",
        "must have exactly one of document_id, user_id, model, keys and pattern");
    if (model != null) {
      Segments.checkModel(violations, model, "/model");
    }
    if (keys != null) {
      for (int i = 0; i < keys.size(); i++) {
        check(violations, keys.get(i), "/keys/" + i);
      }
    }
    if (pattern != null) {
      violations.check(
          pattern.length() <= LONGEST_KEY && NAMESPACES.stream().anyMatch(pattern::startsWith),
          CoordinationProblem.PATTERN_TOO_BROAD,
          "/pattern",
          "must begin with one of " + String.join(", ", NAMESPACES));
    }
    violations.orThrow();
    keys = keys == null ? null : List.copyOf(keys);
  }

  private static void check(Violations violations, @Nullable String key, String pointer) {
    violations.check(
        key == null || key.length() <= LONGEST_KEY,
        CoordinationProblem.CACHE_KEY_TOO_LONG,
        pointer,
        "must have at most " + LONGEST_KEY + " characters");
    violations.check(
        key != null && CACHES.stream().anyMatch(key::startsWith),
        CommonProblem.INVALID_VALUE,
        pointer,
        "must begin with one of " + String.join(", ", CACHES));
  }

  public boolean onlyCounts() {
    return Boolean.TRUE.equals(dryRun);
  }
}
