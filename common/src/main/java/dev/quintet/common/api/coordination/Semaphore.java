package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A semaphore.
 *
 * @param inUse permits of live leases
 * @param queueLength how many wait for permits
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Semaphore(
    String name,
    int permits,
    int inUse,
    int available,
    int queueLength,
    @Nullable String createdBy,
    Instant updatedAt) {}
