package dev.quintet.common.api.tracker;

import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/** What Discord told a bot at {@code GET /gateway/bot}; we hold no bot token, so bots report it. */
public record SessionStartLimit(
    @Nullable Integer total,
    @Nullable Integer remaining,
    @Nullable Long resetAfterMs,
    @Nullable Integer maxConcurrency,
    @Nullable Integer shards) {

  private static final long TWO_DAYS = 172_800_000L;

  public SessionStartLimit {
    var violations = new Violations();
    check(violations, total, 0, 10_000_000, "/total");
    check(violations, remaining, 0, total == null ? 10_000_000 : total, "/remaining");
    check(violations, resetAfterMs, 0, TWO_DAYS, "/reset_after_ms");
    check(violations, maxConcurrency, 1, 4096, "/max_concurrency");
    if (shards != null) {
      check(violations, shards, 1, 65536, "/shards");
    }
    violations.orThrow();
  }

  private static void check(
      Violations violations, @Nullable Number value, long least, long most, String pointer) {
    violations.check(
        value != null && value.longValue() >= least && value.longValue() <= most,
        TrackerProblem.INVALID_SETTING,
        pointer,
        "must be between " + least + " and " + most);
  }
}
