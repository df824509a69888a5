package dev.quintet.coordination.modelkey;

import dev.quintet.coordination.redis.RedisAway;
import dev.quintet.coordination.redis.RedisStore;
import dev.quintet.coordination.redis.Script;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Envelopes in Redis, as PostgreSQL has them, and what only Redis has: which slots are out, and the
 * leases of the last seconds. It may be behind, so PostgreSQL has the last word on each lease.
 */
@ApplicationScoped
class KeyCache {
  private static final Script LEASE = Script.of("lease_api_key");
  private static final Script LOAD = Script.of("load_api_key");
  private static final Script REPORT = Script.of("report_api_key");
  private static final Script TAKE = Script.of("take_key_usage");
  private static final Script RETURN = Script.of("return_key_usage");

  /** No model has a colon in its name. */
  private static final String PENDING = "api_key:usage:pending";

  private static final Duration FAILURES_WITHIN = Duration.ofSeconds(60);
  private static final Duration OUT_FOR = Duration.ofMinutes(5);

  private final RedisStore redis;

  KeyCache(RedisStore redis) {
    this.redis = redis;
  }

  /** Which key Redis would lease. */
  sealed interface Choice {
    record Chosen(Sealed key) implements Choice {}

    /** Redis has no keys of the model, or their time is over. */
    record Absent() implements Choice {}

    record AllOut(long forMs) implements Choice {}
  }

  /** What a report of a refusal led to. */
  enum Refusal {
    STALE,
    NOTED,
    OUT_NOW,
    OUT_ALREADY
  }

  Uni<Choice> choose(String model) {
    return redis
        .run(LEASE, List.of(key(model), redis.key(PENDING)), model)
        .map(reply ->
            switch (reply.get(0).toString()) {
              case "ok" ->
                  new Choice.Chosen(
                      new Sealed(
                          reply.get(1).toString(),
                          reply.get(2).toInteger(),
                          reply.get(3).toString(),
                          null));
              case "out" -> new Choice.AllOut(reply.get(1).toLong());
              default -> new Choice.Absent();
            });
  }

  /** Puts in what PostgreSQL has. */
  Uni<Void> load(String model, LiveKeys keys) {
    var arguments = new ArrayList<String>();
    for (String slot : List.of("primary", "fallback")) {
      var sealed = keys.slot(slot);
      arguments.add(sealed.map(Sealed::envelope).orElse(""));
      arguments.add(sealed.map(one -> Integer.toString(one.version())).orElse(""));
      arguments.add(sealed.map(Sealed::retireAtMs).map(String::valueOf).orElse(""));
    }
    arguments.add(Long.toString(keys.usageCount()));
    arguments.add(Long.toString(keys.lastRotatedMs()));
    return redis.run(LOAD, List.of(key(model)), arguments.toArray()).replaceWithVoid();
  }

  Uni<Refusal> refused(String model, String slot, int version) {
    return redis
        .run(
            REPORT,
            List.of(key(model)),
            slot,
            Integer.toString(version),
            FAILURES_WITHIN.toMillis(),
            OUT_FOR.toMillis())
        .map(reply -> Refusal.values()[reply.toInteger()]);
  }

  /** When the slots are in again, ms since 1970, primary first; 0: not out, or Redis is away. */
  Uni<List<Long>> outUntil(String model) {
    return redis
        .send(Command.HMGET, key(model), "primary_out_until", "fallback_out_until")
        .map(reply -> List.of(number(reply.get(0)), number(reply.get(1))))
        .onFailure(RedisAway.class)
        .recoverWithItem(() -> List.of(0L, 0L));
  }

  /** Whoever takes them writes them, or gives them back. */
  Uni<List<KeyUsage>> takeUsage() {
    return redis
        .run(TAKE, List.of(redis.key(PENDING)))
        .map(reply -> {
          var usage = new ArrayList<KeyUsage>();
          for (int i = 0; i + 1 < reply.size(); i += 2) {
            String field = reply.get(i).toString();
            int bar = field.lastIndexOf('|');
            usage.add(
                new KeyUsage(
                    field.substring(0, bar),
                    Integer.parseInt(field.substring(bar + 1)),
                    reply.get(i + 1).toLong()));
          }
          return List.copyOf(usage);
        });
  }

  Uni<Void> returnUsage(List<KeyUsage> usage) {
    var arguments = new ArrayList<Object>();
    usage.forEach(one -> {
      arguments.add(one.model() + "|" + one.version());
      arguments.add(one.leases());
    });
    return redis.run(RETURN, List.of(redis.key(PENDING)), arguments.toArray()).replaceWithVoid();
  }

  private String key(String model) {
    return redis.key("api_key:" + model);
  }

  private static long number(@Nullable Response value) {
    return value == null ? 0 : value.toLong();
  }
}
