package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What became of a lease that was given back.
 *
 * @param released false also for a repeat
 * @param reason released, held_until_min_hold, held_again, expired, not_held or left_the_queue
 * @param holdCount how often a reentrant holder still has it
 * @param freeAt when the key is free, if its least hold is not over
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record LeaseReleased(
    boolean released, String reason, @Nullable Integer holdCount, @Nullable Instant freeAt) {}
