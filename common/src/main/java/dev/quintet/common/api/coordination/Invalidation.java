package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;

/**
 * An invalidation that has been done: copies of these values are out of date.
 *
 * @param payload as the seed has it: operation, table, id, timestamp, invalidate_patterns; of one
 *     by hand what was asked for
 * @param keys that were known to be meant
 * @param doneAt when the values were gone
 */
public record Invalidation(long outboxId, JsonNode payload, List<String> keys, Instant doneAt) {
  public Invalidation {
    keys = List.copyOf(keys);
  }
}
