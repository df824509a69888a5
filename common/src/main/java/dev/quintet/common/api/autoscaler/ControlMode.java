package dev.quintet.common.api.autoscaler;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How far the service may act on a pool. */
public enum ControlMode {
  /** No decisions. */
  OFF,
  /** Decisions are made and stored; the target stays. */
  ADVISORY,
  /** Decisions set the target. */
  MANAGED;

  @JsonCreator
  public static ControlMode of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  @JsonValue
  public String json() {
    return name().toLowerCase(Locale.ROOT);
  }
}
