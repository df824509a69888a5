package dev.quintet.common.api.tracker;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/**
 * Makes a cluster. All but its name and number of shards have defaults.
 *
 * @param applicationId the Discord application (bot token); clusters that share one share its
 *     identify budget. Default: the cluster's name
 * @param maxConcurrency identifies at a time, as Discord says; belongs to the application
 * @param shardMultiple what Discord wants the number of shards to be a multiple of (16 for large
 *     bots)
 * @param identifyReserve daily identifies that only operators may spend; belongs to the application
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ClusterRequest(
    @InvalidAs("invalid_cluster_name") @Nullable String clusterName,
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

  public ClusterRequest {
    var violations = new Violations();
    violations.check(
        clusterName != null && Names.isCluster(clusterName),
        TrackerProblem.INVALID_CLUSTER_NAME,
        "/cluster_name",
        Names.CLUSTER_RULE);
    int multiple = shardMultiple == null || shardMultiple < 1 ? 1 : shardMultiple;
    violations.check(
        totalShards != null
            && totalShards >= 1
            && totalShards <= 65536
            && totalShards % multiple == 0,
        TrackerProblem.INVALID_TOTAL_SHARDS,
        "/total_shards",
        "must be between 1 and 65536 and a multiple of " + multiple);
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
