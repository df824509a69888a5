package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A stored metric.
 *
 * @param metricValue with up to 4 decimals
 * @param timestamp when it was measured
 * @param createdAt when it was stored
 */
public record PerformanceMetric(
    UUID id,
    String metricType,
    String metricName,
    BigDecimal metricValue,
    @Schema(type = SchemaType.OBJECT) @Nullable JsonNode dimensions,
    Instant timestamp,
    @Nullable Instant createdAt) {}
