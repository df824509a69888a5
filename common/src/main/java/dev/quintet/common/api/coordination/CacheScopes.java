package dev.quintet.common.api.coordination;

import dev.quintet.common.problem.Violations;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** For whom a cached value is: for one user, or for all. */
public final class CacheScopes {
  public static final String USER = "user";
  public static final String SHARED = "shared";

  private CacheScopes() {}

  /** What is wrong with the two together, or null. */
  public static @Nullable String fault(@Nullable String scope, @Nullable UUID userId) {
    if (scope == null) {
      return null;
    }
    return switch (scope) {
      case USER -> userId == null ? "user needs a user_id" : null;
      case SHARED -> userId == null ? null : "shared excludes a user_id";
      default -> "must be user or shared";
    };
  }

  static void check(Violations violations, @Nullable String scope, @Nullable UUID userId) {
    String fault = fault(scope, userId);
    violations.check(
        fault == null, CoordinationProblem.INVALID_SCOPE, "/scope", fault == null ? "" : fault);
  }
}
