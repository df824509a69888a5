package dev.quintet.tracker.report;

import dev.quintet.common.api.tracker.ActiveInstances;
import dev.quintet.common.api.tracker.Anomaly;
import dev.quintet.common.api.tracker.ApplicationBudget;
import dev.quintet.common.api.tracker.ShardAdvice;
import dev.quintet.common.api.tracker.ShardHolder;
import dev.quintet.common.api.tracker.StaleInstance;
import dev.quintet.common.page.Cursor;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One statement per report. In all of them $1 holds the names of the clusters in the caller's scope
 * (NULL: all), and a page starts behind the values of its cursor.
 */
@ApplicationScoped
class ReportQueries {
  /**
   * $1 scope, $2 seconds, $3 cluster to start behind, $4 rows. The seed's monitoring query, with
   * what the leases know beside it.
   */
  private static final String ACTIVE =
      """
      SELECT row_to_json(f)::text AS row
        FROM (SELECT m.cluster_name, count(*) AS active_instances,
                     (SELECT count(*) FROM tracker.v_shards v
                       WHERE v.cluster_name = m.cluster_name AND v.generation_state = 'serving'
                         AND v.renewed_at > clock_timestamp() - $2 * interval '1 s' AND v.instance_id IS NOT NULL) AS active_shards,
                     coalesce(max(c.total_shards), max(m.total_shards)) AS total_shards
                FROM tracker.cluster_management m
                LEFT JOIN tracker.clusters c ON c.cluster_name = m.cluster_name AND c.deleted_at IS NULL
               WHERE m.status = 'active' AND m.last_heartbeat > clock_timestamp() - $2 * interval '1 s'
                 AND ($1::text[] IS NULL OR m.cluster_name = ANY ($1))
                 AND m.cluster_name > $3
               GROUP BY m.cluster_name
               ORDER BY m.cluster_name
               LIMIT $4) AS f
      """;

  /** $1 scope, $2 cluster or NULL, $3 and $4 cluster and shard to start behind, $5 rows. */
  private static final String DISTRIBUTION =
      """
      SELECT row_to_json(f)::text AS row
        FROM (SELECT v.cluster_name, v.shard_id, v.instance_id, v.renewed_at AS last_heartbeat,
                     v.expires_at > clock_timestamp() AS live, v.fenced
                FROM tracker.clusters c
                JOIN tracker.v_shards v ON v.cluster_name = c.cluster_name AND v.generation = c.generation
               WHERE c.deleted_at IS NULL AND v.instance_id IS NOT NULL
                 AND ($1::text[] IS NULL OR c.cluster_name = ANY ($1))
                 AND ($2::text IS NULL OR c.cluster_name = $2)
                 AND (v.cluster_name, v.shard_id) > ($3::text, $4::integer)
               ORDER BY v.cluster_name, v.shard_id
               LIMIT $5) AS f
      """;

  /**
   * $1 scope, $2 seconds, $3 and $4 cluster and instance to start behind, $5 rows. The last sign of
   * an instance is its heartbeat for a shard, its heartbeat in the queue, or what a client of the
   * seed's table wrote, whichever came last.
   */
  private static final String STALE =
      """
      SELECT row_to_json(f)::text AS row
        FROM (SELECT s.cluster_name, s.instance_id, m.status, i.state, s.last_heartbeat,
                     floor(extract(epoch FROM clock_timestamp() - s.last_heartbeat))::bigint AS age_s,
                     s.shard_ids, s.live,
                     m.last_heartbeat IS NOT NULL AND m.last_heartbeat < clock_timestamp() - $2 * interval '1 s'
                       AND NOT s.fenced_live AS cleanable
                FROM (SELECT p.cluster_name, p.instance_id, max(p.seen) AS last_heartbeat,
                             coalesce(array_agg(p.shard_id ORDER BY p.shard_id) FILTER (WHERE p.shard_id IS NOT NULL), '{}') AS shard_ids,
                             coalesce(bool_or(p.live), false) AS live, coalesce(bool_or(p.live AND p.fenced), false) AS fenced_live
                        FROM (SELECT v.cluster_name, v.instance_id, v.renewed_at AS seen, v.shard_id, v.fenced,
                                     NOT tracker.lease_over(v.expires_at, v.fenced, c.takeover_grace, clock_timestamp()) AS live
                                FROM tracker.v_shards v
                                JOIN tracker.clusters c USING (cluster_name)
                               WHERE v.instance_id IS NOT NULL AND c.deleted_at IS NULL
                              UNION ALL
                              SELECT i.cluster_name, i.instance_id, i.last_seen, NULL, NULL, NULL
                                FROM tracker.instances i
                               WHERE i.state <> 'gone'
                              UNION ALL
                              SELECT m.cluster_name, m.instance_id, m.last_heartbeat, NULL, NULL, NULL
                                FROM tracker.cluster_management m) AS p
                       WHERE $1::text[] IS NULL OR p.cluster_name = ANY ($1)
                       GROUP BY p.cluster_name, p.instance_id) AS s
                LEFT JOIN tracker.cluster_management m ON m.cluster_name = s.cluster_name AND m.instance_id = s.instance_id
                LEFT JOIN tracker.instances i ON i.cluster_name = s.cluster_name AND i.instance_id = s.instance_id
               WHERE s.last_heartbeat < clock_timestamp() - $2 * interval '1 s'
                 AND (s.cluster_name, s.instance_id) > ($3::text, $4::text)
               ORDER BY s.cluster_name, s.instance_id
               LIMIT $5) AS f
      """;

