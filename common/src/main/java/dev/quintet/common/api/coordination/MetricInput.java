package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.databind.JsonNode;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * One measured value. A fault in it is told in the answer by its index, and is no reason to refuse
 * the others; so everything here is as it was sent.
 *
 * @param id a UUID; with the timestamp it makes a repeat known. A random one if absent
 * @param metricType 1 to 100 characters
 * @param metricName 1 to 200 characters
 * @param metricValue below 1,000,000 either way; rounded half-even to 4 decimals
 * @param dimensions an object of up to 8 KiB
 * @param timestamp from as long ago as metrics are kept to an hour ahead; now if absent
 */
public record MetricInput(
    @Schema(format = "uuid") @Nullable String id,
    @Nullable String metricType,
    @Nullable String metricName,
    @Schema(type = SchemaType.NUMBER) @Nullable JsonNode metricValue,
    @Schema(type = SchemaType.OBJECT) @Nullable JsonNode dimensions,
    @Schema(format = "date-time") @Nullable String timestamp) {}
