package dev.quintet.coordination.redis;

import io.quarkus.redis.client.RedisOptionsCustomizer;
import io.vertx.redis.client.RedisOptions;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/**
 * The settings under {@code quarkus.redis}, TLS and password included, as Quarkus makes them for
 * its own client. That one is not used: a connection of its pool cannot be given up when it hangs,
 * only returned.
 */
@Singleton
public class RedisSettings implements RedisOptionsCustomizer {
  private volatile @Nullable RedisOptions options;

  @Override
  public void customize(String client, RedisOptions options) {
    this.options = options;
  }

  /** A copy, for one connection. */
  RedisOptions get() {
    var made = options;
    if (made == null) {
      throw new IllegalStateException("Quarkus has not made its Redis client yet");
    }
    return new RedisOptions(made);
  }
}
