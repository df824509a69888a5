package dev.quintet.common.api.tracker;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of the seed's {@code get_next_available_shard}.
 *
 * @param pActiveThreshold an interval as PostgreSQL reads it, such as {@code 5 minutes} (default)
 */
public record NextShardRequest(
    @InvalidAs("invalid_cluster_name") @Nullable String pClusterName,
    @InvalidAs("invalid_total_shards") @Nullable Integer pTotalShards,
    @InvalidAs("invalid_threshold") @Nullable String pActiveThreshold) {
  public NextShardRequest {
    var violations = new Violations();
    violations.required(pClusterName, "/p_cluster_name");
    violations.orThrow();
  }
}
