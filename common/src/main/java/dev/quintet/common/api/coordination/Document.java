package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What is cached about, and hashed. */
public record Document(
    UUID id,
    @Nullable UUID userId,
    String status,
    @Nullable String contentHash,
    @Nullable String perceptualHash,
    @Nullable String title,
    @Nullable JsonNode metadata,
    Instant createdAt,
    @Nullable Instant updatedAt) {}
