package dev.quintet.coordination.testing;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/**
 * What clients of exclusive locks saw, and whether a correct lock service can have shown it to
 * them. Only what clients saw counts: each operation happened somewhere between the moment its
 * request was sent and the moment its answer came, by one monotonic clock. Made for many threads;
 * {@link #violations()} is asked once all have ended.
 *
 * <ul>
 *   <li>Holds of a key do not overlap. A hold begins when the grant's answer comes, and ends when
 *       its client sends the release or stops to rely on it.
 *   <li>No token is given twice, and tokens of a key rise: what was granted before another request
 *       was even sent has the lower token, and so has the hold that ended first.
 *   <li>Nobody passes those who wait: who was in line before another sent its request has the lower
 *       token. Who left the line, or died in it, has none and does not count.
 * </ul>
 */
public final class LockHistory {
  /** What a client did. */
  public enum Kind {
    ACQUIRE,
    RELEASE,
    /** It stopped to rely on its lease, since that may have run out: nothing was sent. */
    LET_GO
  }

  /** How it ended. Whatever has no answer is unknown. */
  public enum Outcome {
    GRANTED,
    REFUSED,
    DONE,
    UNKNOWN
  }

  /**
   * One operation of one client.
   *
   * @param lease the same for all operations on one lease
   * @param token of a grant; else 0
   * @param invoked when the request was sent, in nanoseconds
   * @param returned when the answer came
   */
  public record Operation(
      Kind kind,
      String key,
      String lease,
      long token,
      long invoked,
      long returned,
      Outcome outcome) {}

  private record Grant(String lease, long token, long asked, long begun) {}

  private record Hold(Grant grant, long ended) {}

  private final Collection<Operation> operations = new ConcurrentLinkedQueue<>();
  private final Map<String, Long> inLine = new ConcurrentHashMap<>();

  public void add(Operation operation) {
    operations.add(operation);
  }

  /** Somebody saw that the lease's client stands in line; the first sight counts. */
  public void seenInLine(String lease, long at) {
    inLine.merge(lease, at, Math::min);
  }

  public int size() {
    return operations.size();
  }

  public long grants() {
    return operations.stream().filter(LockHistory::granted).count();
  }

  /** Of those who stood in line: how many were granted. */
  public long handOvers() {
    return operations.stream()
        .filter(operation -> granted(operation) && inLine.containsKey(operation.lease()))
        .count();
  }

  /** What cannot have been; empty if all can. */
  public List<String> violations() {
    var found = new ArrayList<String>();
    var tokens = new HashSet<Long>();
    operations.stream()
        .filter(operation -> granted(operation) && !tokens.add(operation.token()))
        .forEach(operation -> found.add("token " + operation.token() + " was given twice"));
    operations.stream()
        .collect(Collectors.groupingBy(Operation::key))
        .forEach((key, all) -> check(key, all, found));
    return found;
  }

  private void check(String key, List<Operation> all, List<String> found) {
    List<Grant> grants =
        all.stream()
            .filter(LockHistory::granted)
            .map(o -> new Grant(o.lease(), o.token(), o.invoked(), o.returned()))
            .toList();
    overlaps(key, holds(all, grants), found);
    before(key, grants, Grant::begun, "was granted before another asked", found);
    before(
        key,
        grants.stream().filter(grant -> inLine.containsKey(grant.lease())).toList(),
        grant -> Objects.requireNonNull(inLine.get(grant.lease())),
        grants,
        "was in line before another asked",
        found);
  }

  /** Those whose end is known. */
  private static List<Hold> holds(List<Operation> all, List<Grant> grants) {
    var ends = new HashMap<String, Long>();
    all.stream()
        .filter(operation -> operation.kind() != Kind.ACQUIRE)
        .forEach(operation -> ends.merge(operation.lease(), operation.invoked(), Math::min));
    return grants.stream()
        .filter(grant -> ends.getOrDefault(grant.lease(), Long.MIN_VALUE) > grant.begun())
        .map(grant -> new Hold(grant, Objects.requireNonNull(ends.get(grant.lease()))))
        .sorted(Comparator.comparingLong(hold -> hold.grant().begun()))
        .toList();
  }

  private static void overlaps(String key, List<Hold> holds, List<String> found) {
    for (int i = 1; i < holds.size(); i++) {
      Hold first = holds.get(i - 1);
      Hold second = holds.get(i);
      if (second.grant().begun() < first.ended()) {
        found.add(
            key
                + ": tokens "
                + first.grant().token()
                + " and "
                + second.grant().token()
                + " were held at once");
      }
      if (second.grant().token() <= first.grant().token()) {
        found.add(
            key + ": token " + second.grant().token() + " came after " + first.grant().token());
      }
    }
  }

  private static void before(
      String key, List<Grant> grants, ToLongFunction<Grant> at, String what, List<String> found) {
    before(key, grants, at, grants, what, found);
  }

  /** Each of {@code firsts} has a lower token than all who asked after its moment. */
  private static void before(
      String key,
      List<Grant> firsts,
      ToLongFunction<Grant> at,
      List<Grant> others,
      String what,
      List<String> found) {
    var earlier = firsts.stream().sorted(Comparator.comparingLong(at)).toList();
    var asking = others.stream().sorted(Comparator.comparingLong(Grant::asked)).toList();
    long highest = 0;
    int next = 0;
    for (Grant later : asking) {
      while (next < earlier.size() && at.applyAsLong(earlier.get(next)) < later.asked()) {
        highest = Math.max(highest, earlier.get(next).token());
        next++;
      }
      if (highest > later.token()) {
        found.add(key + ": token " + highest + " " + what + ", who got " + later.token());
      }
    }
  }

  private static boolean granted(Operation operation) {
    return operation.kind() == Kind.ACQUIRE && operation.outcome() == Outcome.GRANTED;
  }
}
