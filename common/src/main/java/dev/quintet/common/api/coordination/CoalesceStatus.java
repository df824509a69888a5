package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonValue;

/** Where a promise is. */
public enum CoalesceStatus {
  /** Somebody computes. */
  PENDING("pending"),
  /** There is a result. */
  DONE("done"),
  /** There is an error. */
  FAILED("failed");

  private final String label;

  CoalesceStatus(String label) {
    this.label = label;
  }

  @JsonValue
  public String label() {
    return label;
  }

  /** As it stands in JSON. */
  @Override
  public String toString() {
    return label;
  }
}
