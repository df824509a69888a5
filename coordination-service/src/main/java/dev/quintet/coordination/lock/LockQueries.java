package dev.quintet.coordination.lock;

import dev.quintet.common.api.coordination.ForceReleased;
import dev.quintet.common.api.coordination.HeldLock;
import dev.quintet.common.api.coordination.LeaseReleased;
import dev.quintet.common.api.coordination.LockEvent;
import dev.quintet.common.api.coordination.Semaphore;
import dev.quintet.common.api.coordination.TokenChecked;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Outages;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Each operation is one call of one function, which has the key for itself. */
@ApplicationScoped
class LockQueries {
  /** $1 … as lock_acquire names them; $11 NULL: without waiting. */
  private static final String ACQUIRE =
      """
      SELECT coordination.lock_acquire($1, $2, $3, $4, $5::text::jsonb, $6, $7, $8, $9, $10, $11, $12, $13)::text AS row
      """;

  /** $1 locks as lock_acquire_all wants them, $2 ttl. */
  private static final String ACQUIRE_ALL =
      "SELECT coordination.lock_acquire_all($1::text::jsonb, $2)::text AS row";

  /** $1 key, $2 lease, $3 ttl. */
  private static final String EXTEND = "SELECT coordination.lock_extend($1, $2, $3)::text AS row";

  /** $1 key, $2 lease. */
  private static final String RELEASE = "SELECT coordination.lock_release($1, $2)::text AS row";

  /** $1 key, $2 lease, $3 whether what was handed over is kept, $4 ttl. */
  private static final String LEAVE = "SELECT coordination.lock_leave($1, $2, $3, $4)::text AS row";

  /** $1 key. */
  private static final String NEXT_WAITER = "SELECT coordination.lock_next_waiter($1) AS due_ms";

  /** $1 leases waited for, $2 whether to stand for them. A row for each that has news. */
  private static final String ALIVE =
      "SELECT lease_id FROM coordination.lock_waiters_alive($1, $2) AS lease_id";

  /** $1 keys at once. */
  private static final String SWEEP = "SELECT coordination.lock_sweep($1) AS ended";

  /** $1 key, $2 token, $3 lease or NULL. One row. */
  private static final String VERIFY =
      """
      SELECT json_build_object(
               'valid', coalesce(bool_or(h.asked), false), 'current_token', max(h.fencing_token),
               'ttl_remaining_ms', greatest(0, floor(extract(epoch FROM
                  coalesce(max(h.expires_at) FILTER (WHERE h.asked), (array_agg(h.expires_at ORDER BY h.fencing_token DESC))[1]) - c.now) * 1000))::bigint)::text AS row
        FROM (SELECT clock_timestamp() AS now) AS c
        LEFT JOIN LATERAL (
          SELECT d.fencing_token, d.expires_at, d.fencing_token = $2 AND ($3::uuid IS NULL OR d.lease_id = $3) AS asked
            FROM coordination.distributed_locks d WHERE d.lock_key = $1 AND d.expires_at > c.now AND d.released_at IS NULL
          UNION ALL
          SELECT p.fencing_token, p.expires_at, p.fencing_token = $2 AND ($3::uuid IS NULL OR p.lease_id = $3)
            FROM coordination.lock_permits p WHERE p.lock_key = $1 AND p.expires_at > c.now) AS h ON true
       GROUP BY c.now
      """;

