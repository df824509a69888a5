package dev.quintet.common.api.autoscaler;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How a policy turns measurements into a wish. */
public enum PolicyType {
  TARGET_TRACKING,
  STEP,
  THRESHOLD,
  SEASONAL;

  @JsonCreator
  public static PolicyType of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  @JsonValue
  public String json() {
    return name().toLowerCase(Locale.ROOT);
  }
}
