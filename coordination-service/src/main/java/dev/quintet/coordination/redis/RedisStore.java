package dev.quintet.coordination.redis;

import dev.quintet.coordination.CoordinationConfig;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.vertx.UniHelper;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.impl.types.ErrorType;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/**
 * Every call to Redis goes through here. It has {@code quintet.coordination.redis.deadline} to
 * answer; when one did not, Redis is asked for a PONG, and while that does not come either all
 * calls fail at once instead of each waiting for its deadline.
 *
 * <p>All of them fail with {@link RedisAway} where Redis could not be asked, and with Vert.x's
 * {@code ErrorType} where it refused, which is a fault of ours.
 */
@ApplicationScoped
public class RedisStore {
  private static final Logger LOG = Logger.getLogger(RedisStore.class);

  /**
   * A server that is there but cannot serve: starting, a replica, out of memory, in a long script.
   */
  private static final Set<String> NOT_SERVING =
      Set.of(
          "LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "BUSY", "TRYAGAIN", "MISCONF", "OOM");

  private final Redis redis;
  private final Vertx vertx;
  private final String prefix;
  private final Duration deadline;
  private final long probeEveryMs;
  private final AtomicBoolean probing = new AtomicBoolean();
  private volatile boolean down;

  RedisStore(Redis redis, Vertx vertx, CoordinationConfig config) {
    this.redis = redis;
    this.vertx = vertx;
    this.prefix = config.redis().prefix().orElse("");
    this.deadline = config.redis().deadline();
    this.probeEveryMs = config.redis().probeEvery().toMillis();
  }

  /** The key under which Redis has it: with the prefix of this installation. */
  public String key(String name) {
    return prefix.concat(name);
  }

  /** False while calls fail at once. */
  public boolean up() {
    return !down;
  }

  /**
   * Runs a script; one that Redis has forgotten (a restart, SCRIPT FLUSH) is sent again.
   *
   * @param keys as {@link #key} made them
   * @param arguments texts, numbers or Buffers
   */
  public Uni<Response> run(Script script, List<String> keys, Object... arguments) {
    return ask(() ->
        redis
            .send(call(Command.EVALSHA, script.sha(), keys, arguments))
            .recover(failure ->
                failure instanceof ErrorType error && error.is("NOSCRIPT")
                    ? redis.send(call(Command.EVAL, script.source(), keys, arguments))
                    : Future.failedFuture(failure)));
  }

  /**
   * Sends one command.
   *
   * @param arguments texts, numbers or Buffers; keys as {@link #key} made them
   */
  public Uni<Response> send(Command command, Object... arguments) {
    return ask(() -> redis.send(with(Request.cmd(command), arguments)));
  }

  private interface Call {
    Future<Response> make();
  }

  private Uni<Response> ask(Call call) {
    return Uni.createFrom()
        .deferred(
            () -> down ? Uni.createFrom().failure(new RedisAway()) : UniHelper.toUni(call.make()))
        .ifNoItem()
        .after(deadline)
        .fail()
        .onFailure(failure -> !(failure instanceof RedisAway) && away(failure))
        .transform(failure -> {
          doubt(failure);
          return new RedisAway();
        });
  }

  private static boolean away(Throwable failure) {
    return !(failure instanceof ErrorType error) || NOT_SERVING.stream().anyMatch(error::is);
  }

  private void doubt(Throwable failure) {
    if (probing.compareAndSet(false, true)) {
      LOG.debugf("event=redis_doubted reason=\"%s\"", failure.getMessage());
      probe();
    }
  }

  private void probe() {
    var answer = redis.send(Request.cmd(Command.PING));
    long limit =
        vertx.setTimer(
            Math.max(probeEveryMs, deadline.toMillis()),
            late -> {
              // It may still answer; then it is up a little later than it could be.
              wentDown("no answer to PING");
              probe();
            });
    answer.onComplete(pong -> {
      if (!vertx.cancelTimer(limit)) {
        return;
      }
      if (pong.succeeded()) {
        cameBack();
      } else {
        wentDown(pong.cause().getMessage());
        vertx.setTimer(probeEveryMs, again -> probe());
      }
    });
  }

  private void wentDown(@org.jspecify.annotations.Nullable String why) {
    if (!down) {
      down = true;
      LOG.warnf("event=redis_down reason=\"%s\"", why);
    }
  }

  private void cameBack() {
    if (down) {
      LOG.info("event=redis_up");
    }
    down = false;
    probing.set(false);
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
