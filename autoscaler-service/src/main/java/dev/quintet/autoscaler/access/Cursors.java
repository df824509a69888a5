package dev.quintet.autoscaler.access;

import dev.quintet.common.page.Cursor;
import dev.quintet.common.page.PageRequest;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;

/** Where the page of a list starts, by the kinds of columns that our lists are ordered by. */
public final class Cursors {
  private static final OffsetDateTime END = OffsetDateTime.parse("9999-12-31T23:59:59Z");

  private Cursors() {}

  /** Of a list by rising int4 ids: the id to start behind. */
  public static int id(PageRequest page) {
    long id = page.cursor().map(cursor -> cursor.number(0)).orElse(0L);
    if (id < 0 || id > Integer.MAX_VALUE) {
      throw Cursor.invalid();
    }
    return (int) id;
  }

  /** Of a list by falling ids: the id to start below. */
  public static long below(PageRequest page) {
    return page.cursor().map(cursor -> cursor.number(0)).orElse(Long.MAX_VALUE);
  }

  /** Of a list by falling times, which are its cursors' first value: the time to start below. */
  public static OffsetDateTime before(PageRequest page) {
    return page.cursor().map(cursor -> time(cursor.text(0))).orElse(END);
  }

  private static OffsetDateTime time(String text) {
    try {
      var at = Instant.parse(text).atOffset(ZoneOffset.UTC);
      if (at.getYear() >= 1970 && !at.isAfter(END)) {
        return at;
      }
    } catch (DateTimeException e) {
      // falls through to the one answer for every broken cursor
    }
    throw Cursor.invalid();
  }
}
