package dev.quintet.coordination.phash;

import dev.quintet.common.api.coordination.PerceptualHash;
import dev.quintet.coordination.redis.RedisAway;
import dev.quintet.coordination.redis.RedisStore;
import dev.quintet.coordination.redis.Script;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * The seed's {@code phash:index}, whose scores hold 32 of a hash's 64 bits, and beside it {@code
 * phash:full} with all of them. What Redis was not there for is put right by {@link MirrorJob}.
 */
@ApplicationScoped
class HashMirror {
  private static final Script PUT = Script.of("phash_put");
  private static final Script REMOVE = Script.of("phash_remove");

  private final RedisStore redis;
  private final List<String> keys;

  HashMirror(RedisStore redis) {
    this.redis = redis;
    this.keys = List.of(redis.key("phash:index"), redis.key("phash:full"));
  }

  Uni<Void> put(List<PerceptualHash> hashes) {
    Object[] arguments =
        hashes.stream()
            .flatMap(hash -> java.util.stream.Stream.of(hash.documentId().toString(), hash.phash()))
            .toArray();
    return changed(PUT, arguments);
  }

  Uni<Void> remove(List<UUID> documents) {
    return changed(REMOVE, documents.stream().map(UUID::toString).toArray());
  }

  private Uni<Void> changed(Script script, Object[] arguments) {
    return arguments.length == 0
        ? Uni.createFrom().voidItem()
        : redis
            .run(script, keys, arguments)
            .replaceWithVoid()
            .onFailure(RedisAway.class)
            .recoverWithNull();
  }

  Uni<Long> count() {
    return redis.send(Command.HLEN, keys.getLast()).map(Response::toLong);
  }

  /**
   * Some of the documents that are shown.
   *
   * @param next where to go on; 0: these were the last
   */
  record Shown(List<UUID> documents, String next) {}

  Uni<Shown> shown(String from, int about) {
    return redis
        .send(Command.HSCAN, keys.getLast(), from, "COUNT", about)
        .map(answer -> {
          var documents = new ArrayList<UUID>();
          var pairs = answer.get(1);
          for (int i = 0; i < pairs.size(); i += 2) {
            documents.add(UUID.fromString(pairs.get(i).toString()));
          }
          return new Shown(documents, answer.get(0).toString());
        });
  }
}
