package dev.quintet.tracker.postgrest;

import java.util.List;

/** One condition of the query string, such as {@code shard_id=not.in.(1,2)}. */
record Filter(Column column, boolean negated, Test test) {
  sealed interface Test {}

  /**
   * @param operator SQL, from {@link QueryParser}'s list
   */
  record Compares(String operator, String value) implements Test {}

  record OneOf(List<String> values) implements Test {
    public OneOf {
      values = List.copyOf(values);
    }
  }

  /**
   * @param state SQL: NULL, TRUE, FALSE or UNKNOWN
   */
  record Is(String state) implements Test {}
}
