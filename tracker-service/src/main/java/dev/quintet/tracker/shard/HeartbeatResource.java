package dev.quintet.tracker.shard;

import dev.quintet.common.api.tracker.HeartbeatReply;
import dev.quintet.common.api.tracker.HeartbeatRequest;
import dev.quintet.common.api.tracker.TrackerProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Roles;
import dev.quintet.tracker.access.ClusterAccess;
import dev.quintet.tracker.shard.HeartbeatResult.Lost;
import dev.quintet.tracker.shard.HeartbeatResult.Renewed;
import dev.quintet.tracker.shard.HeartbeatResult.UnknownCluster;
import dev.quintet.tracker.shard.HeartbeatResult.UnknownInstance;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Keeping shards: one request per pod and interval, whatever the number of its shards. */
@Path("/api/v1")
@Tag(name = "pods")
public class HeartbeatResource {
  private static final String STRICT = "handling=strict";

  private final HeartbeatBatches beats;
  private final ClusterAccess access;

  HeartbeatResource(HeartbeatBatches beats, ClusterAccess access) {
    this.beats = beats;
    this.access = access;
  }

  @POST
  @Path("/clusters/{cluster}/instances/{instance}/heartbeat")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "Renew the listed shards",
      description =
          "200 when at least one was renewed, or for the empty beat of a standby; 409 lease_lost when none was, with the reason per shard."
              + " Figures out of range are dropped with a warning; Prefer: handling=strict makes them 422. A pod that was told to pause sends the directive's pause_id"
              + " back with its paused shards.")
  public Uni<HeartbeatReply> beat(
      String cluster,
      String instance,
      @HeaderParam("Prefer") @Nullable String prefer,
      HeartbeatRequest request) {
    access.to(cluster, instance);
    Beat beat = Beat.of(cluster, instance, request);
    if (prefer != null && prefer.contains(STRICT)) {
      var violations = new Violations();
      beat.warnings()
          .forEach(warning ->
              violations.add(TrackerProblem.INVALID_METRIC, warning.pointer(), warning.detail()));
      violations.orThrow();
    }
    return beats.renew(beat).map(result -> answer(beat, result));
  }

  private static HeartbeatReply answer(Beat beat, HeartbeatResult result) {
    return switch (result) {
      case Renewed renewed -> renewed.reply();
      case Lost lost ->
          throw new ProblemException(
                  TrackerProblem.LEASE_LOST, "close these shards now, without a release")
              .with(
                  "reason",
                  lost.shards().isEmpty() ? "superseded" : lost.shards().getFirst().reason())
              .with("shards", lost.shards());
      case UnknownCluster unknown ->
          throw new ProblemException(
              TrackerProblem.UNKNOWN_CLUSTER, "no cluster named " + beat.cluster());
      case UnknownInstance unknown ->
          throw new ProblemException(
              TrackerProblem.UNKNOWN_INSTANCE, "ask for an assignment first");
    };
  }
}
