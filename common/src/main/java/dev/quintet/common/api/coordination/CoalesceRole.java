package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonValue;

/** What a caller is to do about a value that many want. */
public enum CoalesceRole {
  /** Compute it, and complete the promise. */
  LEADER("leader"),
  /** Wait for it. */
  FOLLOWER("follower"),
  /** Compute it for itself, and tell nobody. */
  BYPASS("bypass");

  private final String label;

  CoalesceRole(String label) {
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
