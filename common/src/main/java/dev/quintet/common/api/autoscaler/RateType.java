package dev.quintet.common.api.autoscaler;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What a rate's value counts. */
public enum RateType {
  /** Percent of the target at the period's start. */
  PERCENT,
  INSTANCES;

  @JsonCreator
  public static RateType of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  @JsonValue
  public String json() {
    return name().toLowerCase(Locale.ROOT);
  }
}
