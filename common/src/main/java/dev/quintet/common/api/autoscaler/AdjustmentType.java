package dev.quintet.common.api.autoscaler;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What a step's adjustment counts. */
public enum AdjustmentType {
  /** Instances. */
  CHANGE,
  /** Percent of the ready instances. */
  PERCENT;

  @JsonCreator
  public static AdjustmentType of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  @JsonValue
  public String json() {
    return name().toLowerCase(Locale.ROOT);
  }
}
