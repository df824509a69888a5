package dev.quintet.tracker.postgrest;

import dev.quintet.common.api.tracker.CleanupReply;
import dev.quintet.common.api.tracker.NextShard;
import dev.quintet.common.api.tracker.NextShardRequest;
import dev.quintet.common.api.tracker.SeedAssignment;
import dev.quintet.common.api.tracker.SeedAssignmentRequest;
import dev.quintet.common.api.tracker.StaleAssignmentsRequest;
import dev.quintet.common.api.tracker.TrackerProblem;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.ProblemType;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Callers;
import dev.quintet.common.security.Roles;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/**
 * The seed's functions under our own contract. Bots that speak PostgREST find the same functions,
 * and the table, under {@code /rest/v1}: {@link PostgrestResource}.
 */
@Path("/api/v1")
@Tag(
    name = "seed functions",
    description =
        "The seed's functions, with its parameter names; the reply is an array of one row. What they"
            + " give is unfenced: it holds for 5 minutes, not for a lease. The same functions and the"
            + " table cluster_management are served to Supabase clients, in PostgREST's protocol,"
            + " under /rest/v1.")
public class RpcResource {
  private final RpcQueries queries;
  private final Callers callers;

  RpcResource(RpcQueries queries, Callers callers) {
    this.queries = queries;
    this.callers = callers;
  }

  @POST
  @Path("/rpc/upsert_instance_assignment")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "Get or confirm one shard, as the seed's bots do",
      description =
          "Makes the cluster if there is none. When all shards are held, assigned_shard_id is null and"
              + " assignment_strategy none_available; a live shard is never given away.")
  @Problems({
    "cluster_not_in_scope",
    "invalid_instance_id",
    "invalid_cluster_name",
    "invalid_pod_ip",
    "invalid_total_shards",
    "invalid_text"
  })
  public Uni<List<SeedAssignment>> upsert(SeedAssignmentRequest arguments) {
    requireReach(arguments.pClusterName());
    return queries
        .upsert(arguments)
        .onFailure(RpcQueries.Unreadable.class)
        .transform(
            e -> violation(TrackerProblem.INVALID_POD_IP, "/p_pod_ip", "must be an IP address"));
  }

  @POST
  @Path("/rpc/get_next_available_shard")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "Which shard a new instance would get",
      description = "Advice only: it reserves nothing and writes nothing.")
  @Problems({
    "cluster_not_in_scope",
    "invalid_cluster_name",
    "invalid_total_shards",
    "invalid_threshold"
  })
  public Uni<List<NextShard>> next(NextShardRequest arguments) {
    requireReach(arguments.pClusterName());
    return queries
        .next(arguments)
        .onFailure(RpcQueries.Unreadable.class)
        .transform(e -> notAnInterval("/p_active_threshold"));
  }

  @POST
  @Path("/rpc/cleanup_stale_assignments")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(
      summary = "Remove rows of the seed's table whose last heartbeat is too old",
      description =
          "In all clusters, inactive rows too. A row with a live fenced lease stays, whatever the"
              + " threshold.")
  @Problems({"cluster_not_in_scope", "invalid_threshold"})
  public Uni<List<CleanupReply>> cleanup(StaleAssignmentsRequest arguments) {
    requireReach(null);
    return queries
        .cleanup(arguments)
        .onFailure(RpcQueries.Unreadable.class)
        .transform(e -> notAnInterval("/p_stale_threshold"));
  }

  @POST
  @Path("/rpc/{function}")
  @RolesAllowed({Roles.SERVICE, Roles.USER})
  @Operation(hidden = true)
  public Uni<List<SeedAssignment>> unknown(String function) {
    throw new ProblemException(
        TrackerProblem.UNKNOWN_FUNCTION,
        "the functions are upsert_instance_assignment, get_next_available_shard and"
            + " cleanup_stale_assignments");
  }

  /**
   * @param cluster null: all of them
   */
  private void requireReach(@Nullable String cluster) {
    var caller = callers.current();
    if (cluster == null ? caller.clusters() != null : !caller.reaches(cluster)) {
      throw new ProblemException(
          TrackerProblem.CLUSTER_NOT_IN_SCOPE,
          "the claim tracker_clusters of the token does not allow this");
    }
  }

  private static Throwable notAnInterval(String pointer) {
    return violation(
        TrackerProblem.INVALID_THRESHOLD, pointer, "must be an interval such as 5 minutes");
  }

  private static Throwable violation(ProblemType type, String pointer, String detail) {
    var violations = new Violations();
    violations.add(type, pointer, detail);
    try {
      violations.orThrow();
    } catch (ProblemException e) {
      return e;
    }
    throw new IllegalStateException("a violation was added");
  }
}
