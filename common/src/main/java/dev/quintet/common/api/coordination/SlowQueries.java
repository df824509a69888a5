package dev.quintet.common.api.coordination;

import java.util.List;

/** Statements of the database that take long on average, the slowest first; 20 at most. */
public record SlowQueries(int thresholdMs, List<SlowQuery> items) {
  public SlowQueries {
    items = List.copyOf(items);
  }

  /**
   * A statement, with its constants taken out.
   *
   * @param meanTime milliseconds
   * @param totalTime milliseconds
   */
  public record SlowQuery(String query, long calls, double meanTime, double totalTime) {}
}