  /**
   * $1 beginning of the key, $2 holder, $3 state, each or NULL; $4 key and $5 token to start
   * behind, $6 rows. Expired ones only where they are asked for.
   */
  private static final String LIST =
      """
      SELECT (coordination.lock_lease(h.lock_key, NULL, h.lock_holder, h.mode, h.permits, h.fencing_token, h.acquired_at, h.expires_at, h.metadata,
                                      h.hold_count, c.now) || jsonb_build_object('state', h.state))::text AS row
        FROM (SELECT clock_timestamp() AS now) AS c
        CROSS JOIN LATERAL (
          SELECT d.lock_key, d.lock_holder, 'exclusive' AS mode, 1 AS permits, d.fencing_token, d.acquired_at, d.expires_at, d.metadata, d.hold_count,
                 CASE WHEN d.expires_at > c.now THEN 'held' WHEN d.lock_delay_until > c.now THEN 'resting' ELSE 'expired' END AS state
            FROM coordination.distributed_locks d
           WHERE ($1::text IS NULL OR starts_with(d.lock_key, $1)) AND (d.lock_key, d.fencing_token) > ($4, $5::bigint)
             AND ($2::text IS NULL OR d.lock_holder = $2)
          UNION ALL
          SELECT p.lock_key, p.lock_holder, p.mode, p.permits, p.fencing_token, p.acquired_at, p.expires_at, p.metadata, 1,
                 CASE WHEN p.expires_at > c.now THEN 'held' ELSE 'expired' END
            FROM coordination.lock_permits p
           WHERE ($1::text IS NULL OR starts_with(p.lock_key, $1)) AND (p.lock_key, p.fencing_token) > ($4, $5::bigint)
             AND ($2::text IS NULL OR p.lock_holder = $2)) AS h
       WHERE CASE WHEN $3::text IS NULL THEN h.state <> 'expired' ELSE h.state = $3 END
       ORDER BY h.lock_key, h.fencing_token
       LIMIT $6
      """;

  /** $1 key. NULL: nobody has it or waits for it. */
  private static final String VIEW = "SELECT coordination.lock_view($1)::text AS row";

  /** $1 key, $2 actor, $3 reason. NULL: nobody had it. */
  private static final String FORCE_RELEASE =
      """
      SELECT e.value::text AS row FROM jsonb_array_elements(coordination.lock_force_release($1, $2, $3)) AS e
      """;

  /** $1 key, $2 id to start below, $3 rows. */
  private static final String AUDIT =
      """
      SELECT (jsonb_build_object('id', a.id, 'lock_key', a.lock_key, 'event', a.event, 'holder', a.lock_holder, 'fencing_token', a.fencing_token,
                                 'at', a.at, 'actor', a.actor, 'reason', a.reason) || a.details)::text AS row
        FROM coordination.lock_audit a
       WHERE a.lock_key = $1 AND a.id < $2
       ORDER BY a.id DESC
       LIMIT $3
      """;

  /** $1 key, $2 replica. */
  private static final String WATCH = "SELECT coordination.lock_watch($1, $2)";

  /** $1 key. One row, of one moment. {@code row} NULL: nobody has the key or waits for it. */
  private static final String SNAPSHOT =
      """
      SELECT coordination.lock_view($1)::text AS row,
             coalesce((SELECT max(a.id) FROM coordination.lock_audit a WHERE a.lock_key = $1), 0) AS upto
      """;

  /** $1 key, $2 id to start behind, $3 rows. At least one row; {@code row} NULL: nothing new. */
  private static final String EVENTS =
      """
      SELECT EXISTS (SELECT FROM coordination.distributed_locks d
                      WHERE d.lock_key = $1 AND greatest(d.expires_at, d.lock_delay_until) <= clock_timestamp())
          OR EXISTS (SELECT FROM coordination.lock_permits p WHERE p.lock_key = $1 AND p.expires_at <= clock_timestamp()) AS expired,
             e.row
        FROM (SELECT) AS one
        LEFT JOIN LATERAL (
          SELECT a.id, (jsonb_build_object('id', a.id, 'lock_key', a.lock_key, 'event', a.event, 'holder', a.lock_holder,
                                           'fencing_token', a.fencing_token, 'at', a.at, 'actor', a.actor, 'reason', a.reason) || a.details)::text AS row
            FROM coordination.lock_audit a
           WHERE a.lock_key = $1 AND a.id > $2
           ORDER BY a.id
           LIMIT $3) AS e ON true
       ORDER BY e.id
      """;

  /** $1 name, $2 permits, $3 actor. */
  private static final String SEMAPHORE_PUT =
      "SELECT coordination.semaphore_put($1, $2, $3)::text AS row";

  /** $1 name. NULL: there is none. */
  private static final String SEMAPHORE_VIEW =
      "SELECT coordination.semaphore_view($1)::text AS row";

  /** $1 name. */
  private static final String SEMAPHORE_DELETE =
      "SELECT coordination.semaphore_delete($1)::text AS row";

