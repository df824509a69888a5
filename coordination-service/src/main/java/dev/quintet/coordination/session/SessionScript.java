package dev.quintet.coordination.session;

import dev.quintet.common.api.coordination.UserSession;
import dev.quintet.coordination.redis.RedisStore;
import dev.quintet.coordination.redis.Script;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The operations of session.lua. */
@ApplicationScoped
class SessionScript {
  private static final Script SCRIPT = Script.of("session");
  private static final String SERVER = "server:";

  private final RedisStore redis;
  private final String session;
  private final String sessions;
  private final SessionSettings settings;

  SessionScript(RedisStore redis, SessionSettings settings) {
    this.redis = redis;
    this.session = redis.key("session:");
    this.sessions = redis.key("sessions:");
    this.settings = settings;
  }

  /** What became of a registration. */
  sealed interface Put {
    record Kept(UserSession session, boolean made) implements Put {}

    /** The user has as many as allowed. */
    record Full(long sessions) implements Put {}
  }

  Uni<Put> put(String user, String id, String socket, String server) {
    return run(
            List.of(sessionKey(user, id), sessions + user),
            "put",
            user,
            id,
            socket,
            server,
            settings.ttl().toMillis(),
            settings.maxPerUser(),
            settings.overflow().name().toLowerCase(Locale.ROOT))
        .map(reply ->
            text(reply, 0).equals("full")
                ? new Put.Full(reply.get(1).toLong())
                : new Put.Kept(
                    session(user, id, reply, 1, evicted(reply)), text(reply, 0).equals("made")));
  }

  /** Empty: it is over, and stays so. */
  Uni<Optional<UserSession>> touch(String user, String id) {
    return run(
            List.of(sessionKey(user, id), sessions + user),
            "touch",
            user,
            id,
            settings.ttl().toMillis())
        .map(reply -> there(user, id, reply));
  }

  /** Empty: it is over. */
  Uni<Optional<UserSession>> find(String user, String id) {
    return run(List.of(sessionKey(user, id), sessions + user), "find", user, id)
        .map(reply -> there(user, id, reply));
  }

  /** False: it was over already. */
  Uni<Boolean> remove(String user, String id) {
    return run(List.of(sessionKey(user, id), sessions + user), "remove", user, id)
        .map(reply -> text(reply, 0).equals("removed"));
  }

  /** In no order. */
  Uni<List<UserSession>> ofUser(String user) {
    return run(List.of(sessions + user), "user", user)
        .map(reply -> reply.stream().map(SessionScript::member).toList());
  }

  /**
   * Some of a server's sessions.
   *
   * @param looked how many of the index were looked at, also such as are over
   * @param last behind which to look on; null: there were none
   */
  record Slice(List<UserSession> sessions, int looked, @Nullable String last) {}

  /** By user and session, behind {@code member} ({user}:{session}). */
  Uni<Slice> ofServer(String server, String member, int most) {
    return run(List.of(sessions + SERVER + server), "server", member, most)
        .map(reply -> {
          var found = new ArrayList<UserSession>();
          for (int i = 2; i < reply.size(); i++) {
            found.add(member(reply.get(i)));
          }
          return new Slice(
              found, reply.get(0).toInteger(), text(reply, 1).isEmpty() ? null : text(reply, 1));
        });
  }

  /**
   * @param looked fewer than were asked for: no more are left
   */
  record Step(long done, int looked) {}

  Uni<Step> transfer(String from, String to) {
    return run(
            List.of(sessions + SERVER + from, sessions + SERVER + to),
            "transfer",
            from,
            to,
            settings.transferAtOnce())
        .map(reply -> new Step(reply.get(0).toLong(), reply.get(1).toInteger()));
  }

  /**
   * @param cursor where to go on; 0: this was all
   */
  record Scanned(String cursor, List<String> keys) {}

  /** Some keys of indexes. */
  Uni<Scanned> indexes(String cursor) {
    return scan(cursor, sessions);
  }

  /** Some keys of sessions. */
  Uni<Scanned> hashes(String cursor) {
    return scan(cursor, session);
  }

  /** Takes out of an index what is over. Returns how many that were. */
  Uni<Long> sweep(String index) {
    String of = index.substring(sessions.length());
    return of.startsWith(SERVER)
        ? sweepServer(index, of.substring(SERVER.length()), "", 0)
        : run(List.of(index), "sweep_user", of).map(reply -> reply.get(0).toLong());
  }

  private Uni<Long> sweepServer(String index, String server, String behind, long sofar) {
    int most = settings.transferAtOnce();
    return run(List.of(index), "sweep_server", server, behind, most)
        .chain(reply -> {
          long gone = sofar + reply.get(0).toLong();
          return reply.get(1).toInteger() < most
              ? Uni.createFrom().item(gone)
              : sweepServer(index, server, text(reply, 2), gone);
        });
  }

  /**
   * @param put how many were in an index from which they were missing; @param alive sessions
   */
  record Indexed(long put, long alive) {}

  /** Puts sessions into their indexes, where they are not. */
  Uni<Indexed> index(List<String> keys) {
    if (keys.isEmpty()) {
      return Uni.createFrom().item(new Indexed(0, 0));
    }
    return run(keys, "index", keys.stream().map(key -> key.substring(session.length())).toArray())
        .map(reply -> new Indexed(reply.get(0).toLong(), reply.get(1).toLong()));
  }

  private Uni<Scanned> scan(String cursor, String prefix) {
    return redis
        .send(Command.SCAN, cursor, "MATCH", prefix + "*", "COUNT", 1_000)
        .map(reply ->
            new Scanned(text(reply, 0), reply.get(1).stream().map(Response::toString).toList()));
  }

  private Uni<Response> run(List<String> keys, String operation, Object... rest) {
    var arguments = new Object[3 + rest.length];
    arguments[0] = operation;
    arguments[1] = session;
    arguments[2] = sessions;
    System.arraycopy(rest, 0, arguments, 3, rest.length);
    return redis.run(SCRIPT, keys, arguments);
  }

  private String sessionKey(String user, String id) {
    return session + user + ":" + id;
  }

  private static Optional<UserSession> there(String user, String id, Response reply) {
    return text(reply, 0).equals("expired")
        ? Optional.empty()
        : Optional.of(session(user, id, reply, 1, null));
  }

  private static UserSession member(Response reply) {
    String[] names = text(reply, 0).split(":", 2);
    return session(names[0], names[1], reply, 1, null);
  }

  private static UserSession session(
      String user, String id, Response reply, int at, @Nullable List<String> evicted) {
    return new UserSession(
        user,
        id,
        text(reply, at),
        text(reply, at + 1),
        Instant.ofEpochMilli(reply.get(at + 2).toLong()),
        Instant.ofEpochMilli(reply.get(at + 3).toLong()),
        Math.max(0, reply.get(at + 4).toLong()),
        evicted);
  }

  private static @Nullable List<String> evicted(Response reply) {
    var evicted = new ArrayList<String>();
    for (int i = 6; i < reply.size(); i++) {
      evicted.add(text(reply, i));
    }
    return evicted.isEmpty() ? null : List.copyOf(evicted);
  }

  private static String text(Response reply, int at) {
    return reply.get(at).toString();
  }
}
