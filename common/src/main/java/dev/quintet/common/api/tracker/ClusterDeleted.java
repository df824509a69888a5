package dev.quintet.common.api.tracker;

/** The cluster is gone; {@code revoked} shards were held. */
public record ClusterDeleted(String clusterName, int revoked) {}
