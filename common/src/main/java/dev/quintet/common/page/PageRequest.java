package dev.quintet.common.page;

import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which page a client wants: {@code ?limit=50&cursor=…}. */
public record PageRequest(int limit, Optional<Cursor> cursor) {
  public static final int LARGEST = 200;
  public static final int USUAL = 50;

  /**
   * Reads the two query parameters as they came, so that one answer tells all that is wrong.
   *
   * @param columns how many values this list's cursors have
   */
  public static PageRequest of(@Nullable String limit, @Nullable String cursor, int columns) {
    var violations = new Violations();
    int rows = limit == null ? USUAL : number(limit);
    violations.checkParameter(
        rows >= 1 && rows <= LARGEST,
        CommonProblem.INVALID_LIMIT,
        "limit",
        "must be a number from 1 to " + LARGEST);
    violations.orThrow();
    return new PageRequest(
        rows, Optional.ofNullable(cursor).map(text -> Cursor.decoded(text, columns)));
  }

  /** What to put in the statement's LIMIT. */
  public int fetch() {
    return limit + 1;
  }

  private static int number(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
