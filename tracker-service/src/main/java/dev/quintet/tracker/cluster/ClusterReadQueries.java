package dev.quintet.tracker.cluster;

import dev.quintet.common.api.tracker.Cluster;
import dev.quintet.common.api.tracker.Instance;
import dev.quintet.common.api.tracker.ShardLease;
import dev.quintet.common.api.tracker.StandbyPlace;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What people read about clusters. Nothing here touches session_id or resume_gateway_url: leases
 * are read through v_shards, which does not have them.
 */
@ApplicationScoped
class ClusterReadQueries {
  /**
   * $1 the one cluster or NULL, $2 name to start behind or NULL, $3 names in the caller's scope or
   * NULL, $4 rows.
   */
  private static final String CLUSTERS =
      """
      SELECT row_to_json(f)::text AS row
        FROM (SELECT c.cluster_name, c.application_id, c.generation, c.total_shards, c.max_concurrency, c.shard_multiple,
                     tracker.ms(c.lease_ttl) AS lease_ttl_ms, tracker.ms(c.heartbeat_interval) AS heartbeat_interval_ms,
                     tracker.ms(c.takeover_grace) AS takeover_grace_ms, tracker.ms(c.resume_max_age) AS resume_max_age_ms,
                     tracker.ms(c.identify_use_within) AS identify_use_within_ms, c.fencing_mode, c.max_moves_per_minute,
                     (SELECT a.reserve FROM tracker.applications a WHERE a.application_id = c.application_id) AS identify_reserve,
                     c.assignment_version, c.config_version,
                     CASE WHEN c.takeover_not_before > clock_timestamp() THEN c.hold_reason END AS hold_reason,
                     CASE WHEN c.takeover_not_before > clock_timestamp() THEN c.takeover_not_before END AS hold_until,
                     (SELECT json_build_object('generation', g.generation, 'total_shards', g.total_shards, 'state', g.state)
                        FROM tracker.generations g
                       WHERE g.cluster_name = c.cluster_name AND g.state IN ('preparing', 'warming', 'ready', 'pausing')) AS next,
                     (SELECT json_build_object(
                               'live', count(*) FILTER (WHERE v.expires_at > clock_timestamp()),
                               'ready', count(*) FILTER (WHERE v.state = 'ready' AND v.expires_at > clock_timestamp()),
                               'expired', count(*) FILTER (WHERE v.instance_id IS NOT NULL AND v.expires_at <= clock_timestamp()),
                               'free', count(*) FILTER (WHERE v.instance_id IS NULL),
                               'reserved', count(v.reserved_for),
                               'unfenced', count(*) FILTER (WHERE NOT v.fenced AND v.expires_at > clock_timestamp()))
                        FROM tracker.v_shards v
                       WHERE v.cluster_name = c.cluster_name AND v.generation = c.generation) AS shards,
                     (SELECT json_build_object(
                               'active', count(*) FILTER (WHERE i.state = 'active'),
                               'standby', count(*) FILTER (WHERE i.state = 'standby'),
                               'draining', count(*) FILTER (WHERE i.state = 'draining'))
                        FROM tracker.instances i
                       WHERE i.cluster_name = c.cluster_name) AS instances,
                     (SELECT coalesce(sum(v.guild_count), 0)
                        FROM tracker.v_shards v
                       WHERE v.cluster_name = c.cluster_name AND v.generation = c.generation) AS guild_count,
                     c.created_at, c.updated_at
                FROM tracker.clusters c
               WHERE c.deleted_at IS NULL
                 AND ($1::text IS NULL OR c.cluster_name = $1)
                 AND ($2::text IS NULL OR c.cluster_name > $2)
                 AND ($3::text[] IS NULL OR c.cluster_name = ANY ($3))
               ORDER BY c.cluster_name
               LIMIT $4) AS f
      """;

  /**
   * $1 cluster, $2 generation or NULL (serving), $3 state or NULL, $4 holder or NULL, $5 shard to
   * start behind, $6 rows. No row: no such cluster.
   */
  private static final String SHARDS =
      """
      SELECT c.assignment_version, row_to_json(s)::text AS row
        FROM tracker.clusters c
        LEFT JOIN LATERAL (
          SELECT v.shard_id, v.generation, v.generation_state, v.total_shards, v.state,
                 coalesce(v.expires_at > clock_timestamp(), false) AS live,
                 v.instance_id, v.incarnation, v.epoch, v.fenced,
                 CASE WHEN v.instance_id IS NOT NULL THEN v.acquired_at END AS acquired_at, v.renewed_at, v.expires_at,
                 v.reserved_for, v.reserved_until, v.guild_count, v.latency_ms, v.resumable,
                 v.identifies_1h AS identifies_last_hour, v.crash_until
            FROM tracker.v_shards v
           WHERE v.cluster_name = c.cluster_name AND v.generation = coalesce($2::integer, c.generation)
             AND ($3::text IS NULL OR v.state = $3)
             AND ($4::text IS NULL OR v.instance_id = $4)
             AND v.shard_id > $5
           ORDER BY v.shard_id
           LIMIT $6) AS s ON true
       WHERE c.cluster_name = $1 AND c.deleted_at IS NULL
       ORDER BY s.shard_id
      """;