  /** One row: leases by kind that are live, and how many wait. */
  private static final String FIGURES =
      """
      SELECT (SELECT count(*) FROM coordination.distributed_locks WHERE expires_at > clock_timestamp()) AS exclusive,
             (SELECT count(*) FROM coordination.lock_permits WHERE mode = 'shared' AND expires_at > clock_timestamp()) AS shared,
             (SELECT count(*) FROM coordination.lock_permits WHERE mode = 'permit' AND expires_at > clock_timestamp()) AS permit,
             (SELECT count(*) FROM coordination.lock_waiters WHERE granted_at IS NULL AND deadline > clock_timestamp()) AS waiting
      """;

  private final Statements statements;
  private final JsonRows json;
  private final Duration deadline;
  private final int mostWaiters;

  LockQueries(Statements statements, JsonRows json, LockConfig config) {
    this.statements = statements;
    this.json = json;
    this.deadline = config.deadline();
    this.mostWaiters = config.mostWaiters();
  }

  /**
   * A request for a lock.
   *
   * @param metadata as JSON
   */
  record Ask(
      String key,
      String holder,
      long ttlMs,
      UUID lease,
      String metadata,
      String mode,
      int permits,
      long lockDelayMs,
      long minHoldMs,
      boolean reentrant) {}

  /** {@code replica}: where the caller waits in line; null: it does not. */
  Uni<LockAnswer> acquire(Ask ask, @Nullable String replica, long waitMs) {
    return answer(
        ACQUIRE,
        Tuple.tuple()
            .addString(ask.key())
            .addString(ask.holder())
            .addLong(ask.ttlMs())
            .addUUID(ask.lease())
            .addString(ask.metadata())
            .addString(ask.mode())
            .addInteger(ask.permits())
            .addLong(ask.lockDelayMs())
            .addLong(ask.minHoldMs())
            .addBoolean(ask.reentrant())
            .addString(replica)
            .addLong(waitMs)
            .addInteger(mostWaiters));
  }

  /** {@code locks}: an array as lock_acquire_all wants it. */
  Uni<LockAnswer> acquireAll(String locks, long ttlMs) {
    return answer(ACQUIRE_ALL, Tuple.of(locks, ttlMs));
  }

  Uni<LockAnswer> extend(String key, UUID lease, long ttlMs) {
    return answer(EXTEND, Tuple.of(key, lease, ttlMs));
  }

  Uni<LeaseReleased> release(String key, UUID lease) {
    return ask(RELEASE, Tuple.of(key, lease))
        .map(rows -> json.of(rows, "row", LeaseReleased.class).getFirst());
  }

  /** Its client is gone. */
  Uni<LockAnswer> abandon(String key, UUID lease) {
    return answer(LEAVE, Tuple.of(key, lease, false, 0L));
  }

  /** Its time is over: granted if it was handed over in the last moment, else left. */
  Uni<LockAnswer> giveUp(String key, UUID lease, long ttlMs) {
    return answer(LEAVE, Tuple.of(key, lease, true, ttlMs));
  }

  /** In how many milliseconds it is worth asking again; empty: nobody waits. */
  Uni<Optional<Long>> nextWaiter(String key) {
    return ask(NEXT_WAITER, Tuple.of(key))
        .map(rows -> Optional.ofNullable(rows.iterator().next().getLong("due_ms")));
  }

  /**
   * @param beat whether to stand for them too
   * @return those that have news
   */
  Uni<List<UUID>> alive(Collection<UUID> leases, boolean beat) {
    return ask(ALIVE, Tuple.of(leases.toArray(UUID[]::new), beat))
        .map(rows -> {
          var news = new ArrayList<UUID>(rows.size());
          rows.forEach(row -> news.add(row.getUUID("lease_id")));
          return news;
        });
  }

  /** How many leases ended, of at most {@code keys} keys. */
  Uni<Integer> sweep(int keys) {
    return statements
        .run(SWEEP, Tuple.of(keys))
        .map(rows -> rows.iterator().next().getInteger("ended"));
  }

  Uni<TokenChecked> verify(String key, long token, @Nullable UUID lease) {
    return ask(VERIFY, Tuple.tuple().addString(key).addLong(token).addUUID(lease))
        .map(rows -> json.of(rows, "row", TokenChecked.class).getFirst());
  }

