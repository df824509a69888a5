package dev.quintet.common.page;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One page of a list. Without {@code next_cursor} it is the last. */
public record Page<T>(List<T> items, @Nullable String nextCursor) {

  /**
   * From rows that were asked for with {@link PageRequest#fetch()}: one more than fits tells that
   * there is a next page, and is not shown.
   */
  public static <T> Page<T> of(List<T> rows, PageRequest request, Function<T, Cursor> position) {
    if (rows.size() <= request.limit()) {
      return new Page<>(rows, null);
    }
    var shown = rows.subList(0, request.limit());
    return new Page<>(List.copyOf(shown), position.apply(shown.getLast()).encoded());
  }
}
