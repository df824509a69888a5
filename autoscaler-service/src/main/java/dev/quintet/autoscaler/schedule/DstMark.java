package dev.quintet.autoscaler.schedule;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What a change of the zone's offset does to one opening of a window. */
public enum DstMark {
  NONE,
  /** The clock jumps over the whole window: it does not open that day. */
  SKIPPED,
  SHORTENED,
  LENGTHENED;

  @JsonValue
  public String json() {
    return name().toLowerCase(Locale.ROOT);
  }
}
