package dev.quintet.common.api.autoscaler;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What an agent tells of itself and of its pools.
 *
 * @param status active, healthy, ok; error, degraded; inactive, paused: in any case of letters
 * @param configHash SHA-256 of the configuration that the agent works by, in hex
 * @param errorMessage kept up to 4,000 characters
 * @param metricsData any JSON, at most 65,536 bytes
 * @param poolAnalytics one observation per pool
 * @param applied what became of targets since the last heartbeat
 */
public record HeartbeatRequest(
    @Nullable @InvalidAs("invalid_status") String status,
    @Nullable String configHash,
    @Nullable String errorMessage,
    @Nullable JsonNode metricsData,
    @Nullable List<PoolReport> poolAnalytics,
    @Nullable List<AppliedTarget> applied) {

  private static final int LONGEST_HASH = 64;
  private static final int LONGEST_ERROR = 4_000;
  private static final int LARGEST_METRICS = 65_536;
  private static final int MOST_ITEMS = 1_000;

  public HeartbeatRequest {
    var violations = new Violations();
    violations.required(status, "/status");
    violations.check(
        status == null || mapped(status) != null,
        AutoscalerProblem.INVALID_STATUS,
        "/status",
        "must be active, healthy, ok, error, degraded, inactive or paused");
    violations.check(
        configHash == null || configHash.length() <= LONGEST_HASH,
        CommonProblem.INVALID_VALUE,
        "/config_hash",
        "must be at most " + LONGEST_HASH + " characters");
    violations.check(
        metricsData == null
            || metricsData.toString().getBytes(StandardCharsets.UTF_8).length <= LARGEST_METRICS,
        CommonProblem.INVALID_VALUE,
        "/metrics_data",
        "must be at most " + LARGEST_METRICS + " bytes");
    poolAnalytics = items(violations, poolAnalytics, "/pool_analytics");
    applied = items(violations, applied, "/applied");
    var seen = new HashSet<String>();
    for (int i = 0; i < poolAnalytics.size(); i++) {
      violations.check(
          seen.add(String.valueOf(poolAnalytics.get(i).oraclePoolId())),
          AutoscalerProblem.DUPLICATE_POOL,
          "/pool_analytics/" + i + "/oracle_pool_id",
          "stands above already");
    }
    violations.orThrow();
    if (errorMessage != null && errorMessage.length() > LONGEST_ERROR) {
      // A node in trouble must not be silenced by how much it has to say.
      errorMessage = errorMessage.substring(0, LONGEST_ERROR);
    }
  }

  /** ACTIVE, ERROR or INACTIVE. */
  public String nodeStatus() {
    String mapped = status == null ? null : mapped(status);
    if (mapped == null) {
      throw new IllegalStateException("the constructor lets no other status in");
    }
    return mapped;
  }

  private static @Nullable String mapped(String status) {
    return switch (status.toLowerCase(Locale.ROOT)) {
      case "active", "healthy", "ok" -> "ACTIVE";
      case "error", "degraded" -> "ERROR";
      case "inactive", "paused" -> "INACTIVE";
      default -> null;
    };
  }

  private static <T> List<T> items(Violations violations, @Nullable List<T> items, String pointer) {
    if (items == null) {
      return List.of();
    }
    violations.check(
        items.size() <= MOST_ITEMS,
        CommonProblem.INVALID_VALUE,
        pointer,
        "must have at most " + MOST_ITEMS + " items");
    for (int i = 0; i < items.size(); i++) {
      violations.required(items.get(i), pointer + "/" + i);
    }
    return items.stream().filter(java.util.Objects::nonNull).toList();
  }
}
