package dev.quintet.common.api.tracker;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What a pod does while the tracker cannot be reached. */
public enum FencingMode {
  /** It stops at its deadline: never two holders. */
  STRICT,
  /**
   * It goes on until it is told that its lease is lost: a cut-off pod may act beside its successor.
   */
  AVAILABLE;

  @JsonCreator
  static FencingMode of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  @JsonValue
  public String json() {
    return name().toLowerCase(Locale.ROOT);
  }
}
