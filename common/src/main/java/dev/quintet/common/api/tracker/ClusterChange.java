package dev.quintet.common.api.tracker;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/**
 * Changes what it names; the rest stays.
 *
 * @param totalShards may be repeated as it is; another number is a reshard's work
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ClusterChange(
    @InvalidAs("invalid_total_shards") @Nullable Integer totalShards,
    @InvalidAs("invalid_setting") @Nullable String applicationId,
    @InvalidAs("invalid_setting") @Nullable Integer maxConcurrency,
    @InvalidAs("invalid_setting") @Nullable Integer shardMultiple,
    @InvalidAs("invalid_setting") @Nullable Long leaseTtlMs,
    @InvalidAs("invalid_setting") @Nullable Long heartbeatIntervalMs,
    @InvalidAs("invalid_setting") @Nullable Long takeoverGraceMs,
    @InvalidAs("invalid_setting") @Nullable Long resumeMaxAgeMs,
    @InvalidAs("invalid_setting") @Nullable Long identifyUseWithinMs,
    @InvalidAs("invalid_setting") @Nullable FencingMode fencingMode,
    @InvalidAs("invalid_setting") @Nullable Integer maxMovesPerMinute,
    @InvalidAs("invalid_setting") @Nullable Integer identifyReserve) {

  public ClusterChange {
    var violations = new Violations();
    violations.check(
        applicationId == null || Names.isInstance(applicationId),
        TrackerProblem.INVALID_SETTING,
        "/application_id",
        Names.INSTANCE_RULE);
    SettingRules.between(violations, maxConcurrency, 1, 4096, "/max_concurrency");
    SettingRules.between(violations, shardMultiple, 1, 1024, "/shard_multiple");
    SettingRules.ttl(violations, leaseTtlMs);
    SettingRules.interval(violations, heartbeatIntervalMs, leaseTtlMs);
    SettingRules.between(violations, takeoverGraceMs, 0, 60_000, "/takeover_grace_ms");
    SettingRules.between(violations, resumeMaxAgeMs, 0, 3_600_000, "/resume_max_age_ms");
    SettingRules.between(violations, identifyUseWithinMs, 50, 10_000, "/identify_use_within_ms");
    SettingRules.between(violations, maxMovesPerMinute, 1, 10_000, "/max_moves_per_minute");
    SettingRules.between(violations, identifyReserve, 0, 1_000_000, "/identify_reserve");
    violations.orThrow();
  }
}
