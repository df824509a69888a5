package dev.quintet.coordination.cache;

import dev.quintet.coordination.redis.RedisStore;
import dev.quintet.coordination.redis.Script;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import jakarta.enterprise.context.ApplicationScoped;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The values in Redis, their generations and their counts. Keys here are without the prefix. */
@ApplicationScoped
class CacheStore {
  private static final Script GET = Script.of("cache_get");
  private static final Script TOKEN = Script.of("cache_token");
  private static final Script FILL = Script.of("cache_fill");
  private static final Script QUEUE = Script.of("cache_queue");
  private static final Script OUTDATE = Script.of("cache_outdate");
  private static final Script TAKE_HITS = Script.of("cache_hits_take");
  private static final Script DROP_HITS = Script.of("cache_hits_drop");
  private static final Script TOLD = Script.of("cache_told");
  private static final Script PRESENT = Script.of("cache_present");

  private static final String COUNTS = "cache:hits:pending";
  private static final String TAKEN_COUNTS = "cache:hits:taken";
  private static final String UNTOLD = "cache:meta:pending";

  private static final int HIT = 1;
  private static final int STALE = 2;
  private static final int CHUNK = 500;
  private static final int SCANNED = 1_000;

  /** Where generations begin: far from 0, and far below what a Lua number still holds exactly. */
  private static final long LEAST_GENERATION = 1L << 40;

  private static final long MOST_GENERATION = 1L << 52;

  private final RedisStore redis;
  private final String mostCounted;
  private final String fillWindowMs;
  private final SecureRandom random = new SecureRandom();

  CacheStore(RedisStore redis, CacheConfig config) {
    this.redis = redis;
    this.mostCounted = Integer.toString(config.mostCounted());
    this.fillWindowMs = Long.toString(config.fillWindow().toMillis());
  }

  /** What a look into the cache finds. */
  sealed interface Found {
    /** Fresh for so long. */
    record Hit(Payload value, long leftMs) implements Found {}

    /** Its time was over so long ago; the token is for who makes a new one. */
    record Stale(Payload value, long overMs, String fillToken) implements Found {}

    /**
     * @param fillToken null while Redis is away: nothing can be stored
     */
    record Miss(@Nullable String fillToken) implements Found {}
  }

  /** One round trip; the hit or miss is counted in it. */
  Uni<Found> get(Place place) {
    return get(place.key(), place.userId(), place.generations());
  }

  /** Of a value that is known to be there. */
  Uni<Found> get(String cacheKey, @Nullable UUID user) {
    return get(cacheKey, user, List.of(Generation.OF_ALL));
  }

  private Uni<Found> get(String cacheKey, @Nullable UUID user, List<Generation> generations) {
    var keys = new ArrayList<>(List.of(redis.key(cacheKey), redis.key(COUNTS)));
    keys.addAll(keys(generations));
    var count = new Count(cacheKey, user == null ? null : user.toString());
    return redis
        .run(
            GET,
            keys,
            arguments(
                generations,
                count.field(true),
                count.field(false),
                mostCounted,
                start(),
                fillWindowMs))
        .map(CacheStore::found);
  }

  private static Found found(Response answer) {
    long left = answer.get(2).toLong();
    return switch (answer.get(0).toInteger()) {
      case HIT -> new Found.Hit(Payload.read(answer.get(1).toBytes()), left);
      case STALE ->
          new Found.Stale(Payload.read(answer.get(1).toBytes()), -left, answer.get(3).toString());
      default -> new Found.Miss(answer.get(3).toString());
    };
  }

  /**
   * The token that is good now.
   *
   * @param given what a caller believes it to be, or null
   * @return empty: what the caller believes is wrong
   */
  Uni<String> token(Place place, @Nullable String given) {
    var generations = place.generations();
    return redis
        .run(
            TOKEN,
            keys(generations),
            arguments(generations, given == null ? "" : given, start(), fillWindowMs))
        .map(Response::toString);
  }

  /** False: what the value depends on has changed since. */
  Uni<Boolean> fill(Place place, String token, Buffer value, long endsAtMs) {
    var generations = place.generations();
    var keys = new ArrayList<>(List.of(redis.key(place.key())));
    keys.addAll(keys(generations));
    var arguments = new ArrayList<Object>(List.of(token, value, Long.toString(endsAtMs)));
    generations.forEach(generation -> arguments.add(generation.letter()));
    return redis.run(FILL, keys, arguments.toArray()).map(answer -> answer.toInteger() == 1);
  }

  /** For PostgreSQL, once it is back. Returns the time in ms since 1970. */
  Uni<Long> queue(String json) {
    return redis.run(QUEUE, List.of(redis.key(UNTOLD)), json).map(Response::toLong);
  }

  /** What PostgreSQL has not been told: at most so many, oldest first. */
  Uni<List<String>> untold(int most) {
    return redis
        .send(Command.LRANGE, redis.key(UNTOLD), 0, most - 1)
        .map(answer -> answer.stream().map(Response::toString).toList());
  }

  /** {@code entries}: as {@link #untold} gave them. */
  Uni<Void> told(List<String> entries) {
    return redis
        .run(TOLD, List.of(redis.key(UNTOLD)), entries.getFirst(), entries.size())
        .replaceWithVoid();
  }

