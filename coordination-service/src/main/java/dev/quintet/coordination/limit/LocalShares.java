package dev.quintet.coordination.limit;

import dev.quintet.common.api.coordination.RateLimitDecision.Limit;
import dev.quintet.common.api.coordination.RateWindow;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Counts while Redis is away: in this process, each window as strict buckets, with the limit
 * divided by the replicas that live (1 at least, so that nobody is locked out). What was admitted
 * before the outage is not known here.
 */
final class LocalShares {
  static final String GUARANTEE = "local_share";

  private static final int BUCKETS = 60;

  /** Windows kept; beyond it those that are over go, and if that is not enough all. */
  private static final int MOST = 50_000;

  private final Map<String, Counts> all = new HashMap<>();

  /**
   * @param retryMs 0: the cost fits
   * @param violated names of the windows that deny
   */
  record Share(List<Limit> limits, long retryMs, List<String> violated) {}

  private static final class Counts {
    final long[] units = new long[BUCKETS + 1];
    final long widthNanos;
    long newest = Long.MIN_VALUE;

    Counts(long widthNanos) {
      this.widthNanos = widthNanos;
    }

    /** A bucket counts until the last moment that it stands for has left the window. */
    void at(long nowNanos) {
      long bucket = Math.floorDiv(nowNanos, widthNanos);
      if (newest == Long.MIN_VALUE || bucket - newest > BUCKETS) {
        java.util.Arrays.fill(units, 0);
      } else {
        for (long gone = newest + 1; gone <= bucket; gone++) {
          units[place(gone)] = 0;
        }
      }
      newest = Math.max(newest, bucket);
    }

    long used() {
      long used = 0;
      for (long unit : units) {
        used += unit;
      }
      return used;
    }

    long leavesNanos(long wanted, long nowNanos) {
      long left = 0;
      for (long bucket = newest - BUCKETS; bucket <= newest; bucket++) {
        left += units[place(bucket)];
        if (left >= wanted) {
          return Math.max(0, (bucket + BUCKETS + 1) * widthNanos - nowNanos);
        }
      }
      return 0;
    }

    boolean over(long nowNanos) {
      return Math.floorDiv(nowNanos, widthNanos) - newest > BUCKETS;
    }

    static int place(long bucket) {
      return (int) Math.floorMod(bucket, (long) BUCKETS + 1);
    }
  }

  /**
   * All windows or none.
   *
   * @param subject whose windows they are
   */
  synchronized Share check(
      String subject,
      List<RateWindow> windows,
      int cost,
      boolean charge,
      int replicas,
      long nowNanos) {
    var counts = new ArrayList<Counts>(windows.size());
    var violated = new ArrayList<String>();
    long retryNanos = 0;
    for (RateWindow window : windows) {
      var count = counts(subject, window, nowNanos);
      count.at(nowNanos);
      counts.add(count);
      long over = count.used() + cost - share(window, replicas);
      if (over > 0) {
        violated.add(Objects.requireNonNull(window.window()));
        // What is larger than the share never fits here; the whole window is as good as any.
        long wait = count.leavesNanos(over, nowNanos);
        retryNanos = Math.max(retryNanos, wait > 0 ? wait : window.millis() * 1_000_000);
      }
    }
    if (violated.isEmpty() && charge) {
      counts.forEach(count -> count.units[Counts.place(count.newest)] += cost);
    }
    var limits = new ArrayList<Limit>(windows.size());
    for (int i = 0; i < windows.size(); i++) {
      RateWindow window = windows.get(i);
      var count = counts.get(i);
      int share = share(window, replicas);
      long used = count.used();
      limits.add(
          new Limit(
              Objects.requireNonNull(window.window()),
              window.effective(),
              GUARANTEE,
              share,
              Math.max(0, share - used),
              used == 0 ? 0 : millis(count.leavesNanos(Math.max(1, used - share + 1), nowNanos))));
    }
    return new Share(limits, millis(retryNanos), violated);
  }

  private static int share(RateWindow window, int replicas) {
    return Math.max(1, Objects.requireNonNull(window.limit()) / replicas);
  }

  private Counts counts(String subject, RateWindow window, long nowNanos) {
    String key = subject + ":" + window.window() + ":" + window.seconds();
    var known = all.get(key);
    if (known != null) {
      return known;
    }
    if (all.size() >= MOST) {
      all.values().removeIf(count -> count.over(nowNanos));
      if (all.size() >= MOST) {
        all.clear();
      }
    }
    var made = new Counts(Math.ceilDiv(window.millis() * 1_000_000, BUCKETS));
    all.put(key, made);
    return made;
  }

  private static long millis(long nanos) {
    return Math.ceilDiv(nanos, 1_000_000L);
  }
}
