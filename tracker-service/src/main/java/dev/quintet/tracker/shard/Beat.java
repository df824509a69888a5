package dev.quintet.tracker.shard;

import dev.quintet.common.api.tracker.HeartbeatReply.Warning;
import dev.quintet.common.api.tracker.HeartbeatRequest;
import dev.quintet.common.api.tracker.ShardReport;
import dev.quintet.common.api.tracker.TrackerProblem;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A heartbeat as it goes to the database: figures out of range are taken out and told as warnings,
 * since a bad figure must never cost a lease.
 *
 * @param guilds and {@code latencies}: one element per shard, null where none (or a bad one) was
 *     reported
 */
record Beat(
    String cluster,
    String instance,
    @Nullable UUID incarnation,
    List<ShardReport> shards,
    List<@Nullable Integer> guilds,
    List<@Nullable Double> latencies,
    @Nullable Double memoryMb,
    @Nullable Double cpuPercent,
    @Nullable Long pauseId,
    List<Warning> warnings) {

  private static final BigDecimal MOST_LATENCY = new BigDecimal("99999999.99");
  private static final BigDecimal MOST_CPU = new BigDecimal("999.99");

  /**
   * What discord.js reports before its first heartbeat was acknowledged: no figure, and no fault.
   */
  private static final BigDecimal NO_PING = BigDecimal.ONE.negate();

  static Beat of(String cluster, String instance, HeartbeatRequest request) {
    var warnings = new ArrayList<Warning>();
    var guilds = new ArrayList<@Nullable Integer>();
    var latencies = new ArrayList<@Nullable Double>();
    List<ShardReport> shards = request.shards();
    for (int i = 0; i < shards.size(); i++) {
      ShardReport shard = shards.get(i);
      Long guildCount = shard.guildCount();
      boolean countable =
          guildCount == null || (guildCount >= 0 && guildCount <= Integer.MAX_VALUE);
      warn(
          warnings, countable, "/shards/" + i + "/guild_count", "must be between 0 and 2147483647");
      guilds.add(guildCount == null || !countable ? null : guildCount.intValue());
      BigDecimal latency = shard.latencyMs();
      latencies.add(
          latency == null || latency.compareTo(NO_PING) == 0
              ? null
              : figure(warnings, latency, MOST_LATENCY, "/shards/" + i + "/latency_ms"));
    }
    return new Beat(
        cluster,
        instance,
        request.incarnation(),
        shards,
        guilds,
        latencies,
        figure(warnings, request.memoryUsageMb(), MOST_LATENCY, "/memory_usage_mb"),
        figure(warnings, request.cpuUsagePercent(), MOST_CPU, "/cpu_usage_percent"),
        request.pauseId(),
        warnings);
  }

  String key() {
    return cluster + '/' + instance;
  }

  private static @Nullable Double figure(
      List<Warning> warnings, @Nullable BigDecimal value, BigDecimal most, String pointer) {
    if (value == null) {
      return null;
    }
    boolean fits = value.signum() >= 0 && value.compareTo(most) <= 0;
    warn(warnings, fits, pointer, "must be between 0 and " + most);
    return fits ? value.doubleValue() : null;
  }

  private static void warn(List<Warning> warnings, boolean holds, String pointer, String detail) {
    if (!holds) {
      warnings.add(new Warning(TrackerProblem.INVALID_METRIC.code(), pointer, detail));
    }
  }
}