  /** Returns how much PostgreSQL has not been told. */
  Uni<Integer> outdate(Collection<Generation> generations) {
    var keys = new ArrayList<>(List.of(redis.key(UNTOLD)));
    generations.forEach(generation -> keys.add(redis.key(generation.key())));
    return redis.run(OUTDATE, keys).map(Response::toInteger);
  }

  /** Returns how many of them there were. */
  Uni<Long> delete(List<String> cacheKeys) {
    return Multi.createFrom()
        .range(0, Math.ceilDiv(cacheKeys.size(), CHUNK))
        .onItem()
        .transformToUniAndConcatenate(chunk ->
            unlink(
                cacheKeys
                    .subList(chunk * CHUNK, Math.min(cacheKeys.size(), (chunk + 1) * CHUNK))
                    .stream()
                    .map(redis::key)
                    .toList()))
        .collect()
        .with(Collectors.summingLong(Long::longValue));
  }

  private Uni<Long> unlink(List<String> redisKeys) {
    return redisKeys.isEmpty()
        ? Uni.createFrom().item(0L)
        : redis.send(Command.UNLINK, redisKeys.toArray()).map(Response::toLong);
  }

  /**
   * Keys that match a pattern of Redis, by SCAN.
   *
   * @param matched a key that stayed through the whole scan is counted at least once
   */
  record Swept(long matched, long deleted) {
    Swept plus(Swept other) {
      return new Swept(matched + other.matched, deleted + other.deleted);
    }
  }

  Uni<Swept> sweep(String pattern, boolean delete) {
    return Multi.createBy()
        .repeating()
        .uni(Cursor::new, cursor -> sweep(pattern, delete, cursor))
        .whilst(step -> !step.cursor().equals(Cursor.ENDS))
        .collect()
        .with(Collectors.reducing(new Swept(0, 0), Step::part, Swept::plus));
  }

  private Uni<Step> sweep(String pattern, boolean delete, Cursor cursor) {
    return redis
        .send(Command.SCAN, cursor.at, "MATCH", redis.key(pattern), "COUNT", SCANNED)
        .invoke(answer -> cursor.at = answer.get(0).toString())
        .chain(answer -> swept(answer, delete))
        .map(part -> new Step(part, cursor.at));
  }

  /** Where a scan is; its steps follow one another. */
  private static final class Cursor {
    private static final String ENDS = "0";
    private String at = ENDS;
  }

  private record Step(Swept part, String cursor) {}

  private Uni<Swept> swept(Response answer, boolean delete) {
    var keys = answer.get(1).stream().map(Response::toString).toList();
    return (delete ? unlink(keys) : Uni.createFrom().item(0L))
        .map(deleted -> new Swept(keys.size(), deleted));
  }

  /** For each key whether its value is there. */
  Uni<List<Boolean>> present(List<String> cacheKeys) {
    return redis
        .run(PRESENT, cacheKeys.stream().map(redis::key).toList())
        .map(answer -> answer.stream().map(one -> one.toInteger() == 1).toList());
  }

  /**
   * A value that was looked for.
   *
   * @param user whose it is, or null
   */
  record Count(String cacheKey, @Nullable String user) {
    String field(boolean hit) {
      return (hit ? "h|" : "m|") + (user == null ? "" : user) + "|" + cacheKey;
    }
  }

  /**
   * Counts that are to be told to PostgreSQL.
   *
   * @param id of these counts: told twice they count once
   */
  record Counts(UUID id, Map<Count, Long> hits, Map<Count, Long> misses) {}

  /** Null: nothing was counted. */
  Uni<@Nullable Counts> takeCounts() {
    return redis
        .run(
            TAKE_HITS,
            List.of(redis.key(COUNTS), redis.key(TAKEN_COUNTS)),
            UUID.randomUUID().toString())
        .map(CacheStore::counts);
  }

  /** Another replica may have done so, and have taken others since: those stay. */
  Uni<Void> throwAway(Counts counts) {
    return redis
        .run(DROP_HITS, List.of(redis.key(TAKEN_COUNTS)), counts.id().toString())
        .replaceWithVoid();
  }

  private static @Nullable Counts counts(Response answer) {
    UUID id = null;
    var hits = new HashMap<Count, Long>();
    var misses = new HashMap<Count, Long>();
    for (int i = 0; i + 1 < answer.size(); i += 2) {
      String field = answer.get(i).toString();
      String value = answer.get(i + 1).toString();
      if (field.equals("#id")) {
        id = UUID.fromString(value);
      } else {
        String[] parts = field.split("\\|", 3);
        var count = new Count(parts[2], parts[1].isEmpty() ? null : parts[1]);
        (parts[0].equals("h") ? hits : misses).put(count, Long.parseLong(value));
      }
    }
    return id == null ? null : new Counts(id, hits, misses);
  }

  private List<String> keys(List<Generation> generations) {
    return generations.stream().map(generation -> redis.key(generation.key())).toList();
  }

  private static Object[] arguments(List<Generation> generations, String... first) {
    return Stream.concat(Stream.of(first), generations.stream().map(Generation::letter)).toArray();
  }

  private String start() {
    return Long.toString(random.nextLong(LEAST_GENERATION, MOST_GENERATION));
  }
}
