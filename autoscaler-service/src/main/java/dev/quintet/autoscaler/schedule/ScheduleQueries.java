package dev.quintet.autoscaler.schedule;

import dev.quintet.autoscaler.access.Cursors;
import dev.quintet.common.api.autoscaler.ScheduleMode;
import dev.quintet.common.api.autoscaler.ScheduleRequest;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Rows of schedules. Every statement that reads them tells the database's time beside. */
@ApplicationScoped
class ScheduleQueries {
  /**
   * $1 node or NULL, $2 pool or NULL, $3 target. One row: the pools that the schedule is for, kept
   * where they are until the transaction ends. node_id NULL: no such node; pool_node_id NULL: no
   * such pool. {@code clamped}: there are such pools, and none allows the target.
   */
  private static final String SCOPE =
      """
      WITH pool AS (SELECT id, node_id FROM autoscaler.pools WHERE id = $2 FOR SHARE),
           node AS (SELECT id FROM autoscaler.nodes WHERE id = coalesce($1, (SELECT node_id FROM pool)) FOR KEY SHARE)
      SELECT (SELECT id FROM node) AS node_id, (SELECT node_id FROM pool) AS pool_node_id,
             coalesce((SELECT bool_and($3::integer NOT BETWEEN p.min_instances AND p.max_instances)
                         FROM autoscaler.pools p
                        WHERE CASE WHEN $2 IS NULL THEN p.node_id = (SELECT id FROM node) ELSE p.id = $2 END), false) AS clamped
      """;

  /**
   * $1 node, $2 pool, $3 name, $4 start, $5 end, $6 target, $7 is_active, $8 timezone, $9 days, $10
   * mode, $11 priority, $12 valid_from, $13 valid_until.
   */
  private static final String CREATE =
      """
      WITH made AS (INSERT INTO autoscaler.schedules (node_id, pool_id, name, start_time, end_time, target_instances, is_active, timezone,
                                                      days_of_week, mode, priority, valid_from, valid_until)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING *),
           told AS (INSERT INTO autoscaler.events (kind, node_id, pool_id, payload)
                    SELECT 'schedule', node_id, pool_id, jsonb_build_object('schedule_id', id, 'change', 'created') FROM made)
      SELECT made.*, now() AS asked_at FROM made
      """;

  /** $1 schedule. No row: no such schedule. Held until the transaction ends. */
  private static final String LOCK =
      "SELECT s.*, now() AS asked_at FROM autoscaler.schedules s WHERE s.id = $1 FOR UPDATE";

  /** As CREATE, and $14 schedule. */
  private static final String UPDATE =
      """
      WITH made AS (UPDATE autoscaler.schedules
                       SET node_id = $1, pool_id = $2, name = $3, start_time = $4, end_time = $5, target_instances = $6, is_active = $7,
                           timezone = $8, days_of_week = $9, mode = $10, priority = $11, valid_from = $12, valid_until = $13,
                           updated_at = now(), version = version + 1
                     WHERE id = $14 RETURNING *),
           told AS (INSERT INTO autoscaler.events (kind, node_id, pool_id, payload)
                    SELECT 'schedule', node_id, pool_id, jsonb_build_object('schedule_id', id, 'change', 'updated') FROM made)
      SELECT made.*, now() AS asked_at FROM made
      """;

  /** $1 schedule. */
  private static final String DELETE =
      """
      WITH gone AS (DELETE FROM autoscaler.schedules WHERE id = $1 RETURNING *),
           told AS (INSERT INTO autoscaler.events (kind, node_id, pool_id, payload)
                    SELECT 'schedule', node_id, pool_id, jsonb_build_object('schedule_id', id, 'change', 'deleted') FROM gone)
      SELECT 1 FROM gone
      """;

  /** $1 schedule. No row: no such schedule. */
  private static final String FIND =
      "SELECT s.*, now() AS asked_at FROM autoscaler.schedules s WHERE s.id = $1";

  /** $1 node or NULL, $2 pool or NULL, $3 is_active or NULL, $4 behind this id, $5 rows. */
  private static final String LIST =
      """
      SELECT s.*, now() AS asked_at
        FROM autoscaler.schedules s
       WHERE ($1::integer IS NULL OR s.node_id = $1) AND ($2::integer IS NULL OR s.pool_id = $2)
         AND ($3::boolean IS NULL OR s.is_active = $3) AND s.id > $4
       ORDER BY s.id LIMIT $5
      """;

  /**
   * $1 node, $2 pool or NULL for all, $3 schedule to leave out. Those switched on that share a pool
   * with it, at most 200.
   */
  private static final String BESIDE =
      """
      SELECT s.*, now() AS asked_at
        FROM autoscaler.schedules s
       WHERE s.node_id = $1 AND s.is_active AND s.id <> $3 AND ($2::integer IS NULL OR s.pool_id IS NULL OR s.pool_id = $2)
       ORDER BY s.id LIMIT 200
      """;

  /**
   * $1 pool. One row for the pool, then one for each schedule that is for it; none: no such pool.
   */
  private static final String OF_POOL =
      """
      SELECT s.*, now() AS asked_at
        FROM autoscaler.pools p
        LEFT JOIN autoscaler.schedules s ON s.node_id = p.node_id AND s.is_active AND (s.pool_id IS NULL OR s.pool_id = p.id)
       WHERE p.id = $1
       ORDER BY s.id
      """;

  private final Statements statements;

  ScheduleQueries(Statements statements) {
    this.statements = statements;
  }