  /**
   * $1 cluster, $2 state or NULL (all but gone), $3 instance to start behind, $4 rows. No row: no
   * such cluster.
   */
  private static final String INSTANCES =
      """
      SELECT c.assignment_version, row_to_json(n)::text AS row
        FROM tracker.clusters c
        LEFT JOIN LATERAL (
          SELECT i.instance_id, i.incarnation, i.state, i.generation, i.generation = c.generation AS serving, own.shard_ids,
                 i.want, i.min_shards, i.max_shards, own.fenced, own.valid_until,
                 greatest(i.last_seen, own.renewed_at) AS last_seen, i.joined_at, i.queued_at, own.guild_count, i.zone, i.hostname,
                 host(i.pod_ip) AS pod_ip, i.node_name, i.namespace, i.bot_version, i.deployment_version
            FROM tracker.instances i
            CROSS JOIN LATERAL (
              SELECT coalesce(array_agg(v.shard_id ORDER BY v.shard_id), '{}') AS shard_ids, bool_and(v.fenced) AS fenced,
                     min(v.expires_at) AS valid_until, max(v.renewed_at) AS renewed_at, coalesce(sum(v.guild_count), 0) AS guild_count
                FROM tracker.v_shards v
               WHERE v.cluster_name = i.cluster_name AND v.instance_id = i.instance_id AND v.generation = i.generation) AS own
           WHERE i.cluster_name = c.cluster_name
             AND CASE WHEN $2::text IS NULL THEN i.state <> 'gone' ELSE i.state = $2 END
             AND i.instance_id > $3
           ORDER BY i.instance_id
           LIMIT $4) AS n ON true
       WHERE c.cluster_name = $1 AND c.deleted_at IS NULL
       ORDER BY n.instance_id
      """;

  /**
   * $1 cluster, $2 and $3 queued_at and instance to start behind, $4 rows. No row: no such cluster.
   */
  private static final String STANDBY =
      """
      SELECT c.assignment_version, row_to_json(q)::text AS row
        FROM tracker.clusters c
        LEFT JOIN LATERAL (
          SELECT p.position, p.instance_id, p.generation, p.queued_at, p.last_seen, p.want, p.min_shards,
                 coalesce(kept.shard_ids, '{}') AS reserved_shards, p.zone, p.node_name, p.bot_version
            FROM (SELECT i.*, row_number() OVER (PARTITION BY i.generation ORDER BY i.queued_at, i.instance_id) AS position
                    FROM tracker.instances i
                   WHERE i.cluster_name = c.cluster_name AND i.state = 'standby') AS p
            LEFT JOIN (SELECT v.reserved_for, v.generation, array_agg(v.shard_id ORDER BY v.shard_id) AS shard_ids
                         FROM tracker.v_shards v
                        WHERE v.cluster_name = c.cluster_name AND v.reserved_for IS NOT NULL
                        GROUP BY v.reserved_for, v.generation) AS kept
              ON kept.reserved_for = p.instance_id AND kept.generation = p.generation
           WHERE (p.queued_at, p.instance_id) > ($2::timestamptz, $3::text)
           ORDER BY p.queued_at, p.instance_id
           LIMIT $4) AS q ON true
       WHERE c.cluster_name = $1 AND c.deleted_at IS NULL
       ORDER BY q.queued_at, q.instance_id
      """;

  private final Statements statements;
  private final JsonRows json;

  ClusterReadQueries(Statements statements, JsonRows json) {
    this.statements = statements;
    this.json = json;
  }

  /** Rows of a cluster, as of one assignment_version. */
  record Read<T>(long version, List<T> rows) {}

  Uni<List<Cluster>> clusters(@Nullable String after, @Nullable Set<String> scope, int rows) {
    return statements
        .run(CLUSTERS, Tuple.of(null, after, names(scope), rows))
        .map(found -> json.of(found, "row", Cluster.class));
  }

  Uni<Optional<Cluster>> cluster(String name) {
    return statements
        .run(CLUSTERS, Tuple.of(name, null, null, 1))
        .map(found -> json.of(found, "row", Cluster.class).stream().findFirst());
  }

  Uni<Optional<Read<ShardLease>>> shards(String cluster, ShardFilter filter, int after, int rows) {
    return statements
        .run(
            SHARDS,
            Tuple.of(cluster, filter.generation(), filter.state(), filter.instance(), after, rows))
        .map(found -> read(found, ShardLease.class));
  }

  /** What is null does not restrict, except that no generation means the serving one. */
  record ShardFilter(
      @Nullable String state, @Nullable String instance, @Nullable Integer generation) {}

  Uni<Optional<Read<Instance>>> instances(
      String cluster, @Nullable String state, String after, int rows) {
    return statements
        .run(INSTANCES, Tuple.of(cluster, state, after, rows))
        .map(found -> read(found, Instance.class));
  }

  Uni<Optional<Read<StandbyPlace>>> standby(
      String cluster, Instant after, String instance, int rows) {
    return statements
        .run(STANDBY, Tuple.of(cluster, after.atOffset(ZoneOffset.UTC), instance, rows))
        .map(found -> read(found, StandbyPlace.class));
  }

  private <T> Optional<Read<T>> read(RowSet<Row> found, Class<T> type) {
    return found.size() == 0
        ? Optional.empty()
        : Optional.of(
            new Read<>(
                found.iterator().next().getLong("assignment_version"),
                json.of(found, "row", type)));
  }

  private static String @Nullable [] names(@Nullable Set<String> scope) {
    return scope == null ? null : scope.toArray(String[]::new);
  }
}
