package dev.quintet.common.wakeup;

import io.quarkus.reactive.datasource.ReactiveDataSource;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnection;
import io.vertx.pgclient.PgNotification;
import io.vertx.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The replica's one connection that LISTENs. It comes back by itself, and finds out by asking
 * whether the other end still answers: a cut cable sends no FIN, and notifications are never
 * acknowledged. All of it runs on one event loop, so nothing here is locked.
 */
@ApplicationScoped
public class ListenQueries {
  private static final Logger LOG = Logger.getLogger(ListenQueries.class);

  private static final String PING = "SELECT 1";

  /** Login and LISTEN together; a server that accepts but never answers has no other limit. */
  private static final long LISTENING_WITHIN_MS = 5_000;

  private static final long PING_EVERY_MS = 5_000;
  private static final long ANSWER_WITHIN_MS = 5_000;
  private static final long FIRST_RETRY_MS = 100;
  private static final long LAST_RETRY_MS = 5_000;

  private final Vertx vertx;
  private final Pool pool;
  private final ListenOptions options;

  private Consumer<PgNotification> notified = notification -> {};
  private String listen = "";
  private Runnable listening = () -> {};
  private @Nullable Context loop;
  private @Nullable PgConnection connection;

  /** Number of the attempt that counts; whatever an older one still reports is ignored. */
  private long attempt;

  private int failures;
  private boolean stopped;
  private volatile boolean connected;

  ListenQueries(
      Vertx vertx,
      @ReactiveDataSource("listen") Pool pool,
      @ReactiveDataSource("listen") ListenOptions options) {
    this.vertx = vertx;
    this.pool = pool;
    this.options = options;
  }

  /**
   * @param channels names that are SQL identifiers
   * @param notified gets each notification
   * @param listening runs each time LISTEN has begun anew; what happened before it was not heard
   */
  void start(List<String> channels, Consumer<PgNotification> notified, Runnable listening) {
    listen =
        channels.stream().map(channel -> "LISTEN " + channel).collect(Collectors.joining("; "));
    this.notified = notified;
    this.listening = listening;
    // Its first use makes the pool, and with it the options.
    LOG.debugf("event=listen_pool size=%d", pool.size());
    var own = vertx.getOrCreateContext();
    loop = own;
    own.runOnContext(start -> connect());
  }

  void stop() {
    var own = loop;
    if (own != null) {
      own.runOnContext(stop -> {
        stopped = true;
        giveUp();
      });
    }
  }

  boolean connected() {
    return connected;
  }

  private void connect() {
    if (stopped) {
      return;
    }
    long mine = ++attempt;
    long limit =
        vertx.setTimer(LISTENING_WITHIN_MS, late -> lost(mine, "no answer while connecting"));
    PgConnection.connect(vertx, options.get())
        .onFailure(e -> {
          vertx.cancelTimer(limit);
          lost(mine, e.getMessage());
        })
        .onSuccess(open -> {
          if (mine != attempt || stopped) {
            vertx.cancelTimer(limit);
            open.close();
            return;
          }
          connection = open;
          open.closeHandler(closed -> lost(mine, "closed"));
          open.notificationHandler(notified::accept);
          open.query(listen)
              .execute()
              .onComplete(done -> {
                vertx.cancelTimer(limit);
                if (done.failed()) {
                  lost(mine, done.cause().getMessage());
                } else if (mine == attempt) {
                  listening(mine);
                }
              });
        });
  }

  private void listening(long mine) {
    if (failures > 0) {
      LOG.infof("event=listen_restored failures=%d", failures);
    }
    failures = 0;
    connected = true;
    listening.run();
    pingLater(mine);
  }

  private void pingLater(long mine) {
    vertx.setTimer(
        PING_EVERY_MS,
        due -> {
          var open = connection;
          if (mine != attempt || open == null) {
            return;
          }
          long limit = vertx.setTimer(ANSWER_WITHIN_MS, late -> lost(mine, "no answer to a ping"));
          open.query(PING)
              .execute()
              .onComplete(answer -> {
                vertx.cancelTimer(limit);
                if (answer.failed()) {
                  lost(mine, answer.cause().getMessage());
                } else {
                  pingLater(mine);
                }
              });
        });
  }

  private void lost(long mine, @Nullable String why) {
    if (mine != attempt || stopped) {
      return;
    }
    giveUp();
    if (failures == 0) {
      LOG.warnf("event=listen_lost reason=\"%s\" fallback=poll", why);
    }
    long wait = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS << Math.min(failures, 10));
    failures++;
    // Replicas that lost the same server must not all come back in the same instant.
    vertx.setTimer(wait / 2 + ThreadLocalRandom.current().nextLong(wait) + 1, due -> connect());
  }

  private void giveUp() {
    attempt++;
    connected = false;
    var open = connection;
    connection = null;
    if (open != null) {
      open.close();
    }
  }
}
