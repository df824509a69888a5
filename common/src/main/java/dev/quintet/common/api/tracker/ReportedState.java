package dev.quintet.common.api.tracker;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How a pod says that a shard of its is. */
public enum ReportedState {
  /** Connecting, identifying or resuming. */
  CONNECTING,
  /** READY or RESUMED came. */
  READY,
  /** Stopped acting on request; what it handled last is in last_event_id. */
  PAUSED;

  @JsonCreator
  static ReportedState of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  @JsonValue
  public String json() {
    return name().toLowerCase(Locale.ROOT);
  }
}
