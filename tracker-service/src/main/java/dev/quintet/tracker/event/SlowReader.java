package dev.quintet.tracker.event;

import io.smallrye.mutiny.Multi;
import io.vertx.core.Vertx;
import java.time.Duration;

/**
 * Cuts a stream off whose reader takes nothing: one piece was handed over, and for this long the
 * socket did not ask for the next. An idle stream asks and waits, so it is never slow.
 */
final class SlowReader {
  private final long limitNanos;
  private volatile boolean waiting;
  private volatile long sinceNanos;

  private SlowReader(Duration limit) {
    limitNanos = limit.toNanos();
  }

  static <T> Multi<T> cutOff(Multi<T> stream, Vertx vertx, Duration limit, Runnable cut) {
    return Multi.createFrom()
        .deferred(() -> {
          var reader = new SlowReader(limit);
          long timer =
              vertx.setPeriodic(
                  Math.max(1, limit.toMillis() / 4),
                  tick -> {
                    if (reader.slow()) {
                      cut.run();
                    }
                  });
          return stream
              .onItem()
              .invoke(reader::given)
              .onRequest()
              .invoke(reader::asked)
              .onTermination()
              .invoke(() -> vertx.cancelTimer(timer));
        });
  }

  private void given() {
    sinceNanos = System.nanoTime();
    waiting = true;
  }

  private void asked() {
    waiting = false;
  }

  private boolean slow() {
    return waiting && System.nanoTime() - sinceNanos >= limitNanos;
  }
}
