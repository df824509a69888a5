package dev.quintet.tracker.postgrest;

import dev.quintet.common.api.tracker.CleanupReply;
import dev.quintet.common.api.tracker.NextShard;
import dev.quintet.common.api.tracker.NextShardRequest;
import dev.quintet.common.api.tracker.SeedAssignment;
import dev.quintet.common.api.tracker.SeedAssignmentRequest;
import dev.quintet.common.api.tracker.StaleAssignmentsRequest;
import dev.quintet.common.sql.DatabaseError;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Tuple;
import io.vertx.pgclient.PgException;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Set;

/** The seed's functions, each by its one statement. What is not given has the seed's default. */
@ApplicationScoped
class RpcQueries {
  /**
   * $1 instance, $2 cluster, $3 hostname, $4 pod_ip, $5 node_name, $6 namespace, $7 bot_version, $8
   * deployment_version, $9 total_shards.
   */
  private static final String UPSERT =
      """
      SELECT row_to_json(r)::text AS row
        FROM tracker.upsert_instance_assignment(
               $1, $2, $3, $4::text::inet, $5, coalesce($6, 'discord'), $7, $8, coalesce($9, 2)) AS r
      """;

  /** $1 cluster, $2 total_shards, $3 threshold. */
  private static final String NEXT =
      """
      SELECT row_to_json(r)::text AS row
        FROM tracker.get_next_available_shard(
               $1, coalesce($2, 2), coalesce($3::text::interval, '5 minutes')) AS r
      """;

  /** $1 threshold. */
  private static final String CLEANUP =
      """
      SELECT row_to_json(r)::text AS row
        FROM tracker.cleanup_stale_assignments(coalesce($1::text::interval, '10 minutes')) AS r
      """;

  /** Not an interval; a field of it, or all of it, out of range. */
  private static final Set<String> NO_INTERVAL = Set.of("22007", "22008", "22015");

  private final Statements statements;
  private final JsonRows rows;

  RpcQueries(Statements statements, JsonRows rows) {
    this.statements = statements;
    this.rows = rows;
  }

  /** A text that PostgreSQL does not read as the parameter's type. */
  static final class Unreadable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Unreadable() {
      super("unreadable", null, false, false);
    }
  }

  Uni<List<SeedAssignment>> upsert(SeedAssignmentRequest asked) {
    return run(
        UPSERT,
        Tuple.from(
            java.util.Arrays.asList(
                asked.pInstanceId(),
                asked.pClusterName(),
                asked.pHostname(),
                asked.pPodIp(),
                asked.pNodeName(),
                asked.pNamespace(),
                asked.pBotVersion(),
                asked.pDeploymentVersion(),
                asked.pTotalShards())),
        SeedAssignment.class,
        Set.of("22P02"));
  }

  Uni<List<NextShard>> next(NextShardRequest asked) {
    return run(
        NEXT,
        Tuple.of(asked.pClusterName(), asked.pTotalShards(), asked.pActiveThreshold()),
        NextShard.class,
        NO_INTERVAL);
  }

  Uni<List<CleanupReply>> cleanup(StaleAssignmentsRequest asked) {
    var threshold = asked.pStaleThreshold();
    return run(
        CLEANUP,
        Tuple.of(threshold == null ? null : threshold.value()),
        CleanupReply.class,
        NO_INTERVAL);
  }

  private <T> Uni<List<T>> run(String sql, Tuple values, Class<T> type, Set<String> unreadable) {
    return statements
        .run(sql, values)
        .map(found -> rows.of(found, "row", type))
        .onFailure(e ->
            e instanceof PgException pg && unreadable.contains(DatabaseError.of(pg).sqlState()))
        .transform(e -> new Unreadable());
  }
}
