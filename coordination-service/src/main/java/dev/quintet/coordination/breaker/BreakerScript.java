package dev.quintet.coordination.breaker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.common.api.coordination.BreakerConfig;
import dev.quintet.common.api.coordination.BreakerOutcome;
import dev.quintet.common.api.coordination.BreakerOutcomes;
import dev.quintet.common.api.coordination.BreakerState;
import dev.quintet.coordination.redis.RedisStore;
import dev.quintet.coordination.redis.Script;
import dev.quintet.coordination.replica.Replica;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** The operations of breaker.lua. */
@ApplicationScoped
class BreakerScript {
  private static final Script SCRIPT = Script.of("breaker");
  private static final TypeReference<List<String>> TEXTS = new TypeReference<>() {};

  /** Outcomes told of one replica's permits are marked in bitmaps of so many. */
  private static final long BITMAP = 1L << 16;

  private final RedisStore redis;
  private final ObjectMapper json;
  private final String outbox;
  private final String permits;
  private final AtomicLong given = new AtomicLong();

  BreakerScript(RedisStore redis, Replica replica, ObjectMapper json) {
    this.redis = redis;
    this.json = json;
    this.outbox = redis.key("cb:outbox");
    // Replicas of one name are told apart by when they started, which the id ends with.
    String id = replica.id();
    var crc = new CRC32();
    crc.update(id.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    this.permits =
        Long.toString(crc.getValue(), 36)
            + id.substring(id.lastIndexOf('-') + 1).toLowerCase(java.util.Locale.ROOT);
  }

  /** What a script says; the same for all operations. */
  sealed interface Said<T> {
    /** Redis has no such breaker. */
    record Unknown<T>() implements Said<T> {}

    /**
     * @param told the transition that PostgreSQL is to be told of; null: there was none
     */
    record Done<T>(T reply, @Nullable String told) implements Said<T> {}
  }

  record Permit(
      boolean permitted,
      BreakerState state,
      long version,
      @Nullable String permitId,
      @Nullable Long retryAfterMs,
      List<String> fallback) {}

  record Counted(BreakerState state, long version, long ignored) {}

  Uni<Said<Permit>> permit(String service, String reporter) {
    String rest = permits + "." + given.getAndIncrement();
    return run(service, List.of(), "permit", reporter, rest)
        .map(reply ->
            said(
                reply,
                6,
                r ->
                    new Permit(
                        text(r, 0).equals("permitted"),
                        BreakerState.of(text(r, 1)),
                        number(r, 2),
                        text(r, 3).isEmpty() ? null : text(r, 3),
                        number(r, 4) < 0 ? null : number(r, 4),
                        texts(text(r, 5)))));
  }

  Uni<Said<Counted>> outcomes(String service, List<BreakerOutcomes.Report> reports) {
    var bitmaps = new ArrayList<String>();
    var arguments = new ArrayList<Object>(6 * reports.size());
    for (var report : reports) {
      BreakerOutcome outcome = Objects.requireNonNull(report.outcome());
      arguments.add(
          switch (outcome) {
            case SUCCESS -> "success";
            case FAILURE, TIMEOUT -> "failure";
            case IGNORED -> "ignored";
          });
      arguments.add(report.durationMs() == null ? -1L : report.durationMs());
      String permit = report.permitId();
      arguments.add(permit == null ? "" : permit);
      arguments.add(Objects.requireNonNull(report.reporter()));
      if (permit == null) {
        arguments.add(0);
        arguments.add(0);
      } else {
        // episode.second.replica.number
        String[] parts = permit.split("\\.", -1);
        long number = Long.parseLong(parts[3]);
        String bitmap =
            redis.key("cb:" + service + ":reported:" + parts[2] + ":" + number / BITMAP);
        int at = bitmaps.indexOf(bitmap);
        if (at < 0) {
          at = bitmaps.size();
          bitmaps.add(bitmap);
        }
        arguments.add(at + 1);
        arguments.add(number % BITMAP);
      }
    }
    String reporter = Objects.requireNonNull(reports.getFirst().reporter());
    return run(service, bitmaps, "outcomes", reporter, arguments.toArray())
        .map(reply ->
            said(
                reply,
                4,
                r -> new Counted(BreakerState.of(text(r, 1)), number(r, 2), number(r, 3))));
  }

  /** Where PostgreSQL is ahead, Redis follows; else nothing happens. */
  Uni<Void> restore(StoredBreaker row) {
    BreakerConfig config = row.effective();
    return run(
            row.serviceName(),
            List.of(),
            "restore",
            "",
            row.state().label(),
            row.version(),
            row.failureCount(),
            millis(row.openUntil()),
            row.reopened(),
            millis(row.lastFailureTime()),
            millis(row.lastSuccessTime()),
            millis(row.lastStateChange()),
            row.override() == null ? "" : row.override().label(),
            millis(row.overrideUntil()),
            written(config),
            written(config.fallback()),
            row.settingsVersion())
        .replaceWithVoid();
  }

  Uni<Said<BreakerState>> reset(String service, String actor) {
    return run(service, List.of(), "reset", actor)
        .map(reply -> said(reply, 3, r -> BreakerState.of(text(r, 1))));
  }

  /** Counts, and gives up probes that were lost. */
  Uni<Said<Counts>> look(String service, String actor) {
    return run(service, List.of(), "look", actor)
        .map(reply ->
            said(
                reply,
                12,
                r ->
                    new Counts(
                        BreakerState.of(text(r, 1)),
                        number(r, 2),
                        number(r, 3),
                        number(r, 4),
                        number(r, 5),
                        number(r, 6),
                        number(r, 7),
                        instant(number(r, 8)),
                        instant(number(r, 9)),
                        texts(text(r, 11)))));
  }

  /** Transitions that PostgreSQL has not been told of, oldest first. */
  Uni<List<String>> untold(int most) {
    return redis
        .send(Command.LRANGE, outbox, 0, most - 1)
        .map(all -> all.stream().map(Response::toString).toList());
  }

  Uni<Void> told(String transition) {
    return redis.send(Command.LREM, outbox, 1, transition).replaceWithVoid();
  }

  private Uni<Response> run(
      String service, List<String> more, String operation, String actor, Object... rest) {
    String of = "cb:" + service;
    var keys = new ArrayList<String>(5 + more.size());
    keys.add(redis.key(of + ":state"));
    keys.add(redis.key(of + ":window"));
    keys.add(redis.key(of + ":probes"));
    keys.add(redis.key(of + ":reporters"));
    keys.add(outbox);
    keys.addAll(more);
    var arguments = new Object[4 + rest.length];
    arguments[0] = operation;
    arguments[1] = service;
    arguments[2] = actor;
    arguments[3] = Double.toString(ThreadLocalRandom.current().nextDouble(-1, 1));
    System.arraycopy(rest, 0, arguments, 4, rest.length);
    return redis.run(SCRIPT, keys, arguments);
  }

  private interface Reader<T> {
    T read(Response reply);
  }

  private static <T> Said<T> said(Response reply, int transition, Reader<T> reader) {
    if (text(reply, 0).equals("unknown")) {
      return new Said.Unknown<>();
    }
    String told = text(reply, transition);
    return new Said.Done<>(reader.read(reply), told.isEmpty() ? null : told);
  }

  private static String text(Response reply, int at) {
    return reply.get(at).toString();
  }

  private static long number(Response reply, int at) {
    return reply.get(at).toLong();
  }

  private static @Nullable Instant instant(long ms) {
    return ms == 0 ? null : Instant.ofEpochMilli(ms);
  }

  private static long millis(@Nullable Instant instant) {
    return instant == null ? 0 : instant.toEpochMilli();
  }

  private List<String> texts(String array) {
    if (array.equals("[]")) {
      return List.of();
    }
    try {
      return json.readValue(array, TEXTS);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("breaker.lua wrote no array of texts", e);
    }
  }

  private String written(Object value) {
    try {
      return json.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("settings cannot be written", e);
    }
  }
}
