package dev.quintet.common.api.tracker;

import org.jspecify.annotations.Nullable;

/**
 * What the seed's {@code upsert_instance_assignment} returns.
 *
 * @param assignedShardId null with {@code none_available}: all shards are held
 * @param totalShards the cluster's number, whatever was asked for
 * @param assignmentStrategy first_assignment, available_slot, existing_assignment, none_available
 */
public record SeedAssignment(
    String instanceId,
    String clusterName,
    @Nullable Integer assignedShardId,
    int totalShards,
    String assignmentStrategy,
    boolean isNewAssignment) {}
