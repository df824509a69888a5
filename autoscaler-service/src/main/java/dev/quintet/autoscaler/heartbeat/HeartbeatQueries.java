package dev.quintet.autoscaler.heartbeat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.autoscaler.access.Actor;
import dev.quintet.autoscaler.access.NodeKey;
import dev.quintet.autoscaler.evaluation.PoolInput;
import dev.quintet.common.api.autoscaler.AppliedTarget;
import dev.quintet.common.api.autoscaler.HeartbeatReply.ItemError;
import dev.quintet.common.api.autoscaler.HeartbeatRequest;
import dev.quintet.common.api.autoscaler.PoolReport;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** The hot path: a whole heartbeat is one statement. */
@ApplicationScoped
class HeartbeatQueries {
  /**
   * $1 to $11 the node and what it says of itself, $12 to $22 one element per observed pool, $23 to
   * $26 one per applied target; see autoscaler.node_heartbeat. One row.
   */
  private static final String BEAT =
      """
      SELECT autoscaler.node_heartbeat($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
                                       $23, $24, $25, $26)::text AS row
      """;

  /** $1 key hash, $2 node, $3 the caller's address. One row. */
  private static final String TARGETS = "SELECT autoscaler.node_targets($1, $2, $3)::text AS row";

  private final Statements statements;
  private final JsonRows json;

  HeartbeatQueries(Statements statements, JsonRows json) {
    this.statements = statements;
    this.json = json;
  }

  /**
   * What the database knows once it has taken a heartbeat.
   *
   * @param config the active configuration's YAML where it was asked for and differs
   * @param pools what decisions about the node's pools are made of
   */
  record Taken(
      Instant serverTime,
      int intervalSeconds,
      @Nullable String configHash,
      @Nullable String config,
      @Nullable Instant keyExpiresAt,
      List<ItemError> itemErrors,
      List<PoolInput> pools) {}

  Uni<Taken> take(NodeKey key, int node, Actor actor, HeartbeatRequest beat, boolean inlineConfig) {
    List<PoolReport> pools = beat.poolAnalytics() == null ? List.of() : beat.poolAnalytics();
    List<AppliedTarget> applied = beat.applied() == null ? List.of() : beat.applied();
    JsonNode metrics = beat.metricsData();
    return statements
        .run(
            BEAT,
            Tuple.tuple()
                .addString(key.hash())
                .addInteger(node)
                .addString(actor.ipAddress())
                .addString(actor.userAgent())
                .addString(actor.requestId())
                .addString(beat.nodeStatus())
                .addString(beat.status())
                .addString(beat.configHash())
                .addString(beat.errorMessage())
                .addString(metrics == null || metrics.isNull() ? null : metrics.toString())
                .addBoolean(inlineConfig)
                .addArrayOfString(column(pools, PoolReport::oraclePoolId, String[]::new))
                .addArrayOfInteger(column(pools, PoolReport::currentInstances, Integer[]::new))
                .addArrayOfInteger(column(pools, PoolReport::activeInstances, Integer[]::new))
                .addArrayOfDouble(column(pools, PoolReport::avgCpuUtilization, Double[]::new))
                .addArrayOfDouble(column(pools, PoolReport::avgMemoryUtilization, Double[]::new))
                .addArrayOfDouble(column(pools, PoolReport::maxCpuUtilization, Double[]::new))
                .addArrayOfDouble(column(pools, PoolReport::maxMemoryUtilization, Double[]::new))
                .addArrayOfString(column(pools, PoolReport::poolStatus, String[]::new))
                .addArrayOfBoolean(column(pools, PoolReport::isActive, Boolean[]::new))
                .addArrayOfString(column(pools, PoolReport::scalingEvent, String[]::new))
                .addArrayOfString(column(pools, PoolReport::scalingReason, String[]::new))
                .addArrayOfInteger(column(applied, AppliedTarget::poolId, Integer[]::new))
                .addArrayOfLong(column(applied, AppliedTarget::generation, Long[]::new))
                .addArrayOfBoolean(column(applied, AppliedTarget::ok, Boolean[]::new))
                .addArrayOfString(column(applied, AppliedTarget::error, String[]::new)))
        .map(rows -> json.of(rows, "row", Taken.class).getFirst());
  }

  /** What {@code node_targets} reads. */
  record Standing(Instant serverTime, int intervalSeconds, List<PoolInput> pools) {}

  Uni<Standing> targets(NodeKey key, int node, Actor actor) {
    return statements
        .run(TARGETS, Tuple.of(key.hash(), node, actor.ipAddress()))
        .map(rows -> json.of(rows, "row", Standing.class).getFirst());
  }

  private static <T, V> V[] column(
      List<T> items, Function<T, @Nullable V> field, IntFunction<V[]> array) {
    return items.stream().map(field).toArray(array);
  }
}
