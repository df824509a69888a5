package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What a rate limit does while Redis cannot be asked. */
public enum FailMode {
  /** 503 rate_limiter_unavailable. */
  CLOSED,
  /** Everything is allowed. */
  OPEN,
  /** Each replica counts its share of the limit by itself. */
  LOCAL;

  @JsonCreator
  public static FailMode of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  @JsonValue
  public String json() {
    return name().toLowerCase(Locale.ROOT);
  }
}
