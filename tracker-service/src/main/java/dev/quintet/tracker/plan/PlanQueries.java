package dev.quintet.tracker.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.common.api.tracker.Drain;
import dev.quintet.common.api.tracker.DrainRequest;
import dev.quintet.common.api.tracker.Rebalance;
import dev.quintet.common.api.tracker.RebalanceRequest;
import dev.quintet.common.api.tracker.Reshard;
import dev.quintet.common.api.tracker.ReshardRequest;
import dev.quintet.common.api.tracker.Revocation;
import dev.quintet.common.api.tracker.RevokeRequest;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One prepared call per operation. The functions' own comments (db/migration/tracker) say what they
 * do and which errors they raise. What a key may repeat takes the transaction that holds the key.
 */
@ApplicationScoped
class PlanQueries {
  /** $1 cluster, $2 target, $3 auto_cutover, $4 pause timeout in ms or NULL, $5 actor. */
  private static final String CREATE_RESHARD =
      "SELECT tracker.create_reshard($1, $2, $3, $4::bigint * interval '1 ms', $5)::text";

  /** $1 cluster, $2 id, $3 actor. */
  private static final String CUTOVER = "SELECT tracker.cutover_reshard($1, $2, $3)::text";

  /** $1 cluster, $2 id, $3 actor. */
  private static final String ABORT = "SELECT tracker.abort_reshard($1, $2, $3)::text";

  /** $1 cluster, $2 id. No row: no such plan. */
  private static final String FIND_RESHARD =
      """
      SELECT tracker.reshard_reply(r)::text
        FROM tracker.reshards r JOIN tracker.clusters c USING (cluster_name)
       WHERE r.cluster_name = $1 AND r.id = $2 AND c.deleted_at IS NULL
      """;

  /**
   * $1 cluster, $2 below this id or NULL, $3 how many. No row: no such cluster; one row of NULL: no
   * plans.
   */
  private static final String LIST_RESHARDS =
      """
      SELECT CASE WHEN r.id IS NOT NULL THEN tracker.reshard_reply(r)::text END
        FROM tracker.clusters c
        LEFT JOIN LATERAL (SELECT p FROM tracker.reshards p
                            WHERE p.cluster_name = c.cluster_name AND ($2::bigint IS NULL OR p.id < $2)
                            ORDER BY p.id DESC LIMIT $3) AS s ON true
        LEFT JOIN tracker.reshards r ON r.id = (s.p).id
       WHERE c.cluster_name = $1 AND c.deleted_at IS NULL
       ORDER BY r.id DESC
      """;

  /** $1 cluster, $2 instance, $3 node, $4 version, $5 shards, $6 reason, $7 actor. */
  private static final String CREATE_DRAIN =
      "SELECT tracker.create_drain($1, $2, $3, $4, $5, $6, $7)::text";

  /** $1 cluster, $2 id, $3 actor. */
  private static final String CANCEL_DRAIN = "SELECT tracker.cancel_drain($1, $2, $3)::text";

  /** $1 cluster, $2 id. No row: no such plan. */
  private static final String FIND_DRAIN =
      """
      SELECT tracker.drain_reply(d, true)::text
        FROM tracker.drains d JOIN tracker.clusters c USING (cluster_name)
       WHERE d.cluster_name = $1 AND d.id = $2 AND c.deleted_at IS NULL
      """;

  /** As LIST_RESHARDS. */
  private static final String LIST_DRAINS =
      """
      SELECT CASE WHEN d.id IS NOT NULL THEN tracker.drain_reply(d)::text END
        FROM tracker.clusters c
        LEFT JOIN LATERAL (SELECT p FROM tracker.drains p
                            WHERE p.cluster_name = c.cluster_name AND ($2::bigint IS NULL OR p.id < $2)
                            ORDER BY p.id DESC LIMIT $3) AS s ON true
        LEFT JOIN tracker.drains d ON d.id = (s.p).id
       WHERE c.cluster_name = $1 AND c.deleted_at IS NULL
       ORDER BY d.id DESC
      """;

  /** $1 cluster, $2 by, $3 dry run, $4 actor. */
  private static final String REBALANCE = "SELECT tracker.rebalance($1, $2, $3, $4)::text";

  /** $1 cluster, $2 shard, $3 reason, $4 hold in ms, $5 actor. */
  private static final String REVOKE = "SELECT tracker.revoke_shard($1, $2, $3, $4, $5)::text";

  private final Statements statements;
  private final ObjectMapper json;

