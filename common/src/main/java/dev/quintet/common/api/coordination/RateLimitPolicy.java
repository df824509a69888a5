package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A policy as it stands.
 *
 * @param tier null: every tier
 * @param version rises with each change; the ETag
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RateLimitPolicy(
    String name,
    String modelPattern,
    @Nullable String tier,
    List<RateWindow> windows,
    FailMode failMode,
    boolean shadow,
    int priority,
    boolean enabled,
    int version,
    Instant updatedAt) {}
