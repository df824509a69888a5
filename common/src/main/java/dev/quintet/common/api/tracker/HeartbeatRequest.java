package dev.quintet.common.api.tracker;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Renews the listed shards of one instance, and says how they are. Empty for a standby.
 *
 * <p>Figures out of range ({@code guild_count}, {@code latency_ms}, {@code memory_usage_mb}, {@code
 * cpu_usage_percent}) never cost a lease: they are dropped with a warning, unless the caller asks
 * for {@code Prefer: handling=strict}.
 *
 * @param pauseId of a heartbeat whose shards are paused: the {@code pause_id} of the directive that
 *     it acknowledges. With it an acknowledgement that comes too late cannot count for a later
 *     pause
 */
public record HeartbeatRequest(
    @InvalidAs("invalid_incarnation") @Nullable UUID incarnation,
    @Nullable String state,
    List<ShardReport> shards,
    @Nullable BigDecimal memoryUsageMb,
    @Nullable BigDecimal cpuUsagePercent,
    @Nullable Long pauseId) {

  private static final int MOST = 512;

  public HeartbeatRequest {
    shards = shards == null ? List.of() : shards;
    var violations = new Violations();
    Names.checkIncarnation(violations, incarnation, "/incarnation");
    Names.checkText(violations, state, 32, "/state");
    checkShards(
        violations, shards.stream().map(shard -> shard == null ? null : shard.shardId()).toList());
    violations.orThrow();
  }

  static void checkShards(Violations violations, List<@Nullable Integer> ids) {
    violations.check(
        ids.size() <= MOST, TrackerProblem.TOO_MANY_SHARDS, "/shards", "must be at most " + MOST);
    var seen = new HashSet<Integer>();
    for (int i = 0; i < Math.min(ids.size(), MOST); i++) {
      Integer id = ids.get(i);
      if (id == null) {
        violations.add(
            TrackerProblem.INVALID_SHARD_ID, "/shards/" + i, "must be an object with a shard_id");
      } else {
        violations.check(
            seen.add(id),
            TrackerProblem.DUPLICATE_SHARD,
            "/shards/" + i + "/shard_id",
            "is listed twice");
      }
    }
  }
}
