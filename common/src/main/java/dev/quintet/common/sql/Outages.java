package dev.quintet.common.sql;

import io.smallrye.mutiny.TimeoutException;
import io.vertx.core.VertxException;
import io.vertx.core.http.ConnectionPoolTooBusyException;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.ClosedConnectionException;
import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.CompletionException;

/** Tells a database that is away from a bug of ours, by the type of the failure. */
public final class Outages {
  private Outages() {}

  public static boolean isOutage(Throwable failure) {
    return switch (failure) {
      case PgException e -> DatabaseError.of(e).unavailable();
      case TimeoutException e -> true;
      case java.util.concurrent.TimeoutException e -> true;
      case ClosedChannelException e -> true;
      case UnknownHostException e -> true;
      case java.net.SocketException e -> true;
      // A closed connection and a wait for the pool that was too long come as the bare base class.
      case VertxException e when isBare(e) -> true;
      case IOException e when e.getCause() == null && e.getClass() == IOException.class -> true;
      case CompletionException e when e.getCause() != null -> isOutage(e.getCause());
      default -> false;
    };
  }

  private static boolean isBare(VertxException e) {
    return e.getClass() == VertxException.class
        || e instanceof ClosedConnectionException
        || e instanceof ConnectionPoolTooBusyException;
  }
}
