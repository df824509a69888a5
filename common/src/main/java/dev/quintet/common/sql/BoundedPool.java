package dev.quintet.common.sql;

import io.quarkus.reactive.pg.client.PgPoolCreator;
import io.vertx.pgclient.PgBuilder;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.SqlConnectOptions;
import jakarta.inject.Singleton;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Every wait for a connection ends, and so does the queue in front of the pool. */
@Singleton
public class BoundedPool implements PgPoolCreator {
  private final int connectMs;
  private final int queue;

  BoundedPool(
      @ConfigProperty(name = "quintet.pg.connect-ms", defaultValue = "2000") int connectMs,
      @ConfigProperty(name = "quintet.pg.queue", defaultValue = "2000") int queue) {
    this.connectMs = connectMs;
    this.queue = queue;
  }

  @Override
  public Pool create(Input input) {
    input
        .pgConnectOptionsList()
        .forEach(options ->
            options
                .setConnectTimeout(connectMs)
                .addProperty(
                    "application_name",
                    options.getProperties().getOrDefault("application_name", "quintet")));
    return PgBuilder.pool()
        .with(
            input
                .poolOptions()
                // Off: its timer outlives a failed connection and then fails what has ended. The
                // deadline of Statements covers the wait.
                .setConnectionTimeout(0)
                .setMaxWaitQueueSize(queue))
        .connectingTo(List.<SqlConnectOptions>copyOf(input.pgConnectOptionsList()))
        .using(input.vertx())
        .build();
  }
}
