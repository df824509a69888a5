package dev.quintet.common.api.autoscaler;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.time.Instant;

/**
 * A scaling policy as it stands; its settings stand beside the rest, under the names that {@link
 * PolicyRequest} has, so that what was read can be sent back.
 *
 * @param enabled it takes part in decisions
 * @param dryRun it is computed and shown; no target follows it
 * @param version raised by each change; the ETag
 */
public record Policy(
    int id,
    int poolId,
    String name,
    PolicyType type,
    boolean enabled,
    boolean dryRun,
    int version,
    Instant createdAt,
    Instant updatedAt,
    @JsonUnwrapped @JsonTypeInfo(use = JsonTypeInfo.Id.NONE) PolicySpec spec) {}
