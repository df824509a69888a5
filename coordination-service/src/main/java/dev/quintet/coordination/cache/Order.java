package dev.quintet.coordination.cache;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Something to be emptied, as a row of the outbox has it.
 *
 * @param keys values that were known to be meant when it was written
 */
record Order(long id, Payload payload, List<String> keys) {
  static final String BY_HAND = "by_hand";

  /**
   * What has changed: of a trigger operation, table and id; of a call by hand one of the others.
   */
  @RegisterForReflection
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Payload(
      @Nullable String operation,
      @Nullable String table,
      @Nullable UUID id,
      @Nullable UUID documentId,
      @Nullable UUID userId,
      @Nullable String model,
      @Nullable String pattern) {
    static final Payload NOTHING = new Payload(null, null, null, null, null, null, null);

    boolean by(String name) {
      return name.equals(table);
    }
  }

  boolean byHand() {
    return payload.by(BY_HAND);
  }
}
