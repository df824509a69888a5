package dev.quintet.common.api.autoscaler;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What a seasonal policy does with its forecast. */
public enum ForecastMode {
  /** It is shown and compared; no decision follows it. */
  FORECAST_ONLY,
  /** It raises the number of instances ahead of demand; it never lowers it. */
  FORECAST_AND_SCALE;

  @JsonCreator
  public static ForecastMode of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  @JsonValue
  public String json() {
    return name().toLowerCase(Locale.ROOT);
  }
}
