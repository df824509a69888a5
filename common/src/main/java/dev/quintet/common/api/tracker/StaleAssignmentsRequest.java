package dev.quintet.common.api.tracker;

import dev.quintet.common.json.InvalidAs;
import org.jspecify.annotations.Nullable;

/**
 * The argument of the seed's {@code cleanup_stale_assignments}.
 *
 * @param pStaleThreshold an interval as PostgreSQL reads it, such as {@code 10 minutes} (default)
 */
public record StaleAssignmentsRequest(
    @InvalidAs("invalid_threshold") @Nullable String pStaleThreshold) {}
