package dev.quintet.autoscaler.backtest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.autoscaler.schedule.Window;
import dev.quintet.common.api.autoscaler.Backtest;
import dev.quintet.common.api.autoscaler.BehaviorSpec;
import dev.quintet.common.api.autoscaler.PolicySpec;
import dev.quintet.common.api.autoscaler.ScheduleMode;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Rows of backtests, and what a run needs of the pool and of its record. */
@ApplicationScoped
class BacktestQueries {
  /**
   * $1 pool, $2 and $3 the window or NULLs. One row: the pool as it is set up now, its policies and
   * schedules as arrays, and whether the window has a record. No row: no such pool. One statement,
   * so all of it is of one moment.
   */
  private static final String SET_UP =
      """
      SELECT p.name, p.min_instances, p.max_instances, p.current_instances, b.spec::text AS behavior,
             (SELECT coalesce(json_agg(json_build_object('id', s.id, 'version', s.version, 'name', s.name, 'enabled', s.enabled, 'spec', s.spec)
                                       ORDER BY s.id), '[]')::text
                FROM autoscaler.scaling_policies s WHERE s.pool_id = p.id) AS policies,
             (SELECT coalesce(json_agg(json_build_object(
                       'id', s.id, 'name', s.name, 'of_pool', s.pool_id IS NOT NULL, 'start_time', s.start_time, 'end_time', s.end_time,
                       'timezone', s.timezone, 'days_of_week', s.days_of_week, 'valid_from', s.valid_from, 'valid_until', s.valid_until,
                       'mode', s.mode, 'priority', s.priority, 'target', s.target_instances) ORDER BY s.id), '[]')::text
                FROM autoscaler.schedules s
               WHERE s.node_id = p.node_id AND s.is_active AND (s.pool_id IS NULL OR s.pool_id = p.id)) AS schedules,
             (SELECT a.current_instances FROM autoscaler.pool_analytics a
               WHERE a.pool_id = p.id AND a."timestamp" >= $2 AND a."timestamp" < $3 ORDER BY a."timestamp" LIMIT 1) AS recorded_instances
        FROM autoscaler.pools p LEFT JOIN autoscaler.pool_behaviors b ON b.pool_id = p.id
       WHERE p.id = $1
      """;

  /** $1 pool, $2 spec, $3 who. */
  private static final String CREATE =
      """
      INSERT INTO autoscaler.backtests (pool_id, spec, created_by) VALUES ($1, $2::text::jsonb, $3)
      RETURNING id::text AS id, pool_id, status, created_by, created_at, finished_at, error, result_hash, NULL::json AS result
      """;

  /**
   * The oldest that waits, or one whose replica has not been heard of for five minutes: it is run
   * once more, as a run changes nothing. No row: nothing to do.
   */
  private static final String CLAIM =
      """
      UPDATE autoscaler.backtests SET status = 'running', claimed_at = now()
       WHERE id = (SELECT b.id FROM autoscaler.backtests b
                    WHERE b.status = 'pending' OR (b.status = 'running' AND b.claimed_at < now() - interval '5 min')
                    ORDER BY b.created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
      RETURNING id, pool_id, spec::text AS spec
      """;

  /** $1 back-test, $2 result, $3 timeline, $4 hash. */
  private static final String FINISH =
      """
      UPDATE autoscaler.backtests
         SET status = 'done', finished_at = now(), result = $2::text::jsonb, timeline = $3::text::jsonb, result_hash = $4
       WHERE id = $1 AND status = 'running'
      """;

  /** $1 back-test, $2 why. */
  private static final String FAIL =
      "UPDATE autoscaler.backtests SET status = 'failed', finished_at = now(), error = $2 WHERE id = $1 AND status = 'running'";

  /** $1 back-test. No row: there is none. */
  private static final String FIND =
      """
      SELECT row_to_json(r)::text AS row
        FROM (SELECT id::text AS id, pool_id, status, created_by, created_at, finished_at, error, result_hash, result
                FROM autoscaler.backtests WHERE id = $1) r
      """;

  /** $1 back-test. No row: there is none; {@code timeline} is NULL until it is done. */
  private static final String TIMELINE =
      """
      SELECT status, json_build_object('backtest_id', id, 'candidates', timeline)::text AS timeline
        FROM autoscaler.backtests WHERE id = $1
      """;

