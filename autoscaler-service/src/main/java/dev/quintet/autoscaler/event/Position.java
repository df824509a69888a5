package dev.quintet.autoscaler.event;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A place in the order of events: by transaction, then by id. Ids alone would not do, as
 * transactions commit in another order than they take them.
 */
record Position(long xid, long id) implements Comparable<Position> {
  private static final Pattern FORM = Pattern.compile("([0-9]{1,18})-([0-9]{1,18})");
  private static final Comparator<Position> ORDER =
      Comparator.comparingLong(Position::xid).thenComparingLong(Position::id);

  /** Empty: not what a stream gives as an event's id. */
  static Optional<Position> of(String text) {
    var parts = FORM.matcher(text);
    return parts.matches()
        ? Optional.of(new Position(Long.parseLong(parts.group(1)), Long.parseLong(parts.group(2))))
        : Optional.empty();
  }

  @Override
  public int compareTo(Position other) {
    return ORDER.compare(this, other);
  }

  /** What an event of the stream has as its id. */
  @Override
  public String toString() {
    return xid + "-" + id;
  }
}
