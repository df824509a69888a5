package dev.quintet.coordination.redis;

import dev.quintet.coordination.CoordinationConfig;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.impl.types.ErrorType;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Every call to Redis goes through here, on one of a few connections that many calls share: each is
 * sent at once and answered in its turn, so a round trip costs no connection. A call has {@code
 * quintet.coordination.redis.deadline} to answer; when one did not, its connection is asked for a
 * PONG, and while that does not come all calls fail at once instead of each waiting for its
 * deadline.
 *
 * <p>All of them fail with {@link RedisAway} where Redis could not be asked, and with Vert.x's
 * {@code ErrorType} where it refused, which is a fault of ours. Commands that hold their connection
 * (BLPOP, SUBSCRIBE, MULTI) are not for here.
 */
@ApplicationScoped
public class RedisStore {
  private static final Logger LOG = Logger.getLogger(RedisStore.class);

  /** Calls under way on one connection; beyond it they fail. */
  private static final int MOST_WAITING = 16_384;

  private final String prefix;
  private final List<Lane> lanes;
  private final AtomicInteger away = new AtomicInteger();

  /** {@code made}: Quarkus's own client; that it is made is what settles {@code settings}. */
  @Inject
  RedisStore(Redis made, RedisSettings settings, Vertx vertx, CoordinationConfig config) {
    this(settings::get, vertx, config);
  }

  /** To a server of the caller's own. */
  RedisStore(Supplier<RedisOptions> options, Vertx vertx, CoordinationConfig config) {
    this.prefix = config.redis().prefix().orElse("");
    this.lanes =
        IntStream.range(0, config.redis().connections())
            .mapToObj(number ->
                new Lane(
                    vertx,
                    () ->
                        options
                            .get()
                            .setPoolName("redis-" + number)
                            .setMaxPoolSize(1)
                            .setMaxWaitingHandlers(MOST_WAITING),
                    config.redis().deadline().toMillis(),
                    config.redis().probeEvery().toMillis(),
                    this::wentDown,
                    this::cameBack))
            .toList();
  }

  @PreDestroy
  void stop() {
    lanes.forEach(Lane::stop);
  }

  /** The key under which Redis has it: with the prefix of this installation. */
  public String key(String name) {
    return prefix.concat(name);
  }

  /** False while calls fail at once on any connection. */
  public boolean up() {
    return lanes.stream().allMatch(Lane::usable);
  }

  /**
   * Runs a script; one that Redis has forgotten (a restart, SCRIPT FLUSH) is sent again.
   *
   * @param keys as {@link #key} made them
   * @param arguments texts, numbers or Buffers
   */
  public Uni<Response> run(Script script, List<String> keys, Object... arguments) {
    return ask(lane ->
        lane.send(call(Command.EVALSHA, script.sha(), keys, arguments))
            .recover(failure ->
                failure instanceof ErrorType error && error.is("NOSCRIPT")
                    ? lane.send(call(Command.EVAL, script.source(), keys, arguments))
                    : Future.failedFuture(failure)));
  }

  /**
   * Sends one command.
   *
   * @param arguments texts, numbers or Buffers; keys as {@link #key} made them
   */
  public Uni<Response> send(Command command, Object... arguments) {
    return ask(lane -> lane.send(with(Request.cmd(command), arguments)));
  }

  private Uni<Response> ask(Function<Lane, Future<Response>> sending) {
    return Uni.createFrom()
        .emitter(emitter -> {
          var lane = lane();
          lane.call(() -> sending.apply(lane), emitter);
        });
  }

  /**
   * An event loop keeps to one connection, which then lives on that loop: no call changes threads.
   */
  private Lane lane() {
    return lanes.get(Math.floorMod(Thread.currentThread().threadId(), lanes.size()));
  }

  private void wentDown(@Nullable String why) {
    if (away.getAndIncrement() == 0) {
      LOG.warnf("event=redis_down reason=\"%s\"", why);
    }
  }

  private void cameBack() {
    if (away.decrementAndGet() == 0) {
      LOG.info("event=redis_up");
    }
  }

  private static Request call(Command eval, String script, List<String> keys, Object[] arguments) {
    var request = Request.cmd(eval).arg(script).arg(keys.size());
    keys.forEach(request::arg);
    return with(request, arguments);
  }

  private static Request with(Request request, Object[] arguments) {
    for (Object argument : arguments) {
      switch (argument) {
        case String text -> request.arg(text);
        case Buffer bytes -> request.arg(bytes);
        case Long number -> request.arg(number);
        case Integer number -> request.arg(number);
        case Boolean flag -> request.arg(flag ? 1 : 0);
        default -> throw new IllegalArgumentException(argument.getClass().getName());
      }
    }
    return request;
  }
}
