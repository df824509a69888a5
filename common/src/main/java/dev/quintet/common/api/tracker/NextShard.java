package dev.quintet.common.api.tracker;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The seed's advice; it reserves nothing.
 *
 * @param shardId null with {@code none_available}
 * @param assignmentStrategy first_assignment, available_slot, none_available
 */
public record NextShard(
    @Nullable Integer shardId, String assignmentStrategy, List<Integer> activeShards) {}
