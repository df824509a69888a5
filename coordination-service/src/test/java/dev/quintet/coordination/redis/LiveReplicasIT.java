package dev.quintet.coordination.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@SuppressWarnings("NullAway.Init")
class LiveReplicasIT {
  private static final Duration SOON = Duration.ofSeconds(5);

  private Vertx vertx;
  private OwnRedis server;
  private RedisStore redis;

  @BeforeEach
  void start() {
    vertx = Vertx.vertx();
    server = OwnRedis.started();
    redis = server.store(vertx, SOON);
  }

  @AfterEach
  void close() {
    redis.stop();
    server.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void thoseHeardOfWithinTenSecondsCount() {
    var first = replica("a");
    var second = replica("b");
    first.touch().await().atMost(SOON);
    second.touch().await().atMost(SOON);
    first.touch().await().atMost(SOON);
    assertThat(first.count()).isEqualTo(2);
    assertThat(second.count()).isEqualTo(2);

    // Aged, not waited for: the other was heard of 11 s ago.
    redis.send(Command.ZINCRBY, "replicas", -11_000, "b").await().atMost(SOON);
    first.touch().await().atMost(SOON);
    assertThat(first.count()).isEqualTo(1);
  }

  @Test
  void theLastKnownNumberStandsWhileRedisIsAway() {
    var first = replica("a");
    replica("b").touch().await().atMost(SOON);
    first.touch().await().atMost(SOON);
    server.kill();
    first.touch().await().atMost(SOON);
    assertThat(first.count()).isEqualTo(2);
  }

  private LiveReplicas replica(String name) {
    return new LiveReplicas(redis, name, new SimpleMeterRegistry());
  }
}
