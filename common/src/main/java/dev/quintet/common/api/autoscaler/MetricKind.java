package dev.quintet.common.api.autoscaler;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What a tracked metric measures. */
public enum MetricKind {
  /** A mean over the pool's instances, such as CPU in percent. */
  UTILIZATION,
  /** A sum for the whole pool, such as a queue's length; can leave zero. */
  TOTAL;

  @JsonCreator
  public static MetricKind of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  @JsonValue
  public String json() {
    return name().toLowerCase(Locale.ROOT);
  }
}
