package dev.quintet.common.api.tracker;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Evens out the load of the pods.
 *
 * @param by what to count (default shards)
 * @param dryRun only tell what would move
 */
public record RebalanceRequest(@Nullable Load by, @Nullable Boolean dryRun) {

  /** The load of a pod. */
  public enum Load {
    SHARDS,
    GUILD_COUNT;

    @JsonCreator
    static Load of(String name) {
      return valueOf(name.toUpperCase(Locale.ROOT));
    }

    @JsonValue
    public String json() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
