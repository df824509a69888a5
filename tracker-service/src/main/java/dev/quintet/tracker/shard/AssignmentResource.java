package dev.quintet.tracker.shard;

import dev.quintet.common.api.tracker.AcquireRequest;
import dev.quintet.common.api.tracker.Assignment;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Roles;
import dev.quintet.tracker.access.ClusterAccess;
import dev.quintet.tracker.shard.AssignmentResult.Granted;
import dev.quintet.tracker.shard.AssignmentResult.Held;
import dev.quintet.tracker.shard.AssignmentResult.Waiting;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;
import org.jspecify.annotations.Nullable;

/** Getting shards, and waiting for them. */
@Path("/api/v1")
@Tag(name = "pods")
public class AssignmentResource {
  private static final int LONGEST_WAIT_S = 50;

  private final ShardQueries shards;
  private final AssignmentWatch watch;
  private final ClusterAccess access;

  AssignmentResource(ShardQueries shards, AssignmentWatch watch, ClusterAccess access) {
    this.shards = shards;
    this.watch = watch;
    this.access = access;
  }

  @POST
  @Path("/clusters/{cluster}/assignments")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "Get shards, or confirm those the instance has",
      description =
          "201 with new shards, 200 when there is nothing new, 202 in line (standby). 409 no_shard_available, instance_still_live,"
              + " incarnation_superseded, total_shards_mismatch. generation next: the layout that a running reshard makes; once it serves,"
              + " the serving one, for a pod that names its expected_total_shards or none (else 404 no_next_generation). The same (instance_id, incarnation) again gets the same shards.")
  public Uni<RestResponse<Assignment>> acquire(String cluster, AcquireRequest request) {
    var caller = access.to(cluster);
    return shards.acquire(cluster, request, caller.name()).map(AssignmentResource::answer);
  }

  @GET
  @Path("/clusters/{cluster}/instances/{instance}/assignments")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "Wait for a change of the instance's shards or place in line",
      description =
          "Answers at once when assignment_version is above after_version, else when it changes; 304 when it did not within wait_s (at"
              + " most 50). A standby is given what was reserved for it.")
  public Uni<RestResponse<Assignment>> await(
      String cluster,
      String instance,
      @RestQuery("wait_s") @Nullable Integer waitS,
      @RestQuery("after_version") @Nullable Long afterVersion,
      @RestQuery @Nullable UUID incarnation) {
    var caller = access.to(cluster, instance);
    var violations = new Violations();
    violations.checkParameter(
        waitS == null || waitS >= 0,
        CommonProblem.INVALID_PARAMETER,
        "wait_s",
        "must be 0 or more; above 50 counts as 50");
    violations.checkParameter(
        afterVersion == null || afterVersion >= 0,
        CommonProblem.INVALID_PARAMETER,
        "after_version",
        "must be 0 or more");
    violations.orThrow();
    var wait = Duration.ofSeconds(waitS == null ? 0 : Math.min(waitS, LONGEST_WAIT_S));
    return watch
        .next(
            new AssignmentWatch.Place(cluster, instance, incarnation, caller.name()),
            afterVersion,
            wait)
        .map(AssignmentResource::answerOrUnchanged);
  }

  @GET
  @Path("/clusters/{cluster}/instances/{instance}/stream")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @OfKnownInstance
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "Stream of what concerns the instance",
      description =
          "404 unknown_cluster, unknown_instance and 409 incarnation_superseded before the stream begins. Events granted, lost, offer, drain, pause, serve, and ping every 15 s. A grant by stream is confirmed by a heartbeat before the pod"
              + " acts: valid_for_ms is 0, as no request of the pod marks its beginning.")
  public Multi<OutboundSseEvent> stream(
      String cluster, String instance, @RestQuery @Nullable UUID incarnation, @Context Sse sse) {
    var caller = access.to(cluster, instance);
    return watch.stream(new AssignmentWatch.Place(cluster, instance, incarnation, caller.name()))
        .map(news ->
            sse.newEventBuilder()
                .name(news.name())
                .mediaType(MediaType.APPLICATION_JSON_TYPE)
                .data(news.data())
                .build());
  }

  private static RestResponse<Assignment> answer(AssignmentResult result) {
    return switch (result) {
      case Held held -> RestResponse.ok(held.assignment());
      case Granted granted ->
          RestResponse.status(RestResponse.Status.CREATED, granted.assignment());
      case Waiting waiting ->
          RestResponse.status(RestResponse.Status.ACCEPTED, waiting.assignment());
    };
  }

  private static RestResponse<Assignment> answerOrUnchanged(Optional<Assignment> news) {
    return news.map(RestResponse::ok)
        .orElseGet(() -> ResponseBuilder.<Assignment>notModified().build());
  }
}
