package dev.quintet.common.api.autoscaler;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One pool as its agent sees it.
 *
 * @param activeInstances of the current ones, those that are ready
 * @param avgCpuUtilization percent, as all utilisations
 * @param poolStatus healthy (if not given), warning or error
 * @param isActive true if not given
 * @param scalingEvent what the agent did by itself, if it did
 */
public record PoolReport(
    @Nullable String oraclePoolId,
    @Nullable @InvalidAs("count_invalid") Integer currentInstances,
    @Nullable @InvalidAs("count_invalid") Integer activeInstances,
    @Nullable @InvalidAs("percent_invalid") Double avgCpuUtilization,
    @Nullable @InvalidAs("percent_invalid") Double avgMemoryUtilization,
    @Nullable @InvalidAs("percent_invalid") Double maxCpuUtilization,
    @Nullable @InvalidAs("percent_invalid") Double maxMemoryUtilization,
    @Nullable String poolStatus,
    @Nullable Boolean isActive,
    @Nullable String scalingEvent,
    @Nullable String scalingReason) {

  private static final Set<String> STATUSES = Set.of("healthy", "warning", "error");
  private static final int LONGEST_ID = 255;
  private static final int LONGEST_EVENT = 100;
  private static final int LONGEST_REASON = 4_000;
  private static final int MOST_INSTANCES = 1_000_000;

  public PoolReport {
    var violations = new Violations();
    violations.required(oraclePoolId, "/oracle_pool_id");
    violations.check(
        oraclePoolId == null || isId(oraclePoolId),
        CommonProblem.INVALID_VALUE,
        "/oracle_pool_id",
        "must be 1 to "
            + LONGEST_ID
            + " characters without spaces at its ends or control characters");
    count(violations, currentInstances, "/current_instances");
    count(violations, activeInstances, "/active_instances");
    violations.check(
        currentInstances == null || activeInstances == null || activeInstances <= currentInstances,
        AutoscalerProblem.COUNT_INVALID,
        "/active_instances",
        "must not be more than current_instances");
    violations.required(avgCpuUtilization, "/avg_cpu_utilization");
    violations.required(avgMemoryUtilization, "/avg_memory_utilization");
    percent(violations, avgCpuUtilization, "/avg_cpu_utilization");
    percent(violations, avgMemoryUtilization, "/avg_memory_utilization");
    percent(violations, maxCpuUtilization, "/max_cpu_utilization");
    percent(violations, maxMemoryUtilization, "/max_memory_utilization");
    poolStatus = poolStatus == null ? "healthy" : poolStatus;
    violations.check(
        STATUSES.contains(poolStatus),
        AutoscalerProblem.INVALID_STATUS,
        "/pool_status",
        "must be healthy, warning or error");
    text(violations, scalingEvent, LONGEST_EVENT, "/scaling_event");
    text(violations, scalingReason, LONGEST_REASON, "/scaling_reason");
    isActive = isActive == null || isActive;
    violations.orThrow();
  }

  private static boolean isId(String id) {
    return !id.isEmpty()
        && id.length() <= LONGEST_ID
        && id.strip().length() == id.length()
        && id.chars().noneMatch(Character::isISOControl);
  }

  private static void count(Violations violations, @Nullable Integer count, String pointer) {
    violations.required(count, pointer);
    violations.check(
        count == null || (count >= 0 && count <= MOST_INSTANCES),
        AutoscalerProblem.COUNT_INVALID,
        pointer,
        "must be 0 to " + MOST_INSTANCES);
  }

  private static void percent(Violations violations, @Nullable Double percent, String pointer) {
    violations.check(
        percent == null || (percent >= 0 && percent <= 100),
        AutoscalerProblem.PERCENT_INVALID,
        pointer,
        "must be 0 to 100");
  }

  private static void text(Violations violations, @Nullable String text, int most, String pointer) {
    violations.check(
        text == null || text.length() <= most,
        CommonProblem.INVALID_VALUE,
        pointer,
        "must be at most " + most + " characters");
  }
}
