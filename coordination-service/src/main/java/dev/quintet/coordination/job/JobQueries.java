package dev.quintet.coordination.job;

import dev.quintet.common.api.coordination.JobRun;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The record of runs, and the lock that a run holds. */
@ApplicationScoped
class JobQueries {
  /**
   * $1 job, $2 replica, $3 seconds. The fire is the database's time rounded down to the period, the
   * same for all replicas. No row: it is claimed.
   */
  private static final String CLAIM_PERIOD =
      """
      INSERT INTO coordination.scheduled_job_runs (job_name, fire_time, replica_id, started_at)
      VALUES ($1, to_timestamp(floor(extract(epoch FROM clock_timestamp()) / $3::float8) * $3::float8), $2, clock_timestamp())
      ON CONFLICT (job_name, fire_time) DO NOTHING
      RETURNING fire_time
      """;

  /** $1 job, $2 replica, $3 the instant that a cron expression names. No row: it is claimed. */
  private static final String CLAIM_INSTANT =
      """
      INSERT INTO coordination.scheduled_job_runs (job_name, fire_time, replica_id, started_at)
      VALUES ($1, $3, $2, clock_timestamp())
      ON CONFLICT (job_name, fire_time) DO NOTHING
      RETURNING fire_time
      """;

  /** $1 job, $2 replica. An operator's run is a fire of its own. */
  private static final String CLAIM_NOW =
      """
      INSERT INTO coordination.scheduled_job_runs (job_name, fire_time, replica_id, started_at)
      VALUES ($1, clock_timestamp(), $2, clock_timestamp())
      ON CONFLICT (job_name, fire_time) DO NOTHING
      RETURNING fire_time
      """;

  /** $1 lock, $2 milliseconds that the transaction may be idle. One row; false: it is held. */
  private static final String TRY =
      """
      SELECT pg_try_advisory_xact_lock($1) AS mine, set_config('idle_in_transaction_session_timeout', $2, true)
      """;

  /** $1 job, $2 the fire that holds the lock: whatever else has not finished, never will. */
  private static final String MARK_CRASHED =
      """
      UPDATE coordination.scheduled_job_runs SET finished_at = clock_timestamp(), outcome = 'crashed'
       WHERE job_name = $1 AND fire_time < $2 AND fire_time > $2 - interval '7 days' AND finished_at IS NULL
      """;

  /** $1 job, $2 fire, $3 outcome. */
  private static final String FINISH =
      """
      UPDATE coordination.scheduled_job_runs AS r SET finished_at = clock_timestamp(), outcome = $3
       WHERE job_name = $1 AND fire_time = $2
      RETURNING row_to_json(r)::text AS run
      """;

  /** $1 jobs. One row for each that ever ran: its latest fire. */
  private static final String LATEST =
      """
      SELECT row_to_json(r)::text AS run
        FROM unnest($1::text[]) AS j (name)
       CROSS JOIN LATERAL (SELECT * FROM coordination.scheduled_job_runs
                            WHERE job_name = j.name ORDER BY fire_time DESC LIMIT 1) AS r
      """;

  /** $1 locks. Those of them that are held. A lock's key is two numbers in pg_locks. */
  private static final String HELD =
      """
      SELECT t.turn FROM unnest($1::bigint[]) AS t (turn)
       WHERE EXISTS (SELECT FROM pg_locks l
                      WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
                        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                        AND l.classid::bigint = (t.turn >> 32) & 4294967295 AND l.objid::bigint = t.turn & 4294967295)
      """;

  /** $1 seconds that runs are kept, $2 most rows. */
  private static final String FORGET =
      """
      DELETE FROM coordination.scheduled_job_runs
       WHERE (job_name, fire_time) IN (SELECT r.job_name, r.fire_time FROM coordination.scheduled_job_runs r
                                        WHERE r.fire_time < now() - $1::float8 * interval '1 s'
                                        ORDER BY r.fire_time LIMIT $2)
      """;

  /** For what comes before and after the work itself. */
  private static final Duration MARGIN = Duration.ofSeconds(15);

  private final Statements statements;
  private final Pool pool;
  private final JsonRows json;

  JobQueries(Statements statements, Pool pool, JsonRows json) {
    this.statements = statements;
    this.pool = pool;
    this.json = json;
  }

  Uni<Optional<OffsetDateTime>> claimPeriod(String job, String replica, Duration period) {
    return statements
        .run(CLAIM_PERIOD, Tuple.of(job, replica, (double) period.toSeconds()))
        .map(JobQueries::fire);
  }

  Uni<Optional<OffsetDateTime>> claimInstant(String job, String replica, Instant at) {
    return statements
        .run(CLAIM_INSTANT, Tuple.of(job, replica, at.atOffset(ZoneOffset.UTC)))
        .map(JobQueries::fire);
  }

  Uni<Optional<OffsetDateTime>> claimNow(String job, String replica) {
    return statements.run(CLAIM_NOW, Tuple.of(job, replica)).map(JobQueries::fire);
  }

  /**
   * Does the work while it holds the lock; empty where somebody else does. The lock ends with its
   * transaction, so with the replica: nobody has to clean up after a crash. Its transaction touches
   * nothing, holds no snapshot, and outlives the usual deadline of a statement.
   */
  <T> Uni<Optional<T>> exclusively(long turn, Duration longest, Supplier<Uni<T>> work) {
    return pool.withTransaction(tx ->
            tx.preparedQuery(TRY)
                .execute(Tuple.of(turn, Long.toString(longest.plus(MARGIN).toMillis())))
                .map(rows -> rows.iterator().next().getBoolean("mine"))
                .chain(mine ->
                    mine
                        ? work.get().map(Optional::of)
                        : Uni.createFrom().item(Optional.<T>empty())))
        .ifNoItem()
        .after(longest.plus(MARGIN))
        .fail();
  }

  Uni<Integer> markCrashed(String job, OffsetDateTime before) {
    return statements.run(MARK_CRASHED, Tuple.of(job, before)).map(RowSet::rowCount);
  }

  Uni<JobRun> finish(String job, OffsetDateTime fire, String outcome) {
    return statements
        .run(FINISH, Tuple.of(job, fire, outcome))
        .map(rows -> json.of(rows, "run", JobRun.class).getFirst());
  }

  /** By the job's name. */
  Uni<Map<String, JobRun>> latest(List<String> jobs) {
    return statements
        .run(LATEST, Tuple.of(jobs.toArray(String[]::new)))
        .map(rows -> {
          var runs = new HashMap<String, JobRun>();
          json.of(rows, "run", JobRun.class).forEach(run -> runs.put(run.jobName(), run));
          return runs;
        });
  }

  Uni<List<Long>> held(List<Long> turns) {
    return statements
        .run(HELD, Tuple.of(turns.toArray(Long[]::new)))
        .map(rows -> rows.stream().map(row -> row.getLong(0)).collect(Collectors.toList()));
  }

  Uni<Integer> forget(Duration keep, int most) {
    return statements.run(FORGET, Tuple.of((double) keep.toSeconds(), most)).map(RowSet::rowCount);
  }

  private static Optional<OffsetDateTime> fire(RowSet<Row> rows) {
    @Nullable OffsetDateTime claimed =
        rows.size() == 0 ? null : rows.iterator().next().getOffsetDateTime(0);
    return Optional.ofNullable(claimed);
  }
}
