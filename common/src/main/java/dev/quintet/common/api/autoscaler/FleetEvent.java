package dev.quintet.common.api.autoscaler;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened.
 *
 * @param kind node, pool, decision, target, config or override: also the event's name in the stream
 * @param payload what happened, by kind
 */
public record FleetEvent(
    String kind,
    Instant at,
    @Nullable Integer nodeId,
    @Nullable Integer poolId,
    JsonNode payload) {}
