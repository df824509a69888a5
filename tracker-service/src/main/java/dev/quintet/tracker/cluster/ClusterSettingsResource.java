package dev.quintet.tracker.cluster;

import dev.quintet.common.api.tracker.ClusterChange;
import dev.quintet.common.api.tracker.ClusterConfig;
import dev.quintet.common.api.tracker.ClusterDeleted;
import dev.quintet.common.api.tracker.ClusterRequest;
import dev.quintet.common.api.tracker.TrackerProblem;
import dev.quintet.common.idempotency.Answer;
import dev.quintet.common.idempotency.Idempotency;
import dev.quintet.common.idempotency.Idempotency.Effect;
import dev.quintet.common.idempotency.IdempotencyKey;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Roles;
import dev.quintet.tracker.access.ClusterAccess;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;
import org.jspecify.annotations.Nullable;

/** Making, changing and ending clusters. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "administrators")
public class ClusterSettingsResource {
  private static final Pattern VERSION = Pattern.compile("\"?([0-9]{1,9})\"?");
  private static final String ANY = "*";

  private final ClusterSettingsQueries clusters;
  private final Idempotency idempotency;
  private final ClusterAccess access;

  ClusterSettingsResource(
      ClusterSettingsQueries clusters, Idempotency idempotency, ClusterAccess access) {
    this.clusters = clusters;
    this.idempotency = idempotency;
    this.access = access;
  }

  @POST
  @Path("/clusters")
  @RolesAllowed(Roles.ADMIN)
  @Operation(
      summary = "Make a cluster",
      description =
          "Makes it with all its shards, free. The ETag is the config_version that a change must name.")
  @APIResponseSchema(value = ClusterConfig.class, responseCode = "201")
  @Problems({
    "cluster_exists",
    "cluster_not_in_scope",
    "invalid_cluster_name",
    "invalid_total_shards",
    "invalid_setting"
  })
  public Uni<Response> createCluster(
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key, ClusterRequest request) {
    var caller = access.to(Objects.requireNonNull(request.clusterName()));
    return idempotency
        .once(
            key,
            caller,
            "create_cluster",
            request,
            tx -> clusters.create(tx, request, caller.name()).map(ClusterSettingsResource::made))
        .map(Answer::response);
  }

  @PATCH
  @Path("/clusters/{cluster}")
  @RolesAllowed(Roles.ADMIN)
  @Operation(
      summary = "Change settings of a cluster",
      description =
          "If-Match names the config_version that the change was decided on (428 without). What is not named stays. Leases get new durations"
              + " with their next renewal.")
  @Problems({
    "unknown_cluster",
    "use_reshard",
    "config_version_mismatch",
    "if_match_required",
    "invalid_total_shards",
    "invalid_setting"
  })
  public Uni<RestResponse<ClusterConfig>> changeCluster(
      String cluster, @HeaderParam("If-Match") @Nullable String ifMatch, ClusterChange change) {
    var caller = access.to(cluster);
    if (ifMatch == null || ifMatch.isBlank()) {
      throw new ProblemException(
          TrackerProblem.IF_MATCH_REQUIRED, "send If-Match with the cluster's config_version");
    }
    return clusters
        .update(cluster, expected(ifMatch.strip()), change, caller.name())
        .map(now -> ResponseBuilder.ok(now).header("ETag", tag(now)).build());
  }

  @DELETE
  @Path("/clusters/{cluster}")
  @RolesAllowed(Roles.ADMIN)
  @Operation(
      summary = "End a cluster",
      description =
          "409 leases_live while shards are held; force=true revokes them. Its history stays, and a cluster made under the same name goes on"
              + " with higher epochs.")
  @Problems({"unknown_cluster", "leases_live"})
  public Uni<ClusterDeleted> deleteCluster(String cluster, @RestQuery @Nullable String force) {
    var caller = access.to(cluster);
    var violations = new Violations();
    violations.checkParameter(
        force == null || force.equals("true") || force.equals("false"),
        CommonProblem.INVALID_PARAMETER,
        "force",
        "must be true or false");
    violations.orThrow();
    return clusters.delete(cluster, "true".equals(force), caller.name());
  }

  /** Null: whatever it is now. */
  private static @Nullable Integer expected(String ifMatch) {
    if (ifMatch.equals(ANY)) {
      return null;
    }
    var version = VERSION.matcher(ifMatch);
    if (!version.matches()) {
      throw new ProblemException(
          TrackerProblem.CONFIG_VERSION_MISMATCH,
          "If-Match names no config_version of a cluster: \"7\", for example, does");
    }
    return Integer.valueOf(version.group(1));
  }

  private static Effect made(ClusterConfig cluster) {
    return new Effect(
        201,
        Map.of("Location", "/api/v1/clusters/" + cluster.clusterName(), "ETag", tag(cluster)),
        cluster);
  }

  private static String tag(ClusterConfig cluster) {
    return "\"" + cluster.configVersion() + "\"";
  }
}