  /**
   * $1 scope, $2 to $5 kind, cluster, shard and instance to start behind, $6 rows. Two live holders
   * of a shard cannot be told in the leases, whose key is the shard; that the seed's table and the
   * leases name different ones can, and either would be a fault of ours.
   */
  private static final String ANOMALIES =
      """
      SELECT row_to_json(f)::text AS row
        FROM (SELECT a.kind, a.cluster_name, a.shard_id, nullif(a.instance_id, '') AS instance_id, a.detail
                FROM (SELECT 'shard_beyond_total' AS kind, m.cluster_name, m.shard_id, m.instance_id,
                             jsonb_build_object('total_shards', coalesce(c.total_shards, m.total_shards), 'row_total_shards', m.total_shards,
                                                'status', m.status) AS detail
                        FROM tracker.cluster_management m
                        LEFT JOIN tracker.clusters c ON c.cluster_name = m.cluster_name AND c.deleted_at IS NULL
                       WHERE m.shard_id >= least(coalesce(c.total_shards, m.total_shards), m.total_shards)
                      UNION ALL
                      SELECT 'mixed_totals', m.cluster_name, m.shard_id, m.instance_id,
                             jsonb_build_object('total_shards', c.total_shards, 'row_total_shards', m.total_shards, 'status', m.status)
                        FROM tracker.cluster_management m
                        JOIN tracker.clusters c ON c.cluster_name = m.cluster_name AND c.deleted_at IS NULL
                       WHERE m.total_shards <> c.total_shards
                      UNION ALL
                      SELECT 'unfenced', v.cluster_name, v.shard_id, v.instance_id,
                             jsonb_build_object('renewed_at', v.renewed_at, 'expires_at', v.expires_at)
                        FROM tracker.v_shards v
                       WHERE v.generation_state = 'serving' AND v.instance_id IS NOT NULL AND NOT v.fenced
                      UNION ALL
                      SELECT CASE WHEN v.guild_count >= 2500 THEN 'guilds_over_limit' ELSE 'guilds_near_limit' END,
                             v.cluster_name, v.shard_id, coalesce(v.instance_id, ''),
                             jsonb_build_object('guild_count', v.guild_count, 'limit', 2500)
                        FROM tracker.v_shards v
                       WHERE v.generation_state = 'serving' AND v.guild_count >= 2000
                      UNION ALL
                      SELECT CASE WHEN v.instance_id IS NOT NULL AND v.instance_id <> m.instance_id AND v.expires_at > clock_timestamp()
                                  THEN 'double_holder' ELSE 'projection_mismatch' END,
                             m.cluster_name, m.shard_id, m.instance_id,
                             jsonb_strip_nulls(jsonb_build_object('lease_holder', v.instance_id, 'epoch', v.epoch, 'status', m.status))
                        FROM tracker.cluster_management m
                        JOIN tracker.clusters c ON c.cluster_name = m.cluster_name AND c.deleted_at IS NULL
                        JOIN tracker.v_shards v
                          ON v.cluster_name = c.cluster_name AND v.generation = c.generation AND v.shard_id = m.shard_id
                       WHERE m.status <> 'inactive' AND v.instance_id IS DISTINCT FROM m.instance_id) AS a
               WHERE ($1::text[] IS NULL OR a.cluster_name = ANY ($1))
                 AND (a.kind, a.cluster_name, a.shard_id, a.instance_id) > ($2::text, $3::text, $4::integer, $5::text)
               ORDER BY a.kind, a.cluster_name, a.shard_id, a.instance_id
               LIMIT $6) AS f
      """;

  /** $1 scope, $2 application to start behind, $3 rows. */
  private static final String BUDGETS =
      """
      SELECT row_to_json(f)::text AS row
        FROM (SELECT a.application_id, own.clusters, a.max_concurrency, a.total, now.remaining, a.reserve,
                     greatest(now.remaining - a.reserve, 0) AS available,
                     now.reset_at, tracker.ms(now.reset_at - clock_timestamp()) AS reset_in_ms, a.reported_at, a.reported_shards,
                     (SELECT count(*) FROM tracker.identify_grants g
                       WHERE g.application_id = a.application_id AND g.granted_at > clock_timestamp() - interval '1 h') AS granted_last_hour,
                     (SELECT count(*) FROM tracker.identify_grants g
                       WHERE g.application_id = a.application_id AND g.granted_at > clock_timestamp() - interval '1 day') AS granted_last_day,
                     (SELECT coalesce(max(greatest(tracker.ms(b.next_at - clock_timestamp()), 0)), 0)
                        FROM tracker.identify_buckets b WHERE b.application_id = a.application_id) AS longest_wait_ms
                FROM tracker.applications a
                CROSS JOIN LATERAL (
                  SELECT coalesce(array_agg(c.cluster_name ORDER BY c.cluster_name), '{}') AS clusters
                    FROM tracker.clusters c
                   WHERE c.application_id = a.application_id AND c.deleted_at IS NULL
                     AND ($1::text[] IS NULL OR c.cluster_name = ANY ($1))) AS own
                -- After its reset the budget is full again; the row says so only once somebody asks for a permit.
                CROSS JOIN LATERAL (
                  SELECT CASE WHEN a.reset_at <= clock_timestamp() THEN a.total ELSE a.remaining END AS remaining,
                         CASE WHEN a.reset_at <= clock_timestamp()
                              THEN a.reset_at + interval '24 h' * ceil(extract(epoch FROM clock_timestamp() - a.reset_at) / 86400 + 0.000001)
                              ELSE a.reset_at END AS reset_at) AS now
               WHERE ($1::text[] IS NULL OR cardinality(own.clusters) > 0)
                 AND a.application_id > $2
               ORDER BY a.application_id
               LIMIT $3) AS f
      """;

