package dev.quintet.common.api.tracker;

/**
 * How many instances of a cluster sent a heartbeat within the window.
 *
 * @param activeShards shards that they hold
 */
public record ActiveInstances(
    String clusterName, int activeInstances, int activeShards, int totalShards) {}
