package dev.quintet.coordination.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.Race;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.impl.types.ErrorType;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A Redis of its own is killed, frozen and emptied under calls. */
@SuppressWarnings("NullAway.Init")
class RedisOutageIT {
  private static final Duration DEADLINE = Duration.ofMillis(200);

  /** What a call may never take, however Redis behaves. */
  private static final Duration FAR_BEYOND = Duration.ofSeconds(10);

  private static final Duration BACK_WITHIN = Duration.ofSeconds(5);

  private static final Script COUNT =
      new Script(
          "count",
          "return redis.call('INCR', KEYS[1])",
          // of another text, so that Redis never knows it and each run is an EVAL
          "1111111111111111111111111111111111111111");

  private static Vertx vertx;
  private OwnRedis server;
  private RedisStore redis;

  @BeforeAll
  static void vertx() {
    vertx = Vertx.vertx();
  }

  @AfterAll
  static void closeVertx() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @BeforeEach
  void start() {
    server = OwnRedis.started();
    redis = server.store(vertx, DEADLINE);
  }

  @AfterEach
  void close() {
    redis.stop();
    server.close();
  }

  @Test
  void manyCallsShareTheConnectionsAndEachGetsItsAnswer() {
    redis.stop();
    redis = server.store(vertx, FAR_BEYOND);
    redis.send(Command.PING).await().atMost(FAR_BEYOND);
    var answers =
        Race.of(
            32,
            caller ->
                () -> {
                  var echoes =
                      IntStream.range(0, 200)
                          .mapToObj(i -> redis.send(Command.ECHO, caller + ":" + i))
                          .toList();
                  return Uni.join().all(echoes).andFailFast().await().atMost(FAR_BEYOND).stream()
                      .map(Response::toString)
                      .toList();
                });
    for (int caller = 0; caller < answers.size(); caller++) {
      int number = caller;
      assertThat(answers.get(caller))
          .isEqualTo(IntStream.range(0, 200).mapToObj(i -> number + ":" + i).toList());
    }
    assertThat(info("clients")).containsPattern("connected_clients:[1-5]\r");
  }

  @Test
  void forgottenScriptsAreSentAgain() {
    redis.run(COUNT, List.of("n")).await().atMost(FAR_BEYOND);
    redis.send(Command.SCRIPT, "FLUSH").await().atMost(FAR_BEYOND);
    assertThat(redis.run(COUNT, List.of("n")).await().atMost(FAR_BEYOND).toLong()).isEqualTo(2);
    assertThat(redis.up()).isTrue();
  }

  @Test
  void aRefusalIsTheCallersOwn() {
    redis.send(Command.SET, "text", "abc").await().atMost(FAR_BEYOND);
    assertThat(failure(redis.send(Command.INCR, "text"))).hasCauseInstanceOf(ErrorType.class);
    assertThat(redis.up()).isTrue();
  }

  @Test
  void aKilledServerFailsWhatIsUnderWayAndComesBack() {
    redis.send(Command.PING).await().atMost(FAR_BEYOND);
    server.kill();
    assertThat(failure(redis.send(Command.PING))).isInstanceOf(RedisAway.class);
    Eventually.holds(BACK_WITHIN, () -> assertThat(redis.up()).isFalse());
    failsAtOnce();

    server.startServer();
    Eventually.holds(
        BACK_WITHIN,
        () -> {
          assertThat(failure(redis.run(COUNT, List.of("n")))).isNull();
          assertThat(redis.up()).isTrue();
        });
  }

  @Test
  void aServerThatIsAwayFromTheBeginningIsFoundWhenItComes() {
    server.kill();
    assertThat(failure(redis.send(Command.PING))).isInstanceOf(RedisAway.class);
    server.startServer();
    Eventually.holds(BACK_WITHIN, () -> assertThat(failure(redis.send(Command.PING))).isNull());
  }

  @Test
  void aFrozenServerIsWaitedForOnceAndNotAgain() {
    redis.send(Command.PING).await().atMost(FAR_BEYOND);
    server.freeze();
    assertThat(failure(redis.send(Command.PING))).isInstanceOf(RedisAway.class);
    assertThat(redis.up()).isFalse();
    failsAtOnce();

    server.thaw();
    Eventually.holds(
        BACK_WITHIN,
        () -> {
          assertThat(failure(redis.send(Command.PING))).isNull();
          assertThat(redis.up()).isTrue();
        });
    // The connections that hung were given up, not kept beside the new ones.
    Eventually.holds(
        BACK_WITHIN,
        () -> assertThat(info("clients")).containsPattern("connected_clients:[1-4]\r"));
  }

  @Test
  void callsUnderWayInAFreezeAllEnd() {
    redis.send(Command.PING).await().atMost(FAR_BEYOND);
    server.freeze();
    var ends = Race.of(64, () -> failure(redis.run(COUNT, List.of("n"))));
    assertThat(ends).hasSize(64).allMatch(end -> end instanceof RedisAway);
    server.thaw();
  }

  @Test
  void aServerInALongScriptIsAway() {
    redis.send(Command.PING).await().atMost(FAR_BEYOND);
    redis.send(Command.CONFIG, "SET", "busy-reply-threshold", "1").await().atMost(FAR_BEYOND);
    var endless = new Script("endless", "while true do end", COUNT.sha());
    assertThat(failure(redis.run(endless, List.of()))).isInstanceOf(RedisAway.class);
    assertThat(failure(redis.send(Command.PING))).isInstanceOf(RedisAway.class);
    server.kill();
  }

  /** Were it to wait for its deadline, a thousand calls in a row would take minutes. */
  private void failsAtOnce() {
    long end = System.nanoTime() + FAR_BEYOND.toNanos();
    for (int i = 0; i < 1_000; i++) {
      assertThat(failure(redis.send(Command.PING))).isInstanceOf(RedisAway.class);
    }
    assertThat(System.nanoTime()).isLessThan(end);
  }

  private String info(String section) {
    return redis.send(Command.INFO, section).await().atMost(FAR_BEYOND).toString();
  }

  private static Throwable failure(Uni<?> call) {
    return catchThrowable(() -> call.await().atMost(FAR_BEYOND));
  }
}