  /** $1 scope, $2 cluster to start behind, $3 rows. */
  private static final String ADVICE =
      """
      SELECT row_to_json(f)::text AS row
        FROM (SELECT c.cluster_name, g.total_guilds, g.shards_reporting, c.total_shards, c.shard_multiple, r.recommended_shards,
                     a.reported_shards AS discord_shards, g.max_guilds_per_shard, g.fullest_shard_id,
                     r.recommended_shards > c.total_shards OR g.max_guilds_per_shard >= 2000 AS reshard_advised
                FROM tracker.clusters c
                CROSS JOIN LATERAL (
                  SELECT coalesce(sum(v.guild_count), 0) AS total_guilds, count(v.guild_count) AS shards_reporting,
                         coalesce(max(v.guild_count), 0) AS max_guilds_per_shard,
                         (array_agg(v.shard_id ORDER BY v.guild_count DESC, v.shard_id)
                            FILTER (WHERE v.guild_count IS NOT NULL))[1] AS fullest_shard_id
                    FROM tracker.v_shards v
                   WHERE v.cluster_name = c.cluster_name AND v.generation = c.generation) AS g
                CROSS JOIN LATERAL (
                  SELECT (ceil(greatest(ceil(g.total_guilds / 1000.0), 1) / c.shard_multiple) * c.shard_multiple)::integer
                           AS recommended_shards) AS r
                LEFT JOIN tracker.applications a ON a.application_id = c.application_id
               WHERE c.deleted_at IS NULL
                 AND ($1::text[] IS NULL OR c.cluster_name = ANY ($1))
                 AND c.cluster_name > $2
               ORDER BY c.cluster_name
               LIMIT $3) AS f
      """;

  private final Statements statements;
  private final JsonRows json;

  ReportQueries(Statements statements, JsonRows json) {
    this.statements = statements;
    this.json = json;
  }

  Uni<List<ActiveInstances>> active(
      @Nullable Set<String> scope, long seconds, String after, int rows) {
    return read(
        ACTIVE, Tuple.of(array(scope), (double) seconds, after, rows), ActiveInstances.class);
  }

  Uni<List<ShardHolder>> distribution(
      @Nullable Set<String> scope, @Nullable String cluster, String after, int shard, int rows) {
    return read(
        DISTRIBUTION, Tuple.of(array(scope), cluster, after, shard, rows), ShardHolder.class);
  }

  Uni<List<StaleInstance>> stale(
      @Nullable Set<String> scope, long seconds, String after, String instance, int rows) {
    return read(
        STALE,
        Tuple.of(array(scope), (double) seconds, after, instance, rows),
        StaleInstance.class);
  }

  Uni<List<Anomaly>> anomalies(@Nullable Set<String> scope, AnomalyPlace after, int rows) {
    return read(
        ANOMALIES,
        Tuple.of(
            array(scope), after.kind(), after.cluster(), after.shard(), after.instance(), rows),
        Anomaly.class);
  }

  /** Where a page of anomalies ends. */
  record AnomalyPlace(String kind, String cluster, int shard, String instance) {
    static final AnomalyPlace START = new AnomalyPlace("", "", -1, "");

    static Cursor cursor(Anomaly last) {
      return Cursor.behind(
          last.kind(),
          last.clusterName(),
          last.shardId(),
          last.instanceId() == null ? "" : last.instanceId());
    }
  }

  Uni<List<ApplicationBudget>> budgets(@Nullable Set<String> scope, String after, int rows) {
    return read(BUDGETS, Tuple.of(array(scope), after, rows), ApplicationBudget.class);
  }

  Uni<List<ShardAdvice>> advice(@Nullable Set<String> scope, String after, int rows) {
    return read(ADVICE, Tuple.of(array(scope), after, rows), ShardAdvice.class);
  }

  private <T> Uni<List<T>> read(String sql, Tuple values, Class<T> type) {
    return statements.run(sql, values).map(found -> json.of(found, "row", type));
  }

  private static String @Nullable [] array(@Nullable Set<String> texts) {
    return texts == null ? null : texts.toArray(String[]::new);
  }
}
