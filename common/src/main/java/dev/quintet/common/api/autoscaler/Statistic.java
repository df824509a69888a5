package dev.quintet.common.api.autoscaler;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How the samples of a policy's window become one value. */
public enum Statistic {
  AVG,
  MIN,
  MAX,
  P50,
  P95,
  P99;

  @JsonCreator
  public static Statistic of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  @JsonValue
  public String json() {
    return name().toLowerCase(Locale.ROOT);
  }
}
