package dev.quintet.coordination.session;

import dev.quintet.coordination.job.Job;
import dev.quintet.coordination.redis.RedisStore;
import dev.quintet.coordination.session.SessionScript.Indexed;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Makes the indexes of sessions what the sessions are, and counts these for the meter. */
@ApplicationScoped
class SessionSweepJob implements Job {
  private static final int AT_ONCE = 250;

  /** A figure that nobody has renewed for so long is none. */
  private static final Duration GOOD_FOR = Duration.ofMinutes(15);

  private final SessionScript script;
  private final RedisStore redis;

  SessionSweepJob(SessionScript script, RedisStore redis) {
    this.script = script;
    this.redis = redis;
  }

  @Override
  public String name() {
    return "session-sweep";
  }

  @Override
  public String schedule() {
    return "1m";
  }

  /** Neither a session nor an index, whose names go on behind a colon. */
  static String countKey(RedisStore redis) {
    return redis.key("session-count");
  }

  @Override
  public Uni<String> run() {
    return sweep("0", 0)
        .chain(gone ->
            index("0", new Indexed(0, 0))
                .call(indexed ->
                    redis.send(
                        Command.SET, countKey(redis), indexed.alive(), "PX", GOOD_FOR.toMillis()))
                .map(indexed ->
                    "taken_out="
                        + gone
                        + " put_in="
                        + indexed.put()
                        + " alive="
                        + indexed.alive()));
  }

  private Uni<Long> sweep(String cursor, long sofar) {
    return script
        .indexes(cursor)
        .chain(scanned ->
            Multi.createFrom()
                .iterable(scanned.keys())
                .onItem()
                .transformToUniAndConcatenate(script::sweep)
                .collect()
                .with(java.util.stream.Collectors.summingLong(Long::longValue))
                .chain(gone ->
                    scanned.cursor().equals("0")
                        ? Uni.createFrom().item(sofar + gone)
                        : sweep(scanned.cursor(), sofar + gone)));
  }

  private Uni<Indexed> index(String cursor, Indexed sofar) {
    return script
        .hashes(cursor)
        .chain(scanned ->
            Multi.createFrom()
                .iterable(chunks(scanned.keys()))
                .onItem()
                .transformToUniAndConcatenate(script::index)
                .collect()
                .asList()
                .chain(done -> {
                  var all = sum(sofar, done);
                  return scanned.cursor().equals("0")
                      ? Uni.createFrom().item(all)
                      : index(scanned.cursor(), all);
                }));
  }

  private static Indexed sum(Indexed first, List<Indexed> rest) {
    long put = first.put();
    long alive = first.alive();
    for (Indexed one : rest) {
      put += one.put();
      alive += one.alive();
    }
    return new Indexed(put, alive);
  }

  private static List<List<String>> chunks(List<String> keys) {
    var chunks = new ArrayList<List<String>>();
    for (int i = 0; i < keys.size(); i += AT_ONCE) {
      chunks.add(keys.subList(i, Math.min(i + AT_ONCE, keys.size())));
    }
    return chunks;
  }
}
