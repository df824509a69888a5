package dev.quintet.common.api.tracker;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An instance that has not been heard of for longer than the threshold.
 *
 * @param status of its row in the seed's table, if it has one
 * @param shardIds what it still holds
 * @param live a lease protects at least one of them
 * @param cleanable a cleanup with this threshold removes its row
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record StaleInstance(
    String clusterName,
    String instanceId,
    @Nullable String status,
    @Nullable String state,
    Instant lastHeartbeat,
    long ageS,
    List<Integer> shardIds,
    boolean live,
    boolean cleanable) {}
