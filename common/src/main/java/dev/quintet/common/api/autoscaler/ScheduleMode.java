package dev.quintet.common.api.autoscaler;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What a schedule's number means while its window is open. */
public enum ScheduleMode {
  /** So many, whatever the metrics say. */
  EXACT,
  /** At least so many; metrics may ask for more. */
  FLOOR,
  /** At most so many. */
  CEILING;

  @JsonCreator
  public static ScheduleMode of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  @JsonValue
  public String json() {
    return name().toLowerCase(Locale.ROOT);
  }
}
