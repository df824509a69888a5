package dev.quintet.common.api.autoscaler;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A version of a node's configuration.
 *
 * @param yamlConfig byte for byte as it was sent
 * @param configHash SHA-256 of its UTF-8 bytes, in hex; with quotes, the ETag
 * @param isActive of a node's versions, one
 * @param createdBy a row of users; null for machines and the agent itself
 */
public record NodeConfiguration(
    int id,
    int nodeId,
    String yamlConfig,
    String configHash,
    boolean isActive,
    Instant createdAt,
    @Nullable Integer createdBy,
    @Nullable String note) {}
