package dev.quintet.common.api.coordination;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which of these values are missing? Nothing is counted as a hit or miss.
 *
 * @param type document, or enhancement by a model
 * @param items 1 to 1000
 */
public record CacheWarmRequest(
    @InvalidAs("invalid_cache_type") @Nullable String type,
    @InvalidAs("invalid_key_segment") @Nullable String model,
    @Nullable UUID userId,
    @InvalidAs("invalid_scope") @Nullable String scope,
    @Nullable List<CacheWarmItem> items) {
  public static final int MOST = 1_000;

  public CacheWarmRequest {
    items = items == null ? null : List.copyOf(items);
    var violations = new Violations();
    CacheTypes.check(violations, type, model);
    CacheScopes.check(violations, scope, userId);
    violations.required(items, "/items");
    violations.orThrow();
  }

  public List<CacheWarmItem> items() {
    return Objects.requireNonNull(items);
  }
}
