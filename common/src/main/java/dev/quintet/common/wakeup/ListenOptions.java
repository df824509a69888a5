package dev.quintet.common.wakeup;

import io.quarkus.reactive.datasource.ReactiveDataSource;
import io.quarkus.reactive.pg.client.PgPoolCreator;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.SqlConnectOptions;
import jakarta.inject.Singleton;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/**
 * The settings of {@code quarkus.datasource.listen}, TLS included, as Quarkus makes them for a
 * pool. The pool itself stays empty: a pooled connection cannot be given up when it hangs, only
 * returned.
 */
@Singleton
@ReactiveDataSource("listen")
public class ListenOptions implements PgPoolCreator {
  private static final int CONNECT_MS = 3_000;

  private final String application;
  private volatile @Nullable PgConnectOptions options;

  ListenOptions(@ConfigProperty(name = "quarkus.application.name") String application) {
    this.application = application;
  }

  @Override
  public Pool create(Input input) {
    var first = input.pgConnectOptionsList().getFirst();
    options =
        new PgConnectOptions(first)
            .setConnectTimeout(CONNECT_MS)
            .setTcpKeepAlive(true)
            .addProperty("application_name", application + " listener");
    return PgBuilder.pool()
        // Meters tell pools apart by name.
        .with(input.poolOptions().setName("listen"))
        .connectingTo(List.<SqlConnectOptions>of(first))
        .using(input.vertx())
        .build();
  }

  PgConnectOptions get() {
    var made = options;
    if (made == null) {
      throw new IllegalStateException("datasource listen has not been made yet");
    }
    return made;
  }
}
