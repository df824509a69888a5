package dev.quintet.common.api.tracker;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A cluster: the bots of one application that share one number of shards.
 *
 * @param generation the layout that serves; a reshard makes the next one
 * @param assignmentVersion rises with every placement; the ETag of all reads of the cluster
 * @param configVersion what If-Match of a change must name
 * @param holdReason why no shard of another holder is taken for now: database_restarted or
 *     mass_expiry
 * @param holdUntil when that ends
 * @param next the layout that a running reshard prepares
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Cluster(
    String clusterName,
    String applicationId,
    int generation,
    int totalShards,
    int maxConcurrency,
    int shardMultiple,
    long leaseTtlMs,
    long heartbeatIntervalMs,
    long takeoverGraceMs,
    long resumeMaxAgeMs,
    long identifyUseWithinMs,
    FencingMode fencingMode,
    int maxMovesPerMinute,
    @Nullable Integer identifyReserve,
    long assignmentVersion,
    int configVersion,
    @Nullable String holdReason,
    @Nullable Instant holdUntil,
    @Nullable NextLayout next,
    ShardCounts shards,
    InstanceCounts instances,
    long guildCount,
    Instant createdAt,
    Instant updatedAt) {

  public record NextLayout(int generation, int totalShards, String state) {}

  /**
   * Shards of the serving layout.
   *
   * @param live held and renewed in time; ready and unfenced are among them
   * @param expired held, but not renewed in time
   * @param reserved kept for somebody for a moment
   * @param unfenced held by way of the seed's table or functions
   */
  public record ShardCounts(
      int live, int ready, int expired, int free, int reserved, int unfenced) {}

  public record InstanceCounts(int active, int standby, int draining) {}
}
