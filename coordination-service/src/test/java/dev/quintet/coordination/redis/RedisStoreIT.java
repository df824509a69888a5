package dev.quintet.coordination.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.redis.client.Command;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init")
class RedisStoreIT {
  private static final Duration SOON = Duration.ofSeconds(5);
  private static final Script ECHO =
      new Script(
          "echo", "return {KEYS[1], ARGV[1], ARGV[2]}", "0000000000000000000000000000000000000000");

  @Inject RedisStore redis;

  @Test
  void aScriptThatRedisDoesNotKnowIsSent() {
    var answer = redis.run(ECHO, List.of(redis.key("k")), "text", 7L).await().atMost(SOON);
    assertThat(answer.toString()).isEqualTo("[k, text, 7]");
  }

  @Test
  void aRefusalIsNoOutage() {
    assertThat(redis.send(Command.GET).onFailure().recoverWithNull().await().atMost(SOON)).isNull();
    assertThat(redis.up()).isTrue();
  }
}
