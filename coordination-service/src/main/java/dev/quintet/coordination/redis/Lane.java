package dev.quintet.coordination.redis;

import io.smallrye.common.vertx.VertxContext;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.impl.types.ErrorType;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One connection, on which calls follow each other without waiting for answers. It comes back by
 * itself.
 *
 * <pre>
 *   NEW --first call--> CONNECTING --PONG--> OPEN --a call without answer--> DOUBTED --PONG--> OPEN
 *                            |                |                                 |
 *                            +----failed------+------closed-----> AWAY <--none--+
 *                                                                  +--PONG of a new connection--> OPEN
 * </pre>
 *
 * In DOUBTED and AWAY calls fail at once. State changes happen on one event loop only; calls come
 * from any thread.
 */
final class Lane {
  /** Until a new connection has answered: a first TLS handshake takes its time. */
  private static final long CONNECTED_WITHIN_MS = 2_000;

  private static final long FIRST_CALL_NANOS = 500_000_000;
  private static final long FIRST_RETRY_MS = 50;
  private static final long LAST_RETRY_MS = 1_000;

  /**
   * A server that is there but cannot serve: starting, a replica, out of memory, in a long script.
   */
  private static final Set<String> NOT_SERVING =
      Set.of(
          "LOADING", "MASTERDOWN", "CLUSTERDOWN", "BUSY", "TRYAGAIN", "MISCONF", "OOM", "READONLY");

  /** Not a server's word but the client's own, about every call that was under way. */
  private static final String CLOSED = "CONNECTION_CLOSED";

  enum State {
    NEW,
    CONNECTING,
    OPEN,
    DOUBTED,
    AWAY
  }

  /** One that made a call while there was no connection yet. */
  private record Early(Request request, Promise<Response> answer, Context caller) {}

  private final Vertx vertx;
  private final Supplier<RedisOptions> options;
  private final long deadlineNanos;
  private final long pongWithinMs;
  private final long sweepMs;
  private final Consumer<@Nullable String> wentDown;
  private final Runnable cameBack;

  private final Queue<Call> calls = new ConcurrentLinkedQueue<>();
  private final Queue<Early> early = new ConcurrentLinkedQueue<>();
  private final AtomicReference<@Nullable Context> loop = new AtomicReference<>();
  private final AtomicBoolean sweeping = new AtomicBoolean();

  private volatile State state = State.NEW;
  private volatile @Nullable RedisConnection open;

  private @Nullable Redis client;

  /** Number of the connection that counts; whatever an older one still reports is ignored. */
  private volatile long attempt;

  private int failures;
  private boolean stopped;

  Lane(
      Vertx vertx,
      Supplier<RedisOptions> options,
      long deadlineMs,
      long probeEveryMs,
      Consumer<@Nullable String> wentDown,
      Runnable cameBack) {
    this.vertx = vertx;
    this.options = options;
    this.deadlineNanos = deadlineMs * 1_000_000;
    this.pongWithinMs = Math.max(probeEveryMs, deadlineMs);
    this.sweepMs = Math.max(1, Math.min(10, deadlineMs / 10));
    this.wentDown = wentDown;
    this.cameBack = cameBack;
  }

  boolean usable() {
    return state != State.AWAY && state != State.DOUBTED;
  }

  /** Answers, or fails the emitter with {@link RedisAway} at the deadline. */
  void call(Supplier<Future<Response>> sending, UniEmitter<? super Response> emitter) {
    if (!usable()) {
      emitter.fail(new RedisAway());
      return;
    }
    var call = new Call(emitter, System.nanoTime() + patience(), vertx.getOrCreateContext());
    sending.get().onComplete(call::answered);
    if (!call.get()) {
      calls.add(call);
      watch();
    }
  }

  /** The very first connection takes its time, and is no reason to call Redis away. */
  private long patience() {
    return state == State.OPEN ? deadlineNanos : Math.max(deadlineNanos, FIRST_CALL_NANOS);
  }

  Future<Response> send(Request request) {
    var connection = open;
    if (connection != null) {
      return connection.send(request);
    }
    if (!usable()) {
      return Future.failedFuture(new RedisAway());
    }
    Promise<Response> answer = Promise.promise();
    early.add(new Early(request, answer, vertx.getOrCreateContext()));
    begin();
    // What came between the lane's opening and this line would else wait for ever.
    if (state != State.NEW && state != State.CONNECTING) {
      catchUp();
    }
    return answer.future();
  }

  void stop() {
    onLoop(() -> {
      stopped = true;
      state = State.AWAY;
      giveUp();
      catchUp();
    });
  }

  private void begin() {
    if (loop.get() != null) {
      return;
    }
    var own = VertxContext.getRootContext(vertx.getOrCreateContext());
    if (loop.compareAndSet(null, own)) {
      state = State.CONNECTING;
      own.runOnContext(start -> connect());
    }
  }

  private void onLoop(Runnable work) {
    var own = loop.get();
    if (own != null) {
      own.runOnContext(now -> work.run());
    }
  }

