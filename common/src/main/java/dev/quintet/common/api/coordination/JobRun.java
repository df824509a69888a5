package dev.quintet.common.api.coordination;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One run of a job.
 *
 * @param fireTime when it was due; the same for all replicas
 * @param replicaId the replica that ran it
 * @param finishedAt null while it runs, or after its replica has crashed
 * @param outcome what was done, such as {@code deleted=12}; {@code failed: …}, {@code crashed}, or
 *     {@code skipped} where the run before it still went on
 */
public record JobRun(
    String jobName,
    Instant fireTime,
    String replicaId,
    Instant startedAt,
    @Nullable Instant finishedAt,
    @Nullable String outcome) {}
