package dev.quintet.tracker.shard;

import dev.quintet.common.api.tracker.FenceCheck;
import dev.quintet.common.api.tracker.FenceCheckRequest;
import dev.quintet.common.api.tracker.GuildShard;
import dev.quintet.common.api.tracker.Snowflakes;
import dev.quintet.common.api.tracker.TrackerProblem;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Roles;
import dev.quintet.tracker.access.ClusterAccess;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;
import org.jspecify.annotations.Nullable;

/** What other services ask: may this writer be trusted, and who serves this guild. */
@Path("/api/v1")
@Tag(name = "pods")
public class FenceResource {
  private final ShardQueries shards;
  private final ClusterAccess access;

  FenceResource(ShardQueries shards, ClusterAccess access) {
    this.shards = shards;
    this.access = access;
  }

  @POST
  @Path("/clusters/{cluster}/shards/{shard}/fence-check")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "Whether a writer with this epoch still holds the shard",
      description =
          "200 while the epoch is the live one of the serving layout, 409 stale_epoch otherwise.")
  public Uni<FenceCheck> check(String cluster, String shard, FenceCheckRequest request) {
    access.to(cluster);
    Long epoch = request.epoch();
    if (epoch == null) {
      throw new ProblemException(CommonProblem.REQUIRED, "epoch is required");
    }
    return shards.fenceCheck(cluster, ClusterAccess.shard(shard), epoch);
  }

  @GET
  @Path("/clusters/{cluster}/guilds/{guild}/shard")
  @RolesAllowed({Roles.SERVICE, Roles.USER})
  @Operation(
      summary = "The shard of a guild, and who holds it",
      description =
          "(guild_id >> 22) % total_shards of the serving layout. The ETag is the assignment_version.")
  public Uni<RestResponse<GuildShard>> guild(
      String cluster, String guild, @HeaderParam("If-None-Match") @Nullable String known) {
    access.to(cluster);
    var violations = new Violations();
    violations.checkParameter(
        Snowflakes.parse(guild).isPresent(),
        TrackerProblem.INVALID_GUILD_ID,
        "guild",
        "must be digits of a number from 1 to 2^63-1");
    violations.orThrow();
    return shards
        .guildShard(cluster, guild)
        .map(found ->
            found.orElseThrow(() ->
                new ProblemException(
                    TrackerProblem.UNKNOWN_CLUSTER, "no cluster named " + cluster)))
        .map(found -> answer(found, known));
  }

  private static RestResponse<GuildShard> answer(GuildShard found, @Nullable String known) {
    String tag = "\"" + found.assignmentVersion() + "\"";
    return tag.equals(known)
        ? ResponseBuilder.<GuildShard>notModified().header("ETag", tag).build()
        : ResponseBuilder.ok(found).header("ETag", tag).build();
  }
}