  private void connect() {
    if (stopped) {
      return;
    }
    long mine = attempt + 1;
    attempt = mine;
    var made = Redis.createClient(vertx, options.get());
    client = made;
    long limit =
        vertx.setTimer(CONNECTED_WITHIN_MS, late -> lost(mine, "no answer while connecting"));
    made.connect()
        .onFailure(e -> {
          vertx.cancelTimer(limit);
          lost(mine, e.getMessage());
        })
        .onSuccess(connection -> {
          if (mine != attempt) {
            vertx.cancelTimer(limit);
            return;
          }
          connection.endHandler(end -> lost(mine, "closed"));
          connection.exceptionHandler(e -> lost(mine, e.getMessage()));
          // A server that is loading its data greets, and serves nothing.
          connection
              .send(Request.cmd(Command.PING))
              .onComplete(pong -> {
                vertx.cancelTimer(limit);
                if (pong.failed()) {
                  lost(mine, pong.cause().getMessage());
                } else {
                  opened(mine, connection);
                }
              });
        });
  }

  private void opened(long mine, RedisConnection connection) {
    if (mine != attempt || stopped) {
      return;
    }
    failures = 0;
    boolean wasAway = state == State.AWAY;
    open = connection;
    state = State.OPEN;
    if (wasAway) {
      cameBack.run();
    }
    catchUp();
  }

  /** Asks for a PONG; until it comes calls fail at once. */
  private void doubt() {
    var suspect = open;
    if (suspect == null || stopped) {
      return;
    }
    long mine = attempt;
    // In this order: who finds no connection must also find why.
    state = State.DOUBTED;
    open = null;
    long limit = vertx.setTimer(pongWithinMs, late -> lost(mine, "no answer to PING"));
    suspect
        .send(Request.cmd(Command.PING))
        .onComplete(pong -> {
          vertx.cancelTimer(limit);
          if (pong.failed()) {
            lost(mine, pong.cause().getMessage());
          } else {
            opened(mine, suspect);
          }
        });
  }

  private void lost(long mine, @Nullable String why) {
    if (mine != attempt || stopped) {
      return;
    }
    boolean wasAway = state == State.AWAY;
    state = State.AWAY;
    giveUp();
    if (!wasAway) {
      wentDown.accept(why);
    }
    catchUp();
    long wait = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS << Math.min(failures, 10));
    failures++;
    // Replicas that lost the same server must not all come back in the same instant.
    vertx.setTimer(wait / 2 + ThreadLocalRandom.current().nextLong(wait) + 1, due -> connect());
  }

  private void giveUp() {
    attempt = attempt + 1;
    open = null;
    var old = client;
    client = null;
    if (old != null) {
      // Also ends a connection that hangs, and fails what waits on it.
      old.close();
    }
  }

  private void catchUp() {
    for (Early one = early.poll(); one != null; one = early.poll()) {
      var waiting = one;
      // Sent from its own context, where the answer will be looked for.
      waiting.caller().runOnContext(now -> send(waiting.request()).onComplete(waiting.answer()));
    }
  }

  private void watch() {
    if (sweeping.compareAndSet(false, true)) {
      sweepLater(System.nanoTime());
    }
  }

  private void sweepLater(long now) {
    onLoop(() -> vertx.setTimer(sweepMs, due -> sweep(now)));
  }

  private void sweep(long armed) {
    long now = System.nanoTime();
    // After a pause of our own (garbage collection) answers may lie unread: they come first.
    boolean paused = now - armed > sweepMs * 1_000_000 + deadlineNanos / 2;
    for (Call first = calls.peek(); first != null; first = calls.peek()) {
      if (!first.get()) {
        if (paused || first.end - now > 0) {
          break;
        }
        first.late();
      }
      calls.poll();
    }
    if (!calls.isEmpty()) {
      sweepLater(now);
      return;
    }
    sweeping.set(false);
    if (!calls.isEmpty()) {
      watch();
    }
  }

  /** True once it is answered or given up. Calls have one deadline, so the oldest ends first. */
  private final class Call extends AtomicBoolean {
    private static final long serialVersionUID = 1L;

    private final transient UniEmitter<? super Response> emitter;
    private final long end;
    private final transient Context caller;

    Call(UniEmitter<? super Response> emitter, long end, Context caller) {
      this.emitter = emitter;
      this.end = end;
      this.caller = caller;
    }

    void answered(AsyncResult<Response> answer) {
      if (!compareAndSet(false, true)) {
        return;
      }
      if (answer.succeeded()) {
        emitter.complete(answer.result());
        return;
      }
      Throwable failure = answer.cause();
      if (failure instanceof ErrorType error && !error.is(CLOSED)) {
        if (NOT_SERVING.stream().noneMatch(error::is)) {
          emitter.fail(error);
          return;
        }
        long mine = attempt;
        // A replica was the primary once: only a new connection finds the new one.
        onLoop(error.is("READONLY") ? () -> lost(mine, error.getMessage()) : Lane.this::doubt);
      }
      emitter.fail(new RedisAway());
    }

    void late() {
      if (compareAndSet(false, true)) {
        doubt();
        caller.runOnContext(now -> emitter.fail(new RedisAway()));
      }
    }
  }
}
