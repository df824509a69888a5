package dev.quintet.coordination.cache;

import dev.quintet.common.api.coordination.InvalidateReply;
import dev.quintet.common.api.coordination.InvalidateRequest;
import dev.quintet.coordination.CoordinationConfig;
import dev.quintet.coordination.cache.CacheConfig.RateWindows;
import dev.quintet.coordination.cache.CacheStore.Swept;
import dev.quintet.coordination.cache.InvalidationQueries.Subjects;
import dev.quintet.coordination.phash.PerceptualHashes;
import dev.quintet.coordination.redis.RedisAway;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Empties what has changed. Whatever replica gets to a row of the outbox first does it, in one
 * transaction that marks it done: a crash half way leaves it to the next.
 *
 * <p>The order is what keeps old values out: first the tokens of what is being computed become
 * worthless, then PostgreSQL is asked for the keys, then they are deleted. A value that was stored
 * before has its key there (see {@link Caches}), and none is stored after.
 */
@ApplicationScoped
class Invalidations {
  private static final int BATCH = 50;

  private final InvalidationQueries queries;
  private final CacheStore store;
  private final LateMetadata late;
  private final PerceptualHashes hashes;
  private final boolean windowsGo;
  private final boolean hashTag;

  Invalidations(
      InvalidationQueries queries,
      CacheStore store,
      LateMetadata late,
      PerceptualHashes hashes,
      CacheConfig config,
      CoordinationConfig coordination) {
    this.queries = queries;
    this.store = store;
    this.late = late;
    this.hashes = hashes;
    this.windowsGo = config.rateWindows() == RateWindows.DELETE;
    this.hashTag = coordination.redis().hashTag();
  }

  /** Does all that waits; returns how many rows. */
  Uni<Integer> drain() {
    return queries
        .waiting()
        .chain(waiting ->
            waiting
                ? Multi.createBy()
                    .repeating()
                    .uni(this::batch)
                    .whilst(done -> done == BATCH)
                    .collect()
                    .with(Collectors.summingInt(Integer::intValue))
                : Uni.createFrom().item(0));
  }

  private Uni<Integer> batch() {
    return queries.together(tx ->
        queries
            .claim(tx, BATCH)
            .chain(orders ->
                orders.isEmpty()
                    ? Uni.createFrom().item(0)
                    : empty(tx, orders).replaceWith(orders.size())));
  }

  /** By hand; it stands in the outbox like one of a trigger. */
  Uni<InvalidateReply> invalidate(InvalidateRequest request) {
    var payload =
        new Order.Payload(
            "INVALIDATE",
            Order.BY_HAND,
            null,
            request.documentId(),
            request.userId(),
            request.model(),
            request.pattern());
    var keys = request.keys() == null ? List.<String>of() : request.keys();
    if (request.onlyCounts()) {
      return counted(new Order(0, payload, keys));
    }
    return queries
        .together(tx ->
            queries
                .write(tx, payload, keys)
                .chain(id ->
                    empty(tx, List.of(new Order(id, payload, keys)))
                        .map(all -> new InvalidateReply(all.matched(), all.deleted(), id, false))))
        .onFailure(RedisAway.class)
        .recoverWithUni(
            away -> queries.leave(payload, keys).map(id -> new InvalidateReply(0, 0, id, true)));
  }

  private Uni<InvalidateReply> counted(Order order) {
    if (order.payload().pattern() != null) {
      return store
          .sweep(order.payload().pattern(), false)
          .map(swept -> new InvalidateReply(swept.matched(), 0, null, false));
    }
    return order.keys().isEmpty()
        ? queries
            .known(subjects(List.of(order)))
            .map(known -> new InvalidateReply(known.size(), 0, null, false))
        : store
            .present(order.keys())
            .map(present ->
                new InvalidateReply(
                    present.stream().filter(there -> there).count(), 0, null, false));
  }

  private Uni<Swept> empty(SqlConnection tx, List<Order> orders) {
    return store
        .outdate(generations(orders))
        .call(untold -> untold > 0 ? late.tell() : Uni.createFrom().voidItem())
        .chain(() -> queries.take(tx, subjects(orders)))
        .chain(known -> delete(orders, known))
        .call(() -> hashes.forget(deletedDocuments(orders)))
        .chain(keys -> sweep(orders).map(keys::plus))
        .call(() -> queries.done(tx, orders.stream().map(Order::id).toList()));
  }

  private static Set<Generation> generations(List<Order> orders) {
    var all = new LinkedHashSet<Generation>();
    for (Order order : orders) {
      var payload = order.payload();
      if (payload.by("documents") && payload.id() != null) {
        all.add(Generation.ofDocument(payload.id()));
      }
      if (order.byHand()) {
        order.keys().forEach(key -> all.add(Generation.ofKey(key)));
        if (payload.documentId() != null) {
          all.add(Generation.ofDocument(payload.documentId()));
        }
        if (payload.userId() != null) {
          all.add(Generation.ofUser(payload.userId()));
        }
        if (payload.model() != null) {
          all.add(Generation.ofModel(payload.model()));
        }
        if (payload.pattern() != null) {
          all.add(Generation.OF_ALL);
        }
      }
    }
    return all;
  }

  private static Subjects subjects(List<Order> orders) {
    var subjects = new Subjects(new HashSet<>(), new HashSet<>(), new HashSet<>(), new HashSet<>());
    for (Order order : orders) {
      var payload = order.payload();
      if (payload.by("documents") && payload.id() != null) {
        subjects.documents().add(payload.id());
      }
      if (order.byHand()) {
        subjects.keys().addAll(order.keys());
        if (payload.documentId() != null) {
          subjects.documents().add(payload.documentId());
        }
        if (payload.userId() != null) {
          subjects.users().add(payload.userId());
        }
        if (payload.model() != null) {
          subjects.models().add(payload.model());
        }
      }
    }
    return subjects;
  }

  private Uni<Swept> delete(List<Order> orders, List<String> known) {
    var keys = new LinkedHashSet<>(known);
    orders.forEach(order -> keys.addAll(order.keys()));
    return store.delete(List.copyOf(keys)).map(deleted -> new Swept(keys.size(), deleted));
  }

  private static List<UUID> deletedDocuments(List<Order> orders) {
    var all = new ArrayList<UUID>();
    for (Order order : orders) {
      var payload = order.payload();
      if (payload.by("documents") && "DELETE".equals(payload.operation()) && payload.id() != null) {
        all.add(payload.id());
      }
    }
    return all;
  }

  /** One scan after the other: each goes through all keys that Redis has. */
  private Uni<Swept> sweep(List<Order> orders) {
    return Multi.createFrom()
        .iterable(patterns(orders))
        .onItem()
        .transformToUniAndConcatenate(pattern -> store.sweep(pattern, true))
        .collect()
        .with(Collectors.reducing(new Swept(0, 0), Swept::plus));
  }

  /**
   * The seed's patterns of users. Those of documents match none of its keys, which are known
   * exactly anyway. They are made here and not read from the row, so that nobody who can write
   * there can name other keys.
   */
  private Set<String> patterns(List<Order> orders) {
    var all = new LinkedHashSet<String>();
    for (Order order : orders) {
      var payload = order.payload();
      if (payload.by("users") && payload.id() != null) {
        all.add("session:" + payload.id() + ":*");
        if (windowsGo || "DELETE".equals(payload.operation())) {
          all.add("rl:*:" + (hashTag ? "{" + payload.id() + "}" : payload.id()) + ":*");
        }
      }
      if (order.byHand() && payload.pattern() != null) {
        all.add(payload.pattern());
      }
    }
    return all;
  }
}
