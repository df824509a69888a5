package dev.quintet.tracker.postgrest;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The query string, understood.
 *
 * @param select name in the reply → column, in order
 * @param arguments what is no filter: the arguments of a function called by GET
 */
record Query(
    Map<String, Column> select,
    List<Filter> filters,
    List<Order> order,
    RowRange range,
    Optional<List<Column>> columns,
    Optional<List<Column>> onConflict,
    Map<String, String> arguments) {

  /**
   * @param nullsFirst null: as PostgreSQL does by itself
   */
  record Order(Column column, boolean descending, @Nullable Boolean nullsFirst) {}
}
