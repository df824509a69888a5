package dev.quintet.common.api.autoscaler;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Which of several rates limits a change. */
public enum RateSelect {
  /** The one that allows the larger change. */
  MAX,
  /** The one that allows the smaller change. */
  MIN,
  /** None: no change in this direction. */
  DISABLED;

  @JsonCreator
  public static RateSelect of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  @JsonValue
  public String json() {
    return name().toLowerCase(Locale.ROOT);
  }
}
