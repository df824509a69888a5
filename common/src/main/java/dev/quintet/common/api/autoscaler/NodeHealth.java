package dev.quintet.common.api.autoscaler;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How lately a node was heard of. */
public enum NodeHealth {
  /** Its last heartbeat is at most two intervals old. */
  FRESH,
  /** It missed more than one, but is not counted as offline yet. */
  STALE,
  /** Its status is OFFLINE, or it never sent a heartbeat. */
  OFFLINE;

  @JsonCreator
  static NodeHealth of(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }

  @JsonValue
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