  /** $1 back-test. No row: there was none. */
  private static final String DELETE =
      "DELETE FROM autoscaler.backtests WHERE id = $1 RETURNING pool_id";

  /** $1 pool, $2 from, $3 to. Utilisations as the agent sent them, each instant once. */
  private static final String RECORD =
      """
      SELECT DISTINCT ON ("timestamp") "timestamp" AS at, current_instances, avg_cpu_utilization AS cpu, avg_memory_utilization AS memory
        FROM autoscaler.pool_analytics
       WHERE pool_id = $1 AND "timestamp" >= $2 AND "timestamp" < $3
       ORDER BY "timestamp", id DESC
      """;

  /** $1 pool, $2 metric type, $3 from, $4 to. The mean of each minute, at its end. */
  private static final String METRIC =
      """
      SELECT date_bin('1 min', "timestamp", 'epoch') + interval '1 min' AS at, avg(value) AS value
        FROM autoscaler.metrics
       WHERE pool_id = $1 AND metric_type = $2 AND "timestamp" >= $3 AND "timestamp" < $4
       GROUP BY 1 ORDER BY 1
      """;

  private final Statements statements;
  private final JsonRows rows;
  private final ObjectMapper json;

  BacktestQueries(Statements statements, JsonRows rows, ObjectMapper json) {
    this.statements = statements;
    this.rows = rows;
    this.json = json;
  }

  /** A policy of the pool. */
  record PoolPolicy(int id, int version, String name, boolean enabled, PolicySpec spec) {}

  /**
   * The pool as it is set up now.
   *
   * @param recordedInstances at the beginning of the window; null: the window has no record
   */
  record SetUp(
      String name,
      int min,
      int max,
      int current,
      BehaviorSpec behavior,
      List<PoolPolicy> policies,
      List<Window> schedules,
      @Nullable Integer recordedInstances) {}

  /** One that is to be run. */
  record Claimed(UUID id, int pool, StoredSpec spec) {}

  /** One observation of the pool. */
  record Observation(Instant at, int instances, BigDecimal cpu, BigDecimal memory) {}

  /** One minute of a metric. */
  record Sample(Instant at, BigDecimal value) {}

  Uni<Optional<SetUp>> setUp(
      SqlConnection tx, int pool, @Nullable Instant from, @Nullable Instant to) {
    return tx.preparedQuery(SET_UP)
        .execute(
            Tuple.tuple()
                .addInteger(pool)
                .addOffsetDateTime(from == null ? null : from.atOffset(ZoneOffset.UTC))
                .addOffsetDateTime(to == null ? null : to.atOffset(ZoneOffset.UTC)))
        .map(found ->
            found.size() == 0 ? Optional.empty() : Optional.of(setUp(found.iterator().next())));
  }

  Uni<Backtest> create(SqlConnection tx, int pool, StoredSpec spec, String who) {
    return tx.preparedQuery(CREATE)
        .execute(Tuple.of(pool, written(spec), who))
        .map(made -> {
          Row row = made.iterator().next();
          return new Backtest(
              row.getString("id"),
              row.getInteger("pool_id"),
              row.getString("status"),
              row.getString("created_by"),
              row.getOffsetDateTime("created_at").toInstant(),
              null,
              null,
              null,
              null);
        });
  }

  Uni<Optional<Claimed>> claim() {
    return statements
        .run(CLAIM)
        .map(found -> {
          if (found.size() == 0) {
            return Optional.empty();
          }
          Row row = found.iterator().next();
          return Optional.of(
              new Claimed(
                  row.getUUID("id"),
                  row.getInteger("pool_id"),
                  read(row.getString("spec"), StoredSpec.class)));
        });
  }

  Uni<Void> finish(UUID id, Object result, Object timeline, String hash) {
    return statements
        .run(FINISH, Tuple.of(id, written(result), written(timeline), hash))
        .replaceWithVoid();
  }

  Uni<Void> fail(UUID id, String why) {
    return statements.run(FAIL, Tuple.of(id, why)).replaceWithVoid();
  }

