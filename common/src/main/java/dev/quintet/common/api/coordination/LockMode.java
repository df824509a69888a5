package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;

/** Who may hold a lock beside the holder. */
public enum LockMode {
  /** Nobody. */
  EXCLUSIVE,
  /** Others who share it. */
  SHARED,
  /** As many as the semaphore of the lock's name has permits. */
  PERMIT;

  @JsonCreator
  static LockMode of(String label) {
    return Arrays.stream(values())
        .filter(mode -> mode.label().equals(label))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(label));
  }

  /** As the database spells it. */
  @JsonValue
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  @Override
  public String toString() {
    return label();
  }
}
