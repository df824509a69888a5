package dev.quintet.common.api.coordination;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened to a model's key.
 *
 * @param event put, leased, rotated, rewrapped, slot_out or revoked
 * @param actor subject of the caller; null: the service itself
 */
public record ApiKeyAudit(
    long id,
    String model,
    @Nullable String slot,
    @Nullable Integer version,
    String event,
    @Nullable String actor,
    @Nullable String purpose,
    Instant at) {}
