package dev.quintet.common.api.autoscaler;

import java.time.Instant;
import java.util.List;

/** How often what was done, by whom, between two instants. */
public record AuditSummary(
    Instant from,
    Instant to,
    long total,
    long failures,
    List<Count> byCategory,
    List<Count> byAction,
    List<Count> byUser) {

  /** The most frequent first; users are the ten most frequent. */
  public record Count(String name, long count) {}
}
