package dev.quintet.coordination.redis;

import dev.quintet.coordination.replica.Replica;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;

/**
 * How many replicas share the work, by the ZSET {@code replicas}. While Redis is away the last
 * known number stands: the others are most likely still there, and a limit is then divided by it.
 */
@ApplicationScoped
public class LiveReplicas {
  private static final Script REPLICAS = Script.of("replicas");
  private static final String KEY = "replicas";
  private static final Duration COUNTS_FOR = Duration.ofSeconds(10);

  private final RedisStore redis;
  private final String id;
  private final MeterRegistry registry;
  private final List<Gauge> gauges;
  private volatile int known = 1;

  @Inject
  LiveReplicas(RedisStore redis, Replica replica, MeterRegistry registry) {
    this(redis, replica.id(), registry);
  }

  LiveReplicas(RedisStore redis, String id, MeterRegistry registry) {
    this.redis = redis;
    this.id = id;
    this.registry = registry;
    this.gauges =
        List.of(
            Gauge.builder("coordination.redis.up", redis, store -> store.up() ? 1 : 0)
                .description("0 while calls to Redis fail at once")
                .register(registry),
            Gauge.builder("coordination.replicas", this, LiveReplicas::count)
                .description("Replicas heard of within 10 s, as this one knows")
                .register(registry));
  }

  /** The registry outlives the application, and would go on asking this one. */
  @PreDestroy
  void forget() {
    gauges.forEach(registry::remove);
  }

  /** At least 1. */
  public int count() {
    return known;
  }

  @Scheduled(
      identity = "live-replicas",
      every = "3s",
      concurrentExecution = ConcurrentExecution.SKIP)
  Uni<Void> touch() {
    return redis
        .run(REPLICAS, List.of(redis.key(KEY)), id, COUNTS_FOR.toMillis())
        .invoke(live -> known = Math.max(1, live.toInteger()))
        .onFailure(RedisAway.class)
        .recoverWithNull()
        .replaceWithVoid();
  }
}
