package dev.quintet.common.api.coordination;

import org.jspecify.annotations.Nullable;

/**
 * Something that the service does again and again.
 *
 * @param schedule a duration, a cron expression in UTC, or {@code off}
 * @param recorded whether each of its runs stands in scheduled_job_runs
 * @param running whether a replica is at it now
 * @param lastRun the latest on record; null: none
 */
public record MaintenanceJob(
    String name, String schedule, boolean recorded, boolean running, @Nullable JobRun lastRun) {}
