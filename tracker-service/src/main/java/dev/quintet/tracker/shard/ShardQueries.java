package dev.quintet.tracker.shard;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.quintet.common.api.tracker.AcquireRequest;
import dev.quintet.common.api.tracker.AcquireRequest.Layout;
import dev.quintet.common.api.tracker.Assignment;
import dev.quintet.common.api.tracker.FenceCheck;
import dev.quintet.common.api.tracker.GuildShard;
import dev.quintet.common.api.tracker.IdentifyBudget;
import dev.quintet.common.api.tracker.Permit;
import dev.quintet.common.api.tracker.PermitRequest;
import dev.quintet.common.api.tracker.ReleaseReply;
import dev.quintet.common.api.tracker.ReleaseRequest;
import dev.quintet.common.api.tracker.SessionStartLimit;
import dev.quintet.common.api.tracker.Snowflakes;
import dev.quintet.tracker.metric.TrackerMetrics;
import dev.quintet.tracker.shard.AssignmentResult.Granted;
import dev.quintet.tracker.shard.AssignmentResult.Held;
import dev.quintet.tracker.shard.AssignmentResult.Waiting;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One prepared call per operation. The functions' own comments (db/migration/tracker) say what they
 * do and which errors they raise.
 */
@ApplicationScoped
class ShardQueries {
  /**
   * $1 cluster, $2 instance, $3 incarnation, $4 pod_uid, $5 want, $6 min, $7 max, $8 layout, $9
   * standby, $10 expected total, $11 meta, $12 actor.
   */
  private static final String ACQUIRE =
      "SELECT tracker.acquire_shards($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text::jsonb, $12)::text";

  /**
   * $1 cluster, $2 instance, $3 incarnation or NULL, $4 assignment_version already known or NULL,
   * $5 actor. NULL: nothing new.
   */
  private static final String POLL = "SELECT tracker.poll_instance($1, $2, $3, $4, $5)::text";

  /** $1 cluster, $2 instance, $3 incarnation or NULL. */
  private static final String KNOWN = "SELECT FROM tracker.known_instance($1, $2, $3)";

  /**
   * $1 cluster, $2 instance, $3 incarnation, $4 to $11 one element per shard, $12 reason, $13
   * preferred instance, $14 actor.
   */
  private static final String RELEASE =
      "SELECT tracker.release_leases($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)::text";

  /**
   * $1 cluster, $2 shard, $3 epoch, $4 attempt, $5 longest wait in ms, $6 whether the reserve may
   * be spent, $7 actor.
   */
  private static final String REQUEST_IDENTIFY =
      "SELECT tracker.request_identify($1, $2, $3, $4, $5, $6, $7)::text";

  /** $1 cluster, $2 shard, $3 epoch. */
  private static final String FENCE_CHECK =
      """
      SELECT l.epoch, l.instance_id, tracker.ms(l.expires_at - clock_timestamp()) AS expires_in_ms
        FROM tracker.check_fence($1, $2, $3) AS l
      """;

  /**
   * $1 application, $2 total, $3 remaining, $4 reset after ms, $5 max_concurrency, $6 shards or
   * NULL.
   */
  private static final String REPORT_LIMIT =
      """
      SELECT application_id, total, remaining, reserve, max_concurrency, reset_at, reported_at, reported_shards
        FROM tracker.report_session_limit($1, $2, $3, $4, $5, $6)
      """;

  /** $1 cluster, $2 guild. No row: no such cluster. */
  private static final String GUILD_SHARD =
      """
      SELECT s.shard_id, c.total_shards, c.generation, c.assignment_version, l.instance_id,
             CASE WHEN l.instance_id IS NOT NULL THEN l.epoch END AS epoch, host(i.pod_ip) AS pod_ip
        FROM tracker.clusters c
        CROSS JOIN LATERAL (SELECT (($2::bigint >> 22) % c.total_shards)::integer AS shard_id) AS s
        JOIN tracker.shard_leases l
          ON l.cluster_name = c.cluster_name AND l.generation = c.generation AND l.shard_id = s.shard_id
        LEFT JOIN tracker.instances i ON i.cluster_name = c.cluster_name AND i.instance_id = l.instance_id
       WHERE c.cluster_name = $1 AND c.deleted_at IS NULL
      """;