  Uni<Optional<Backtest>> find(UUID id) {
    return statements
        .run(FIND, Tuple.of(id))
        .map(found -> rows.of(found, "row", Backtest.class).stream().findFirst());
  }

  /** As it was stored, unread; empty within: not done yet. */
  Uni<Optional<Optional<String>>> timeline(UUID id) {
    return statements
        .run(TIMELINE, Tuple.of(id))
        .map(found -> {
          if (found.size() == 0) {
            return Optional.empty();
          }
          Row row = found.iterator().next();
          return Optional.of(
              row.getString("status").equals("done")
                  ? Optional.of(row.getString("timeline"))
                  : Optional.empty());
        });
  }

  /** Empty: there was none. */
  Uni<Optional<Integer>> delete(SqlConnection tx, UUID id) {
    return tx.preparedQuery(DELETE)
        .execute(Tuple.of(id))
        .map(gone ->
            gone.size() == 0
                ? Optional.empty()
                : Optional.of(gone.iterator().next().getInteger("pool_id")));
  }

  Uni<List<Observation>> record(int pool, Instant from, Instant to) {
    return statements
        .run(RECORD, Tuple.of(pool, from.atOffset(ZoneOffset.UTC), to.atOffset(ZoneOffset.UTC)))
        .map(found -> {
          var all = new ArrayList<Observation>(found.size());
          found.forEach(row ->
              all.add(
                  new Observation(
                      row.getOffsetDateTime("at").toInstant(),
                      row.getInteger("current_instances"),
                      BigDecimal.valueOf(row.getDouble("cpu")),
                      BigDecimal.valueOf(row.getDouble("memory")))));
          return all;
        });
  }

  Uni<List<Sample>> metric(int pool, String metric, Instant from, Instant to) {
    return statements
        .run(
            METRIC,
            Tuple.of(pool, metric, from.atOffset(ZoneOffset.UTC), to.atOffset(ZoneOffset.UTC)))
        .map(found -> {
          var all = new ArrayList<Sample>(found.size());
          found.forEach(row ->
              all.add(
                  new Sample(
                      row.getOffsetDateTime("at").toInstant(),
                      BigDecimal.valueOf(row.getDouble("value")))));
          return all;
        });
  }

  private SetUp setUp(Row row) {
    String behavior = row.getString("behavior");
    var policies = new ArrayList<PoolPolicy>();
    for (JsonNode policy : tree(row.getString("policies"))) {
      policies.add(
          new PoolPolicy(
              policy.get("id").intValue(),
              policy.get("version").intValue(),
              policy.get("name").textValue(),
              policy.get("enabled").booleanValue(),
              read(policy.get("spec").toString(), PolicySpec.class)));
    }
    var schedules = new ArrayList<Window>();
    for (JsonNode schedule : tree(row.getString("schedules"))) {
      schedules.add(window(schedule));
    }
    return new SetUp(
        row.getString("name"),
        row.getInteger("min_instances"),
        row.getInteger("max_instances"),
        row.getInteger("current_instances"),
        behavior == null ? BehaviorSpec.DEFAULT : read(behavior, BehaviorSpec.class),
        policies,
        schedules,
        row.getInteger("recorded_instances"));
  }

  private static Window window(JsonNode row) {
    return Window.of(
        row.get("id").longValue(),
        row.get("name").textValue(),
        row.get("of_pool").booleanValue(),
        row.get("start_time").textValue(),
        row.get("end_time").textValue(),
        row.get("timezone").textValue(),
        row.get("days_of_week").intValue(),
        date(row.get("valid_from")),
        date(row.get("valid_until")),
        ScheduleMode.of(row.get("mode").textValue()),
        row.get("priority").intValue(),
        row.get("target").intValue());
  }

  private static @Nullable LocalDate date(JsonNode value) {
    return value.isNull() ? null : LocalDate.parse(value.textValue());
  }

  private JsonNode tree(String text) {
    try {
      return json.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("PostgreSQL wrote no JSON", e);
    }
  }

  private String written(Object value) {
    try {
      return json.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record of numbers and texts cannot be written", e);
    }
  }

  private <T> T read(String text, Class<T> type) {
    try {
      return json.readValue(text, type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a stored " + type.getSimpleName() + " cannot be read", e);
    }
  }
}
