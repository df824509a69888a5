package dev.quintet.common.api.autoscaler;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An instance pool.
 *
 * @param oraclePoolId the cloud's id of it; never changes
 * @param currentInstances as last seen; may be outside the limits, which then shows as a warning
 * @param limitsSource who set the limits: api, config or default
 * @param version rises with each change by hand; with quotes, the ETag
 * @param lastSeenAt when a heartbeat last told of it
 * @param targetInstances the standing target; null before the first decision
 * @param generation of that target
 */
public record Pool(
    int id,
    int nodeId,
    String oraclePoolId,
    String name,
    String region,
    int minInstances,
    int maxInstances,
    int currentInstances,
    PoolStatus status,
    Instant createdAt,
    ControlMode controlMode,
    String limitsSource,
    int version,
    @Nullable Instant lastSeenAt,
    @Nullable Integer targetInstances,
    @Nullable Long generation,
    @Nullable LastDecision lastDecision) {

  /** The last decision about a pool, in short. */
  public record LastDecision(
      long id, Instant at, String event, String code, int current, int target, boolean dryRun) {}
}