  private final Pool pg;
  private final ObjectMapper json;
  private final TrackerMetrics metrics;

  ShardQueries(Pool pg, ObjectMapper json, TrackerMetrics metrics) {
    this.metrics = metrics;
    this.pg = pg;
    this.json = json;
  }

  Uni<AssignmentResult> acquire(String cluster, AcquireRequest request, String actor) {
    return call(
            ACQUIRE,
            Tuple.tuple()
                .addString(cluster)
                .addString(request.instanceId())
                .addUUID(request.incarnation())
                .addString(request.podUid())
                .addInteger(request.want() == null ? 1 : request.want())
                .addInteger(request.min() == null ? 1 : request.min())
                .addInteger(request.maxShards())
                .addString(request.generation() == Layout.NEXT ? "next" : "serving")
                .addBoolean(Boolean.TRUE.equals(request.standby()))
                .addInteger(request.expectedTotalShards())
                .addString(meta(request))
                .addString(actor))
        .map(reply -> result(tree(reply)));
  }

  /** Fails as {@link #poll} would for an instance that it does not know. */
  Uni<Void> known(String cluster, String instance, @Nullable UUID incarnation) {
    return pg.preparedQuery(KNOWN)
        .execute(Tuple.of(cluster, instance, incarnation))
        .replaceWithVoid();
  }

  /** Empty: nothing has changed since the version. */
  Uni<Optional<AssignmentResult>> poll(
      String cluster,
      String instance,
      @Nullable UUID incarnation,
      @Nullable Long after,
      String actor) {
    return pg.preparedQuery(POLL)
        .execute(Tuple.of(cluster, instance, incarnation, after, actor))
        .map(rows ->
            Optional.ofNullable(rows.iterator().next().getString(0))
                .map(reply -> result(tree(reply))));
  }

  Uni<ReleaseReply> release(String cluster, String instance, ReleaseRequest request, String actor) {
    var shards = new ShardColumns(request.shards());
    return call(
            RELEASE,
            Tuple.tuple()
                .addString(cluster)
                .addString(instance)
                .addUUID(request.incarnation())
                .addArrayOfInteger(shards.ids)
                .addArrayOfLong(shards.epochs)
                .addArrayOfString(shards.sessions)
                .addArrayOfString(shards.urls)
                .addArrayOfLong(shards.seqs)
                .addArrayOfShort(shards.versions)
                .addArrayOfString(shards.encodings)
                .addArrayOfLong(shards.lastEvents)
                .addString(request.reason())
                .addString(request.preferInstance())
                .addString(actor))
        .map(reply -> read(tree(reply), ReleaseReply.class))
        .invoke(reply ->
            metrics.released(
                cluster,
                (int) reply.shards().stream().filter(shard -> shard.reason() == null).count()));
  }

  Uni<PermitResult> requestIdentify(
      String cluster, int shard, PermitRequest request, boolean spendReserve, String actor) {
    return call(
            REQUEST_IDENTIFY,
            Tuple.tuple()
                .addString(cluster)
                .addInteger(shard)
                .addLong(request.epoch())
                .addInteger(request.attempt() == null ? 1 : request.attempt())
                .addInteger(request.maxWaitMs() == null ? 30_000 : request.maxWaitMs())
                .addBoolean(spendReserve)
                .addString(actor))
        .map(reply -> permit(cluster, tree(reply)));
  }

  Uni<FenceCheck> fenceCheck(String cluster, int shard, long epoch) {
    return pg.preparedQuery(FENCE_CHECK)
        .execute(Tuple.of(cluster, shard, epoch))
        .map(rows -> rows.iterator().next())
        .map(row ->
            new FenceCheck(
                true,
                row.getLong("epoch"),
                row.getString("instance_id"),
                row.getLong("expires_in_ms")));
  }

