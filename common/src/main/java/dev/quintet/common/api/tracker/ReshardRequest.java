package dev.quintet.common.api.tracker;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/**
 * Starts a change of the number of shards.
 *
 * @param autoCutover switch over as soon as every shard of the new layout is ready (default: wait
 *     for POST …/cutover)
 * @param pauseTimeoutMs how long the old layout is paused for the switch before it goes on (default
 *     10 s, or two heartbeat intervals if that is longer)
 */
public record ReshardRequest(
    @InvalidAs("invalid_total_shards") @Nullable Integer targetTotalShards,
    @Nullable Boolean autoCutover,
    @InvalidAs("invalid_setting") @Nullable Long pauseTimeoutMs) {

  public ReshardRequest {
    var violations = new Violations();
    violations.check(
        targetTotalShards != null && targetTotalShards >= 1 && targetTotalShards <= 65536,
        TrackerProblem.INVALID_TOTAL_SHARDS,
        "/target_total_shards",
        "must be between 1 and 65536");
    SettingRules.between(violations, pauseTimeoutMs, 1_000, 120_000, "/pause_timeout_ms");
    violations.orThrow();
  }
}