  /** What is null does not restrict. */
  record Filter(@Nullable String prefix, @Nullable String holder, @Nullable String state) {}

  Uni<List<HeldLock>> list(Filter filter, PageRequest page) {
    return ask(
            LIST,
            Tuple.tuple()
                .addString(filter.prefix())
                .addString(filter.holder())
                .addString(filter.state())
                .addString(page.cursor().map(cursor -> cursor.text(0)).orElse(""))
                .addLong(page.cursor().map(cursor -> cursor.number(1)).orElse(0L))
                .addInteger(page.fetch()))
        .map(rows -> json.of(rows, "row", HeldLock.class));
  }

  Uni<Optional<HeldLock>> view(String key) {
    return ask(VIEW, Tuple.of(key))
        .map(rows -> json.of(rows, "row", HeldLock.class).stream().findFirst());
  }

  Uni<ForceReleased> forceRelease(String key, String actor, String reason) {
    return ask(FORCE_RELEASE, Tuple.of(key, actor, reason))
        .map(rows -> ForceReleased.of(json.of(rows, "row", ForceReleased.Ended.class)));
  }

  Uni<List<LockEvent>> audit(String key, PageRequest page) {
    long below = page.cursor().map(cursor -> cursor.number(0)).orElse(Long.MAX_VALUE);
    return ask(AUDIT, Tuple.of(key, below, page.fetch()))
        .map(rows -> json.of(rows, "row", LockEvent.class));
  }

  /** For 30 s every change of the key is told. */
  Uni<Void> watch(String key, String replica) {
    return ask(WATCH, Tuple.of(key, replica)).replaceWithVoid();
  }

  /**
   * A lock as it stands.
   *
   * @param upTo the last event that it shows
   */
  record Snapshot(HeldLock lock, long upTo) {}

  Uni<Snapshot> snapshot(String key) {
    return ask(SNAPSHOT, Tuple.of(key))
        .map(rows ->
            new Snapshot(
                json.of(rows, "row", HeldLock.class).stream()
                    .findFirst()
                    .orElseGet(() -> free(key)),
                rows.iterator().next().getLong("upto")));
  }

  private static HeldLock free(String key) {
    return new HeldLock(
        key, "free", null, null, null, null, null, null, null, null, null, List.of(), 0, List.of());
  }

  /**
   * What happened since.
   *
   * @param expired whether something ran out that nobody has ended yet
   */
  record News(List<LockEvent> events, boolean expired) {}

  Uni<News> events(String key, long after, int rows) {
    return ask(EVENTS, Tuple.of(key, after, rows))
        .map(found ->
            new News(
                json.of(found, "row", LockEvent.class),
                found.iterator().next().getBoolean("expired")));
  }

  Uni<LockAnswer> putSemaphore(String name, int permits, String actor) {
    return answer(SEMAPHORE_PUT, Tuple.of(name, permits, actor));
  }

  Uni<Optional<Semaphore>> semaphore(String name) {
    return ask(SEMAPHORE_VIEW, Tuple.of(name))
        .map(rows -> json.of(rows, "row", Semaphore.class).stream().findFirst());
  }

  Uni<LockAnswer> deleteSemaphore(String name) {
    return answer(SEMAPHORE_DELETE, Tuple.of(name));
  }

  /** What is live now, over all replicas. */
  record Figures(long exclusive, long shared, long permit, long waiting) {}

  Uni<Figures> figures() {
    return ask(FIGURES, Tuple.tuple())
        .map(rows -> {
          Row row = rows.iterator().next();
          return new Figures(
              row.getLong("exclusive"),
              row.getLong("shared"),
              row.getLong("permit"),
              row.getLong("waiting"));
        });
  }

  private Uni<LockAnswer> answer(String sql, Tuple values) {
    return ask(sql, values).map(rows -> json.of(rows, "row", LockAnswer.class).getFirst());
  }

  private Uni<RowSet<Row>> ask(String sql, Tuple values) {
    return statements
        .run(sql, values)
        .ifNoItem()
        .after(deadline)
        .fail()
        .onFailure(Outages::isOutage)
        .transform(away -> new StoreAway());
  }
}