  Uni<IdentifyBudget> reportLimit(String application, SessionStartLimit limit) {
    return pg.preparedQuery(REPORT_LIMIT)
        .execute(
            Tuple.tuple()
                .addString(application)
                .addInteger(limit.total())
                .addInteger(limit.remaining())
                .addLong(limit.resetAfterMs())
                .addInteger(limit.maxConcurrency())
                .addInteger(limit.shards()))
        .map(rows -> budget(rows.iterator().next()));
  }

  Uni<Optional<GuildShard>> guildShard(String cluster, String guild) {
    long id = Snowflakes.parse(guild).orElseThrow();
    return pg.preparedQuery(GUILD_SHARD)
        .execute(Tuple.of(cluster, id))
        .map(first(row -> guildShard(guild, row)));
  }

  private Uni<String> call(String sql, Tuple arguments) {
    return pg.preparedQuery(sql)
        .execute(arguments)
        .map(rows -> rows.iterator().next().getString(0));
  }

  private static <T> Function<RowSet<Row>, Optional<T>> first(Function<Row, T> read) {
    return rows ->
        rows.size() == 0 ? Optional.empty() : Optional.of(read.apply(rows.iterator().next()));
  }

  private String meta(AcquireRequest request) {
    ObjectNode meta = json.createObjectNode();
    meta.put("hostname", request.hostname())
        .put("pod_ip", request.podIp())
        .put("node_name", request.nodeName())
        .put("namespace", request.namespace())
        .put("zone", request.zone())
        .put("bot_version", request.botVersion())
        .put("deployment_version", request.deploymentVersion());
    return meta.toString();
  }

  private AssignmentResult result(JsonNode reply) {
    var assignment = read(reply, Assignment.class);
    return switch (reply.path("outcome").asText()) {
      case "granted" -> {
        metrics.granted(assignment.clusterName(), assignment.granted());
        yield new Granted(assignment);
      }
      case "standby" -> new Waiting(assignment);
      default -> new Held(assignment);
    };
  }

  private PermitResult permit(String cluster, JsonNode reply) {
    return switch (reply.path("outcome").asText()) {
      case "granted" -> {
        var permit = read(reply, Permit.class);
        metrics.permitted(cluster, Duration.ofMillis(permit.identifyInMs()));
        yield new PermitResult.Reserved(permit);
      }
      case "repeated" -> new PermitResult.Repeated(read(reply, Permit.class));
      default -> {
        String code = reply.path("code").asText();
        metrics.denied(code);
        yield new PermitResult.Refused(
            code, Duration.ofMillis(reply.path("retry_after_ms").asLong()), (ObjectNode) reply);
      }
    };
  }

  private static IdentifyBudget budget(Row row) {
    var reported = row.getOffsetDateTime("reported_at");
    return new IdentifyBudget(
        row.getString("application_id"),
        row.getInteger("total"),
        row.getInteger("remaining"),
        row.getInteger("reserve"),
        row.getInteger("max_concurrency"),
        row.getOffsetDateTime("reset_at").toInstant(),
        reported == null ? null : reported.toInstant(),
        row.getInteger("reported_shards"));
  }

  private static GuildShard guildShard(String guild, Row row) {
    return new GuildShard(
        guild,
        row.getInteger("shard_id"),
        row.getInteger("total_shards"),
        row.getInteger("generation"),
        row.getLong("assignment_version"),
        row.getString("instance_id"),
        row.getLong("epoch"),
        row.getString("pod_ip"));
  }

  private JsonNode tree(String reply) {
    try {
      return json.readTree(reply);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a function of the database answered with broken JSON", e);
    }
  }

  private <T> T read(JsonNode reply, Class<T> type) {
    try {
      return json.treeToValue(reply, type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(
          "a function of the database answered otherwise than " + type.getSimpleName(), e);
    }
  }
}
