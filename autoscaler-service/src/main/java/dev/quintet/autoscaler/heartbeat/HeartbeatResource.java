package dev.quintet.autoscaler.heartbeat;

import dev.quintet.autoscaler.access.Actors;
import dev.quintet.autoscaler.access.NodeKey;
import dev.quintet.autoscaler.access.RowId;
import dev.quintet.autoscaler.evaluation.Evaluations;
import dev.quintet.autoscaler.heartbeat.HeartbeatQueries.Taken;
import dev.quintet.common.api.autoscaler.HeartbeatReply;
import dev.quintet.common.api.autoscaler.HeartbeatRequest;
import dev.quintet.common.api.autoscaler.NodeTargets;
import dev.quintet.common.api.autoscaler.PoolTarget;
import dev.quintet.common.openapi.Problems;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import java.time.Duration;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** An agent's call at each interval, and the one between two of them. */
@Path("/api/v1")
@Tag(name = "agents")
@RolesAllowed(NodeKey.ROLE)
public class HeartbeatResource {
  private final HeartbeatQueries beats;
  private final Evaluations evaluations;
  private final Actors actors;

  HeartbeatResource(HeartbeatQueries beats, Evaluations evaluations, Actors actors) {
    this.beats = beats;
    this.evaluations = evaluations;
    this.actors = actors;
  }

  @POST
  @Path("/nodes/{id}/heartbeat")
  @Operation(
      summary = "Tell how the node and its pools are, and hear what size the pools should have",
      description =
          "At most 60 a minute per node. A pool that is not known yet is created. An observation of another node's pool is left out and"
              + " told in item_errors; the rest stands. A target expires after two intervals: the agent then keeps the pool's size.")
  @Problems({
    "key_unknown",
    "key_revoked",
    "key_expired",
    "node_mismatch",
    "invalid_status",
    "count_invalid",
    "percent_invalid",
    "duplicate_pool",
    "too_many_heartbeats"
  })
  public Uni<HeartbeatReply> beat(
      RowId id, @QueryParam("inline_config") boolean inlineConfig, HeartbeatRequest request) {
    return beats
        .take(key(), id.value(), actors.current(), request, inlineConfig)
        .chain(taken ->
            evaluations
                .ofNode(id.value(), taken.pools(), validity(taken.intervalSeconds()))
                .map(targets -> reply(taken, request.configHash(), targets)));
  }

  @GET
  @Path("/nodes/{id}/targets")
  @Operation(
      summary = "The targets of the node's pools, between two heartbeats",
      description = "What was decided last; nothing is decided anew.")
  @Problems({"key_unknown", "key_revoked", "key_expired", "node_mismatch"})
  public Uni<NodeTargets> nodeTargets(RowId id) {
    return beats
        .targets(key(), id.value(), actors.current())
        .map(standing ->
            new NodeTargets(
                standing.serverTime(),
                evaluations.standing(standing.pools(), validity(standing.intervalSeconds()))));
  }

  private NodeKey key() {
    return actors.nodeKey().orElseThrow();
  }

  private static Duration validity(int intervalSeconds) {
    return Duration.ofSeconds(2L * intervalSeconds);
  }

  private static HeartbeatReply reply(
      Taken taken, @Nullable String sentHash, List<PoolTarget> targets) {
    String active = taken.configHash();
    return new HeartbeatReply(
        "success",
        taken.serverTime(),
        active != null && !active.equals(sentHash),
        active,
        taken.config(),
        targets,
        taken.itemErrors(),
        taken.intervalSeconds(),
        taken.keyExpiresAt());
  }
}
