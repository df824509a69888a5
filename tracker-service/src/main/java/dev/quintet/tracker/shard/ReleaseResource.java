package dev.quintet.tracker.shard;

import dev.quintet.common.api.tracker.ReleaseReply;
import dev.quintet.common.api.tracker.ReleaseRequest;
import dev.quintet.common.security.Roles;
import dev.quintet.tracker.access.ClusterAccess;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Giving shards back: the main path of every planned change. */
@Path("/api/v1")
@Tag(name = "pods")
public class ReleaseResource {
  private final ShardQueries shards;
  private final ClusterAccess access;

  ReleaseResource(ShardQueries shards, ClusterAccess access) {
    this.shards = shards;
    this.access = access;
  }

  @POST
  @Path("/clusters/{cluster}/instances/{instance}/release")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "Give shards back, with what their next holder needs to resume",
      description =
          "Per shard: released (also when it already was), or lost with the reason. The next in line gets them at once.")
  public Uni<ReleaseReply> release(String cluster, String instance, ReleaseRequest request) {
    var caller = access.to(cluster, instance);
    return shards.release(cluster, instance, request, caller.name());
  }
}
