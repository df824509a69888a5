package dev.quintet.autoscaler.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quintet.autoscaler.metric.MetricConfig;
import dev.quintet.autoscaler.retention.RetentionQueries.Rows;
import dev.quintet.autoscaler.testing.MeasuredNode;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is past its retention goes, in batches and whoever runs the job; nothing else does. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the test resource fills the fields in
class RetentionIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  Database database;

  @Inject RetentionQueries queries;
  @Inject RetentionConfig usual;
  @Inject MetricConfig metrics;

  /** The usual settings, but for two. */
  private record Settings(RetentionConfig usual, Duration audit, int batch)
      implements RetentionConfig {
    @Override
    public Duration heartbeats() {
      return usual.heartbeats();
    }

    @Override
    public Duration poolAnalytics() {
      return usual.poolAnalytics();
    }

    @Override
    public Duration systemAnalytics() {
      return usual.systemAnalytics();
    }

    @Override
    public Duration decisions() {
      return usual.decisions();
    }

    @Override
    public Duration lifecycle() {
      return usual.lifecycle();
    }

    @Override
    public Duration events() {
      return usual.events();
    }

    @Override
    public long partitionSize() {
      return usual.partitionSize();
    }

    @Override
    public int partitionsAhead() {
      return usual.partitionsAhead();
    }

    @Override
    public Duration partitionSettle() {
      return usual.partitionSettle();
    }
  }

  private RetentionJob replica(int batch) {
    return new RetentionJob(queries, new Settings(usual, usual.audit(), batch), metrics);
  }

  private static boolean done(Uni<Void> run) {
    return run.await().atMost(LIMIT) == null;
  }

  private static String insert(String table, int days) {
    return switch (table + " " + days) {
      case "pool_analytics 90" ->
          "pool_analytics (pool_id, node_id, oracle_pool_id, \"timestamp\", current_instances, active_instances, avg_cpu_utilization,"
              + " avg_memory_utilization) SELECT %2$d, %1$d, 'o', %3$s, 1, 1, 1, 1";
      case "system_analytics 365" -> "system_analytics (\"timestamp\") SELECT %3$s";
      case "scaling_decisions 180" ->
          "scaling_decisions (pool_id, at, event, code, current, previous_target, target, dry_run, explanation)"
              + " SELECT %2$d, %3$s, 'NO_ACTION', 'C', 1, 1, 1, false, '{}'";
      case "events 1" -> "events (kind, node_id, at) SELECT 'node', %1$d, %3$s";
      case "node_lifecycle_logs 365" ->
          "node_lifecycle_logs (node_id, event_type, new_status, \"timestamp\") SELECT %1$d, 'REGISTERED', 'INACTIVE', %3$s";
      case "audit_logs 365" ->
          "audit_logs (action, category, resource_type, resource_id, \"timestamp\") SELECT 'A', 'SYSTEM', 'retention', '%1$d', %3$s";
      case "metric_batches 14" ->
          "metric_batches (node_id, batch_id, rows, received_at) SELECT %1$d, gen_random_uuid(), 1, %3$s";
      case "metrics_rollup 90" ->
          "metrics_rollup SELECT %1$d, %2$d, 'm', 'u', 60, %3$s, 1, 1, 1, 1, 1, now()";
      case "metrics_rollup 730" ->
          "metrics_rollup SELECT %1$d, %2$d, 'm', 'u', 3600, %3$s, 1, 1, 1, 1, 1, now()";
      case "metric_series 730" -> "metric_series SELECT %2$d, %1$d, 'm' || random(), 'u', %3$s";
      case "job_ticks 2" -> "job_ticks SELECT 'retention-%1$d', %3$s";
      case "login_throttle 1" ->
          "login_throttle SELECT 'account', 'retention-%1$d-' || random(), %3$s";
      default -> throw new IllegalArgumentException(table);
    };
  }

  private static String ofNode(MeasuredNode node, String table) {
    return switch (table) {
      case "scaling_decisions" -> "pool_id = " + node.pools().getFirst().id();
      case "audit_logs" -> "resource_type = 'retention' AND resource_id = '" + node.id() + "'";
      case "job_ticks" -> "job = 'retention-" + node.id() + "'";
      case "login_throttle" -> "subject LIKE 'retention-" + node.id() + "-%'";
      case "system_analytics" -> "\"timestamp\" < now() - interval '300 days'";
      default -> "node_id = " + node.id();
    };
  }

  @ParameterizedTest(name = "{0} for {1} days")
  @CsvSource({
    "pool_analytics, 90",
    "system_analytics, 365",
    "scaling_decisions, 180",
    "events, 1",
    "node_lifecycle_logs, 365",
    "audit_logs, 365",
    "metric_batches, 14",
    "metrics_rollup, 90",
    "metrics_rollup, 730",
    "metric_series, 730",
    "job_ticks, 2",
    "login_throttle, 1"
  })
  void rowsGoWhenTheyAreOldAndNotBefore(String table, int days) {
    MeasuredNode node = MeasuredNode.create(database, 1);
    // Series are known to the hour, and kept for one more.
    int hour = table.equals("metric_series") ? 60 : 0;
    for (int i = -2; i < 7; i++) {
      long minutes = days * 1440L + (i < 0 ? -60 + i : 60 + i) + hour;
      database.execute(
          "INSERT INTO autoscaler."
              + insert(table, days)
                  .formatted(
                      node.id(),
                      node.pools().getFirst().id(),
                      "now() - interval '" + minutes + " min'"));
    }
    String rows = "autoscaler." + table + " WHERE " + ofNode(node, table);
    assertThat(database.count(rows)).isEqualTo(9);
    // Three at a time, by two replicas at once; what one left as the other was at it, the next
    // takes.
    assertThat(Race.of(2, () -> done(replica(3).run()))).containsOnly(true);
    assertThat(done(replica(3).run())).isTrue();
    assertThat(database.count(rows)).isEqualTo(2);
    assertThat(done(replica(3).run())).isTrue();
    assertThat(database.count(rows)).isEqualTo(2);
  }

  @Test
  void revokedTokensGoWhenTheyHaveExpired() {
    database.execute(
        "INSERT INTO autoscaler.revoked_tokens VALUES ('00000000-0000-4000-8000-00000000000a', now() - interval '1 min'),"
            + " ('00000000-0000-4000-8000-00000000000b', now() + interval '1 h')");
    assertThat(done(replica(5000).run())).isTrue();
    assertThat(
            database.rows(
                "SELECT right(jti::text, 1) AS jti FROM autoscaler.revoked_tokens WHERE jti::text LIKE '00000000-0000-4000-8000-00000000000%'"))
        .containsExactly(Map.of("jti", "b"));
  }

  private int retainAudit(int rows) {
    return queries.delete(Rows.AUDIT, Duration.ofDays(365), rows).await().atMost(LIMIT);
  }

  @Test
  void whatASealCoversGoesTogetherOrNotAtAll() {
    database.execute(
        "INSERT INTO autoscaler.audit_logs (action, category, resource_type, \"timestamp\")"
            + " SELECT 'A', 'SYSTEM', 'sealed', now() - interval '400 days' FROM generate_series(1, 10)");
    long first =
        ((Number)
                Objects.requireNonNull(
                    database.value(
                        "SELECT min(id) FROM autoscaler.audit_logs WHERE resource_type = 'sealed'")))
            .longValue();
    String seal =
        "INSERT INTO autoscaler.audit_seals (from_id, to_id, rows, sha256, sealed_at) VALUES (?, ?, 1, '', now() - ?::interval)";
    assertThat(database.update(seal, first, first + 3, "399 days")).isEqualTo(1);
    // Sealed late: its rows are old, the seal is not yet.
    assertThat(database.update(seal, first + 4, first + 6, "364 days")).isEqualTo(1);
    assertThat(retainAudit(1)).isEqualTo(4);
    assertThat(retainAudit(100)).isEqualTo(3);
    assertThat(retainAudit(100)).isZero();
    assertThat(
            database.value(
                "SELECT count(*) FROM autoscaler.audit_logs WHERE id BETWEEN ? AND ?",
                first + 4,
                first + 6))
        .isEqualTo(3L);
    database.execute(
        "DELETE FROM autoscaler.audit_logs WHERE resource_type = 'sealed'; DELETE FROM autoscaler.audit_seals WHERE sha256 = ''");
  }

  @Test
  void theOwnersFunctionsTakeNothingYoung() {
    assertThatThrownBy(
            () -> queries.delete(Rows.AUDIT, Duration.ofDays(364), 10).await().atMost(LIMIT))
        .hasMessageContaining("365 days");
    assertThatThrownBy(
            () -> queries.delete(Rows.LIFECYCLE, Duration.ofDays(29), 10).await().atMost(LIMIT))
        .hasMessageContaining("30 days");
    assertThatThrownBy(
            () -> new RetentionJob(queries, new Settings(usual, Duration.ofDays(364), 10), metrics))
        .hasMessageContaining("AUDIT must be kept");
  }
}
