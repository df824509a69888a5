package dev.quintet.common.api.tracker;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened to a cluster, a shard or an instance. Written in the transaction of the
 * change itself.
 *
 * @param id rises in the order of commits, over all clusters; whoever has seen it has seen all
 *     before it
 * @param clusterSeq numbers the cluster's events without gaps
 * @param kind such as shard.acquired
 * @param epoch of the grant that the event is about
 * @param actor who caused it: a token's name, or tracker
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ShardEvent(
    long id,
    Instant at,
    String clusterName,
    long clusterSeq,
    String kind,
    @Nullable Integer generation,
    @Nullable Integer shardId,
    @Nullable Long epoch,
    @Nullable String instanceId,
    @Nullable String actor,
    JsonNode detail) {}
