package dev.quintet.common.api.tracker;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of the seed's {@code upsert_instance_assignment}: one shard, unfenced, for 5
 * minutes. The function itself checks names and numbers.
 *
 * @param pTotalShards counts only when this call makes the cluster (default 2)
 */
public record SeedAssignmentRequest(
    @InvalidAs("invalid_instance_id") @Nullable String pInstanceId,
    @InvalidAs("invalid_cluster_name") @Nullable String pClusterName,
    @Nullable String pHostname,
    @InvalidAs("invalid_pod_ip") @Nullable String pPodIp,
    @Nullable String pNodeName,
    @Nullable String pNamespace,
    @Nullable String pBotVersion,
    @Nullable String pDeploymentVersion,
    @InvalidAs("invalid_total_shards") @Nullable Integer pTotalShards) {
  private static final int LONGEST_TEXT = 253;
  private static final int LONGEST_VERSION = 128;

  public SeedAssignmentRequest {
    var violations = new Violations();
    violations.required(pInstanceId, "/p_instance_id");
    violations.required(pClusterName, "/p_cluster_name");
    Names.checkText(violations, pHostname, LONGEST_TEXT, "/p_hostname");
    Names.checkText(violations, pNodeName, LONGEST_TEXT, "/p_node_name");
    Names.checkText(violations, pNamespace, LONGEST_TEXT, "/p_namespace");
    Names.checkText(violations, pBotVersion, LONGEST_VERSION, "/p_bot_version");
    Names.checkText(violations, pDeploymentVersion, LONGEST_VERSION, "/p_deployment_version");
    violations.orThrow();
  }
}
