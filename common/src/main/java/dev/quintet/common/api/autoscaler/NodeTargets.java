package dev.quintet.common.api.autoscaler;

import java.time.Instant;
import java.util.List;

/** The targets of a node's pools, between two heartbeats. */
public record NodeTargets(Instant serverTime, List<PoolTarget> targets) {}
