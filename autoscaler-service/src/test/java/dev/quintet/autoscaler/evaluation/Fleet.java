package dev.quintet.autoscaler.evaluation;

import dev.quintet.autoscaler.testing.Agent;
import dev.quintet.autoscaler.testing.Console;
import dev.quintet.common.testing.Database;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A node with one pool, as decisions see it. */
final class Fleet {
  static final String CPU_60 =
      """
      {"type": "target_tracking", "metric": "cpu", "kind": "utilization", "statistic": "avg", "window_seconds": 60, "target": 60,
       "tolerance": 0.1, "scale_in_enabled": true, "max_age_seconds": 180}
      """;

  /** No memory and no pauses. */
  static final String IMMEDIATE =
      """
      {"scale_in_window_seconds": 0, "scale_out_window_seconds": 0, "cooldown_in_seconds": 0, "cooldown_out_seconds": 0,
       "converge_timeout_seconds": 0}
      """;

  final Agent agent;
  final String oracleId = Console.unique("ocid1.instancepool");
  final int pool;
  private final Database database;

  Fleet(Database database, int min, int max) {
    this.database = database;
    var console = new Console(database);
    agent = new Agent(console.node());
    pool =
        console.number(
            """
            INSERT INTO autoscaler.pools (node_id, oracle_pool_id, name, region, min_instances, max_instances)
            VALUES (?, ?, 'web', 'eu', ?, ?) RETURNING id
            """,
            agent.node().id(),
            oracleId,
            min,
            max);
  }

  Fleet mode(String mode) {
    database.update("UPDATE autoscaler.pools SET control_mode = ? WHERE id = ?", mode, pool);
    return this;
  }

  Fleet policy(String name, boolean dryRun, String spec) {
    database.update(
        """
        INSERT INTO autoscaler.scaling_policies (pool_id, name, type, spec, enabled, dry_run)
        VALUES (?, ?, ?::jsonb ->> 'type', ?::jsonb, true, ?)
        """,
        pool,
        name,
        spec,
        spec,
        dryRun);
    return this;
  }

  Fleet behavior(String spec) {
    database.update(
        "INSERT INTO autoscaler.pool_behaviors (pool_id, spec) VALUES (?, ?::jsonb)", pool, spec);
    return this;
  }

  void schedule(String mode, String start, String end, int target) {
    database.update(
        """
        INSERT INTO autoscaler.schedules (node_id, pool_id, name, start_time, end_time, target_instances, mode)
        VALUES (?, ?, 'office', ?, ?, ?, ?)
        """,
        agent.node().id(),
        pool,
        start,
        end,
        target,
        mode);
  }

  void pin(int target, String lasts) {
    database.update(
        """
        INSERT INTO autoscaler.pool_overrides (pool_id, target, reason, expires_at) VALUES (?, ?, 'by hand', now() + ?::interval)
        ON CONFLICT (pool_id) DO UPDATE SET target = excluded.target, expires_at = excluded.expires_at
        """,
        pool,
        target,
        lasts);
  }

  io.restassured.response.ValidatableResponse beat(int instances, double cpu) {
    return agent.beat(Agent.pool(oracleId, instances, cpu));
  }

  io.restassured.response.ValidatableResponse beat(int instances, int ready, double cpu) {
    return agent.beat(Agent.pool(oracleId, instances, ready, cpu));
  }

  /** All that is known of the pool happened so much earlier; the agent may send as it likes. */
  void later(String by) {
    database.execute(
        """
        UPDATE autoscaler.nodes SET beat_tokens = 60, last_heartbeat = last_heartbeat - interval '%1$s' WHERE id = %3$d;
        UPDATE autoscaler.pool_analytics SET "timestamp" = "timestamp" - interval '%1$s' WHERE pool_id = %2$d;
        UPDATE autoscaler.scaling_decisions SET at = at - interval '%1$s' WHERE pool_id = %2$d;
        WITH moved AS (DELETE FROM autoscaler.pool_recommendations WHERE pool_id = %2$d RETURNING *)
        INSERT INTO autoscaler.pool_recommendations (pool_id, at, raw, shadow_raw)
        SELECT pool_id, at - interval '%1$s', raw, shadow_raw FROM moved;
        UPDATE autoscaler.pool_scaling_state
           SET last_scale_at = last_scale_at - interval '%1$s', reached_at = reached_at - interval '%1$s',
               last_stored_at = last_stored_at - interval '%1$s'
         WHERE pool_id = %2$d;
        """
            .formatted(by, pool, agent.node().id()));
  }

  /** Null: no decision was ever made. */
  @Nullable Map<String, @Nullable Object> state() {
    var rows =
        database.rows(
            "SELECT target, generation, live, last_code FROM autoscaler.pool_scaling_state WHERE pool_id = ?",
            pool);
    return rows.isEmpty() ? null : rows.getFirst();
  }

  @Nullable Object target() {
    var state = state();
    return state == null ? null : state.get("target");
  }

  /** Oldest first. */
  List<Map<String, @Nullable Object>> decisions() {
    return database.rows(
        """
        SELECT id, extract(epoch FROM at)::float8 AS at, event, code, current, previous_target, target, generation, dry_run
          FROM autoscaler.scaling_decisions WHERE pool_id = ? ORDER BY id
        """,
        pool);
  }

  List<String> codes() {
    return decisions().stream()
        .map(row -> row.get("event") + " " + row.get("code") + " " + row.get("target"))
        .toList();
  }

  /** Those that changed the target. */
  List<Map<String, @Nullable Object>> changes() {
    return decisions().stream()
        .filter(row ->
            !"NO_ACTION".equals(row.get("event")) && Boolean.FALSE.equals(row.get("dry_run")))
        .toList();
  }

  String newestReason() {
    return String.valueOf(
        database.value(
            """
            SELECT scaling_event || ' ' || scaling_reason FROM autoscaler.pool_analytics
             WHERE pool_id = ? ORDER BY "timestamp" DESC LIMIT 1
            """,
            pool));
  }
}
