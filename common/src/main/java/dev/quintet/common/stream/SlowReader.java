package dev.quintet.common.stream;

import io.smallrye.mutiny.Multi;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;

/**
 * Cuts a stream off whose reader takes nothing: one piece was handed over, and for this long the
 * socket did not ask for the next. An idle stream asks and waits, so it is never slow.
 */
public final class SlowReader {
  private final long limitNanos;
  private volatile boolean waiting;
  private volatile long sinceNanos;

  private SlowReader(Duration limit) {
    limitNanos = limit.toNanos();
  }

  /** {@code limit}: how long the reader of {@code request} may take nothing. */
  public static <T> Multi<T> cutOff(
      Multi<T> stream, Vertx vertx, Duration limit, RoutingContext request) {
    return Multi.createFrom()
        .deferred(() -> {
          var reader = new SlowReader(limit);
          long timer =
              vertx.setPeriodic(
                  Math.max(1, limit.toMillis() / 4),
                  tick -> {
                    if (reader.slow()) {
                      cut(request);
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

  /**
   * Closing a connection of HTTP/1 in Vert.x's way flushes first, which is just what this one
   * cannot do. Of HTTP/2 only the stream ends.
   */
  private static void cut(RoutingContext request) {
    if (request.request().version() != HttpVersion.HTTP_2
        && request.request().connection() instanceof ConnectionBase connection) {
      connection.channelHandlerContext().close();
    } else {
      request.response().reset();
    }
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
