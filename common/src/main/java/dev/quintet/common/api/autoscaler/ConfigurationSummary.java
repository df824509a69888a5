package dev.quintet.common.api.autoscaler;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A version of a node's configuration, without its text.
 *
 * @param bytes length of the text in UTF-8
 */
public record ConfigurationSummary(
    int id,
    int nodeId,
    String configHash,
    int bytes,
    boolean isActive,
    Instant createdAt,
    @Nullable Integer createdBy,
    @Nullable String note) {}