  PlanQueries(Statements statements, ObjectMapper json) {
    this.statements = statements;
    this.json = json;
  }

  Uni<Reshard> createReshard(
      SqlConnection tx, String cluster, ReshardRequest request, String actor) {
    return tx.preparedQuery(CREATE_RESHARD)
        .execute(
            Tuple.of(
                cluster,
                request.targetTotalShards(),
                Boolean.TRUE.equals(request.autoCutover()),
                request.pauseTimeoutMs(),
                actor))
        .map(rows -> one(rows, Reshard.class));
  }

  Uni<Reshard> cutover(String cluster, long id, String actor) {
    return statements
        .run(CUTOVER, Tuple.of(cluster, id, actor))
        .map(rows -> one(rows, Reshard.class));
  }

  Uni<Reshard> abort(String cluster, long id, String actor) {
    return statements
        .run(ABORT, Tuple.of(cluster, id, actor))
        .map(rows -> one(rows, Reshard.class));
  }

  Uni<Optional<Reshard>> findReshard(String cluster, long id) {
    return statements
        .run(FIND_RESHARD, Tuple.of(cluster, id))
        .map(rows -> all(rows, Reshard.class).stream().findFirst());
  }

  /** Empty: no such cluster. */
  Uni<Optional<List<Reshard>>> listReshards(String cluster, PageRequest page) {
    return statements
        .run(LIST_RESHARDS, listed(cluster, page))
        .map(rows -> ofCluster(rows, Reshard.class));
  }

  Uni<Drain> createDrain(SqlConnection tx, String cluster, DrainRequest request, String actor) {
    List<Integer> shards = request.shardIds();
    return tx.preparedQuery(CREATE_DRAIN)
        .execute(
            Tuple.tuple()
                .addString(cluster)
                .addString(request.instanceId())
                .addString(request.nodeName())
                .addString(request.botVersion())
                .addArrayOfInteger(shards == null ? null : shards.toArray(Integer[]::new))
                .addString(request.reason())
                .addString(actor))
        .map(rows -> one(rows, Drain.class));
  }

  Uni<Drain> cancelDrain(String cluster, long id, String actor) {
    return statements
        .run(CANCEL_DRAIN, Tuple.of(cluster, id, actor))
        .map(rows -> one(rows, Drain.class));
  }

  Uni<Optional<Drain>> findDrain(String cluster, long id) {
    return statements
        .run(FIND_DRAIN, Tuple.of(cluster, id))
        .map(rows -> all(rows, Drain.class).stream().findFirst());
  }

  /** Empty: no such cluster. */
  Uni<Optional<List<Drain>>> listDrains(String cluster, PageRequest page) {
    return statements
        .run(LIST_DRAINS, listed(cluster, page))
        .map(rows -> ofCluster(rows, Drain.class));
  }

  Uni<Rebalance> rebalance(
      SqlConnection tx, String cluster, RebalanceRequest.Load by, boolean dryRun, String actor) {
    return tx.preparedQuery(REBALANCE)
        .execute(Tuple.of(cluster, by.json(), dryRun, actor))
        .map(rows -> one(rows, Rebalance.class));
  }

  Uni<Revocation> revoke(
      SqlConnection tx, String cluster, int shard, RevokeRequest request, String actor) {
    long holdMs = request.holdS() == null ? 0 : request.holdS() * 1000;
    return tx.preparedQuery(REVOKE)
        .execute(Tuple.of(cluster, shard, request.reason(), holdMs, actor))
        .map(rows -> one(rows, Revocation.class));
  }

  private static Tuple listed(String cluster, PageRequest page) {
    return Tuple.of(
        cluster, page.cursor().map(cursor -> cursor.number(0)).orElse(null), page.fetch());
  }

  private <T> T one(RowSet<Row> rows, Class<T> type) {
    return read(rows.iterator().next().getString(0), type);
  }

  private <T> List<T> all(RowSet<Row> rows, Class<T> type) {
    var all = new ArrayList<T>(rows.size());
    for (Row row : rows) {
      String text = row.getString(0);
      if (text != null) {
        all.add(read(text, type));
      }
    }
    return all;
  }

  private <T> Optional<List<T>> ofCluster(RowSet<Row> rows, Class<T> type) {
    return rows.size() == 0 ? Optional.empty() : Optional.of(all(rows, type));
  }

  private <T> T read(String text, Class<T> type) {
    try {
      return json.readValue(text, type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(
          "a function of the database answered otherwise than " + type.getSimpleName(), e);
    }
  }
}
