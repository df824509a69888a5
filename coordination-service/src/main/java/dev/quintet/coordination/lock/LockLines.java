package dev.quintet.coordination.lock;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * When it is worth looking at each key that somebody here waits for: when its holder's lease ends,
 * and once a second. However many wait for a key, one of them looks.
 */
@ApplicationScoped
class LockLines {
  /** Who looks and does not come back, such as one whose client went, is replaced after this. */
  static final long POLL_MS = 1_000;

  private final ConcurrentMap<String, Line> lines = new ConcurrentHashMap<>();

  private record Line(int waiters, long dueNanos) {}

  /** {@code soonMs}: when the key may be free. */
  void join(String key, long soonMs) {
    long due = nanosIn(soonMs);
    lines.compute(
        key,
        (name, line) ->
            line == null
                ? new Line(1, due)
                : new Line(line.waiters() + 1, line.dueNanos() - due < 0 ? line.dueNanos() : due));
  }

  void leave(String key) {
    lines.computeIfPresent(
        key,
        (name, line) -> line.waiters() == 1 ? null : new Line(line.waiters() - 1, line.dueNanos()));
  }

  long untilDueMs(String key) {
    Line line = lines.get(key);
    return line == null ? POLL_MS : Math.max(1, (line.dueNanos() - System.nanoTime()) / 1_000_000);
  }

  /** True for one caller once the key is due. */
  boolean claim(String key) {
    var mine = new boolean[1];
    lines.computeIfPresent(
        key,
        (name, line) -> {
          if (System.nanoTime() - line.dueNanos() < 0) {
            return line;
          }
          mine[0] = true;
          return new Line(line.waiters(), nanosIn(POLL_MS));
        });
    return mine[0];
  }

  /** What the one who looked has found. */
  void due(String key, @Nullable Long soonMs) {
    long due = nanosIn(soonMs == null ? POLL_MS : soonMs);
    lines.computeIfPresent(key, (name, line) -> new Line(line.waiters(), due));
  }

  private static long nanosIn(long ms) {
    return System.nanoTime() + Math.max(1, Math.min(ms, POLL_MS)) * 1_000_000;
  }
}
