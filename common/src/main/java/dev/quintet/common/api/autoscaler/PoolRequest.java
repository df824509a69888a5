package dev.quintet.common.api.autoscaler;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Makes a pool.
 *
 * @param nodeId the node that watches it
 * @param oraclePoolId the cloud's id of it, of no other pool
 * @param region the node's unless said
 * @param minInstances 1 unless said
 * @param maxInstances 10 unless said
 * @param currentInstances as many as there are now; 1 unless said
 */
public record PoolRequest(
    @Nullable Integer nodeId,
    @InvalidAs("invalid_name") @Nullable String oraclePoolId,
    @InvalidAs("invalid_name") @Nullable String name,
    @InvalidAs("invalid_name") @Nullable String region,
    @InvalidAs("limits_invalid") @Nullable Integer minInstances,
    @InvalidAs("limits_invalid") @Nullable Integer maxInstances,
    @InvalidAs("count_invalid") @Nullable Integer currentInstances) {
  private static final int USUAL_MIN = 1;
  private static final int USUAL_MAX = 10;

  public PoolRequest {
    oraclePoolId = Texts.trimmed(oraclePoolId);
    name = Texts.trimmed(name);
    region = Texts.trimmed(region);
    var violations = new Violations();
    violations.required(nodeId, "/node_id");
    Texts.requiredName(violations, oraclePoolId, Texts.NAME, "/oracle_pool_id");
    Texts.requiredName(violations, name, Texts.NAME, "/name");
    Texts.name(violations, region, Texts.REGION, "/region");
    PoolLimits.check(
        violations,
        minInstances == null ? USUAL_MIN : minInstances,
        maxInstances == null ? USUAL_MAX : maxInstances);
    Counts.check(violations, currentInstances, "/current_instances");
    violations.orThrow();
  }

  public Integer nodeId() {
    return Objects.requireNonNull(nodeId);
  }

  public String oraclePoolId() {
    return Objects.requireNonNull(oraclePoolId);
  }

  public String name() {
    return Objects.requireNonNull(name);
  }

  public int min() {
    return minInstances == null ? USUAL_MIN : minInstances;
  }

  public int max() {
    return maxInstances == null ? USUAL_MAX : maxInstances;
  }

  public int current() {
    return currentInstances == null ? 1 : currentInstances;
  }
}
