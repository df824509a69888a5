package dev.quintet.common.api.autoscaler;

import com.fasterxml.jackson.annotation.JsonUnwrapped;

/**
 * How fast a pool may follow its wishes.
 *
 * @param version 0: it was given none, and these are the defaults; the ETag
 */
public record PoolBehavior(int poolId, int version, @JsonUnwrapped BehaviorSpec spec) {}
