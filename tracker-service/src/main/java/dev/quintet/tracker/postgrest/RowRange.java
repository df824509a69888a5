package dev.quintet.tracker.postgrest;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which of the rows found: {@code limit} and {@code offset}, cut by a {@code Range} header.
 *
 * @param limit null: all, up to {@link #most}
 */
record RowRange(long offset, @Nullable Long limit) {
  static final RowRange ALL = new RowRange(0, null);

  private static final Pattern HEADER = Pattern.compile("(\\d{1,18})-(\\d{1,18})?");

  /** As PostgREST does, a header that is no range is ignored. */
  RowRange within(@Nullable String header) {
    var range = header == null ? null : HEADER.matcher(header.strip());
    if (range == null || !range.matches()) {
      return this;
    }
    long from = Long.parseLong(range.group(1));
    if (range.group(2) == null) {
      return new RowRange(Math.max(offset, from), limit);
    }
    long to = Long.parseLong(range.group(2));
    if (to < from) {
      throw Refused.unsatisfiableRange(
          "The lower boundary must be lower than or equal to the upper boundary in the Range"
              + " header.");
    }
    long first = Math.max(offset, from);
    long last = limit == null ? to : Math.min(to, offset + limit - 1);
    return new RowRange(first, Math.max(0, last - first + 1));
  }

  /** At most so many rows leave at once. */
  RowRange most(long rows) {
    return new RowRange(offset, limit == null ? rows : Math.min(limit, rows));
  }

  boolean everything() {
    return offset == 0 && limit == null;
  }
}
