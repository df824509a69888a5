package dev.quintet.common.api.tracker;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * Something that an operator should look at.
 *
 * @param kind shard_beyond_total, mixed_totals, unfenced, guilds_near_limit, guilds_over_limit,
 *     double_holder or projection_mismatch
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Anomaly(
    String kind, String clusterName, int shardId, @Nullable String instanceId, JsonNode detail) {}
