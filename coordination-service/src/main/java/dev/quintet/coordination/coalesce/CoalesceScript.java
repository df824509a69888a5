package dev.quintet.coordination.coalesce;

import dev.quintet.common.api.coordination.CoalesceErrorPolicy;
import dev.quintet.coordination.redis.RedisStore;
import dev.quintet.coordination.redis.Script;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Response;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The operations of coalesce.lua. */
@ApplicationScoped
class CoalesceScript {
  private static final Script SCRIPT = Script.of("coalesce");
  private static final Script LOOK = Script.of("coalesce_look");

  private final RedisStore redis;
  private final int maxPending;

  CoalesceScript(RedisStore redis, CoalesceSettings settings) {
    this.redis = redis;
    this.maxPending = settings.maxPending();
  }

  /** One that waits, and for how long yet. */
  record Wait(String id, long ms) {}

  /** What many want. */
  record Wanted(String operation, String hash) {
    String key() {
      return "coalesce:" + operation + ":" + hash;
    }
  }

  /** {@code own}: the promise was made by the caller, who may lead by it already. */
  Uni<Told> join(
      Wanted wanted,
      String promise,
      boolean own,
      String holder,
      long leaseMs,
      CoalesceErrorPolicy policy,
      @Nullable Wait wait) {
    return run(
        wanted,
        "join",
        promise,
        holder,
        leaseMs,
        policy.label(),
        maxPending,
        wait == null ? "" : wait.id(),
        wait == null ? 0L : wait.ms(),
        own);
  }

  /** {@code promotion}: the promise by which the caller leads if the leader is silent, or null. */
  Uni<Told> follow(
      Wanted wanted,
      String promise,
      @Nullable String promotion,
      String holder,
      @Nullable Wait wait) {
    return run(
        wanted,
        "follow",
        promise,
        promotion == null ? "" : promotion,
        holder,
        maxPending,
        wait == null ? "" : wait.id(),
        wait == null ? 0L : wait.ms());
  }

  Uni<Told> current(Wanted wanted) {
    return run(wanted, "current", "");
  }

  Uni<Told> heartbeat(Wanted wanted, String promise, @Nullable Integer leaseMs) {
    return run(wanted, "heartbeat", promise, leaseMs == null ? "" : leaseMs.toString());
  }

  Uni<Told> complete(Wanted wanted, String promise, String result, long ttlMs, boolean cacheable) {
    return run(wanted, "complete", promise, result, ttlMs, cacheable);
  }

  Uni<Told> fail(Wanted wanted, String promise, String error) {
    return run(wanted, "fail", promise, error);
  }

  /** Which of these have to look again, by their place in the list. */
  Uni<List<Integer>> look(List<Wanted> wanted, List<String> promises) {
    return redis
        .run(LOOK, wanted.stream().map(one -> redis.key(one.key())).toList(), promises.toArray())
        .map(rung -> rung.stream().map(Response::toInteger).toList());
  }

  private Uni<Told> run(Wanted wanted, String operation, String promise, Object... rest) {
    String base = redis.key(wanted.key());
    var arguments = new Object[2 + rest.length];
    arguments[0] = operation;
    arguments[1] = promise;
    System.arraycopy(rest, 0, arguments, 2, rest.length);
    return redis
        .run(SCRIPT, List.of(base, base + ":lease", base + ":waiting", base + ":pass"), arguments)
        .map(CoalesceScript::told);
  }

  private static Told told(Response reply) {
    return switch (text(reply, 0)) {
      case "leader" ->
          new Told.Leader(text(reply, 1), reply.get(2).toLong(), text(reply, 3).equals("1"));
      case "pending" -> new Told.Pending(text(reply, 1), reply.get(2).toLong());
      case "done" -> new Told.Done(text(reply, 1), text(reply, 2));
      case "failed" -> new Told.Failed(text(reply, 1), text(reply, 2));
      case "bypass" -> new Told.Bypass();
      case "kept" -> new Told.Kept(reply.get(1).toLong());
      case "stale" -> new Told.Stale(text(reply, 1).isEmpty() ? null : text(reply, 1));
      case "unknown" -> new Told.Unknown();
      case "promoting" -> new Told.Promoting();
      default -> throw new IllegalStateException("coalesce.lua says " + reply);
    };
  }

  private static String text(Response reply, int at) {
    return reply.get(at).toString();
  }
}
