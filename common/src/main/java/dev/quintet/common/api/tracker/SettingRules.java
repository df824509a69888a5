package dev.quintet.common.api.tracker;

import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/** Bounds of a cluster's settings; the database has the same (tracker.check_settings). */
final class SettingRules {
  private static final long LONGEST_TTL_MS = 600_000;

  private SettingRules() {}

  static void between(
      Violations violations, @Nullable Number value, long least, long most, String pointer) {
    violations.check(
        value == null || (value.longValue() >= least && value.longValue() <= most),
        TrackerProblem.INVALID_SETTING,
        pointer,
        "must be between " + least + " and " + most);
  }

  /** A pod must have three tries within one lease. */
  static void interval(Violations violations, @Nullable Long intervalMs, @Nullable Long ttlMs) {
    long most = (ttlMs == null ? LONGEST_TTL_MS : ttlMs) / 3;
    between(violations, intervalMs, 1, most, "/heartbeat_interval_ms");
  }

  static void ttl(Violations violations, @Nullable Long ttlMs) {
    between(violations, ttlMs, 2_000, LONGEST_TTL_MS, "/lease_ttl_ms");
  }
}
