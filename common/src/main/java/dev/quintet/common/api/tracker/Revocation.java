package dev.quintet.common.api.tracker;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What was taken from whom; {@code revoked} is false when nobody held the shard.
 *
 * @param epoch of the grant that is over
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Revocation(
    String clusterName,
    int shardId,
    boolean revoked,
    @Nullable String instanceId,
    long epoch,
    @Nullable Instant heldUntil) {}