  /**
   * A row, and when it was read.
   *
   * @param askedAt the database's time
   */
  record Found(
      int id,
      int nodeId,
      @Nullable Integer poolId,
      String name,
      String startTime,
      String endTime,
      int targetInstances,
      boolean isActive,
      String timezone,
      int daysOfWeek,
      ScheduleMode mode,
      int priority,
      @Nullable LocalDate validFrom,
      @Nullable LocalDate validUntil,
      Instant createdAt,
      Instant updatedAt,
      int version,
      Instant askedAt) {

    Window window() {
      return Window.of(
          id,
          name,
          poolId != null,
          startTime,
          endTime,
          timezone,
          daysOfWeek,
          validFrom,
          validUntil,
          mode,
          priority,
          targetInstances);
    }
  }

  /** Where a schedule belongs; null: there is no such thing. */
  record Scope(@Nullable Integer nodeId, @Nullable Integer poolNodeId, boolean clamped) {}

  /** A pool's schedules that are switched on. */
  record OfPool(Instant askedAt, List<Window> windows) {}

  Uni<Scope> scope(SqlConnection tx, ScheduleRequest request) {
    return tx.preparedQuery(SCOPE)
        .execute(
            Tuple.tuple()
                .addInteger(request.nodeId())
                .addInteger(request.poolId())
                .addInteger(request.targetInstances()))
        .map(rows -> {
          Row row = rows.iterator().next();
          return new Scope(
              row.getInteger("node_id"), row.getInteger("pool_node_id"), row.getBoolean("clamped"));
        });
  }

  Uni<Found> create(SqlConnection tx, int node, ScheduleRequest request) {
    return tx.preparedQuery(CREATE).execute(values(node, request)).map(rows -> one(rows).get());
  }

  Uni<Optional<Found>> lock(SqlConnection tx, int id) {
    return tx.preparedQuery(LOCK).execute(Tuple.of(id)).map(ScheduleQueries::one);
  }

  Uni<Found> update(SqlConnection tx, int id, int node, ScheduleRequest request) {
    return tx.preparedQuery(UPDATE)
        .execute(values(node, request).addInteger(id))
        .map(rows -> one(rows).get());
  }

  Uni<Void> delete(SqlConnection tx, int id) {
    return tx.preparedQuery(DELETE).execute(Tuple.of(id)).replaceWithVoid();
  }

  Uni<Optional<Found>> find(int id) {
    return statements.run(FIND, Tuple.of(id)).map(ScheduleQueries::one);
  }

  Uni<List<Found>> list(
      @Nullable Integer node, @Nullable Integer pool, @Nullable Boolean active, PageRequest page) {
    return statements
        .run(
            LIST,
            Tuple.tuple()
                .addInteger(node)
                .addInteger(pool)
                .addBoolean(active)
                .addInteger(Cursors.id(page))
                .addInteger(page.fetch()))
        .map(ScheduleQueries::all);
  }

  Uni<List<Found>> beside(SqlConnection tx, Found schedule) {
    return tx.preparedQuery(BESIDE).execute(besideWhat(schedule)).map(ScheduleQueries::all);
  }

  Uni<List<Found>> beside(Found schedule) {
    return statements.run(BESIDE, besideWhat(schedule)).map(ScheduleQueries::all);
  }

  Uni<Optional<OfPool>> ofPool(int pool) {
    return statements
        .run(OF_POOL, Tuple.of(pool))
        .map(rows -> {
          if (rows.size() == 0) {
            return Optional.empty();
          }
          var windows = new ArrayList<Window>();
          for (Row row : rows) {
            if (row.getInteger("id") != null) {
              windows.add(found(row).window());
            }
          }
          return Optional.of(new OfPool(instant(rows.iterator().next(), "asked_at"), windows));
        });
  }

  private static Tuple besideWhat(Found schedule) {
    return Tuple.tuple()
        .addInteger(schedule.nodeId())
        .addInteger(schedule.poolId())
        .addInteger(schedule.id());
  }

  private static Tuple values(int node, ScheduleRequest request) {
    return Tuple.tuple()
        .addInteger(node)
        .addInteger(request.poolId())
        .addString(request.name())
        .addString(request.startTime())
        .addString(request.endTime())
        .addInteger(request.targetInstances())
        .addBoolean(request.isActive())
        .addString(request.timezone())
        .addShort(java.util.Objects.requireNonNull(request.daysOfWeek()).shortValue())
        .addString(java.util.Objects.requireNonNull(request.mode()).json())
        .addInteger(request.priority())
        .addLocalDate(request.validFrom())
        .addLocalDate(request.validUntil());
  }

  private static Optional<Found> one(RowSet<Row> rows) {
    return rows.size() == 0 ? Optional.empty() : Optional.of(found(rows.iterator().next()));
  }

  private static List<Found> all(RowSet<Row> rows) {
    var all = new ArrayList<Found>(rows.size());
    rows.forEach(row -> all.add(found(row)));
    return all;
  }

  private static Found found(Row row) {
    return new Found(
        row.getInteger("id"),
        row.getInteger("node_id"),
        row.getInteger("pool_id"),
        row.getString("name"),
        row.getString("start_time"),
        row.getString("end_time"),
        row.getInteger("target_instances"),
        row.getBoolean("is_active"),
        row.getString("timezone"),
        row.getShort("days_of_week"),
        ScheduleMode.of(row.getString("mode")),
        row.getInteger("priority"),
        row.getLocalDate("valid_from"),
        row.getLocalDate("valid_until"),
        instant(row, "created_at"),
        instant(row, "updated_at"),
        row.getInteger("version"),
        instant(row, "asked_at"));
  }

  private static Instant instant(Row row, String column) {
    return row.getOffsetDateTime(column).toInstant();
  }
}
