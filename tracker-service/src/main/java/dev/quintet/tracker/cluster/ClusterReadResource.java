package dev.quintet.tracker.cluster;

import dev.quintet.common.api.tracker.Cluster;
import dev.quintet.common.api.tracker.Instance;
import dev.quintet.common.api.tracker.ShardLease;
import dev.quintet.common.api.tracker.StandbyPlace;
import dev.quintet.common.api.tracker.TrackerProblem;
import dev.quintet.common.page.Cursor;
import dev.quintet.common.page.Page;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Callers;
import dev.quintet.common.security.Roles;
import dev.quintet.tracker.access.ClusterAccess;
import dev.quintet.tracker.cluster.ClusterReadQueries.Read;
import dev.quintet.tracker.cluster.ClusterReadQueries.ShardFilter;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;
import org.jspecify.annotations.Nullable;

/** Who holds what, for people. Resume state is not among it. */
@Path("/api/v1")
@Tag(name = "dashboard")
@RolesAllowed(Roles.USER)
public class ClusterReadResource {
  private static final Set<String> SHARD_STATES =
      Set.of("free", "claimed", "connecting", "ready", "paused", "draining");
  private static final Set<String> INSTANCE_STATES =
      Set.of("active", "standby", "draining", "gone");

  private final ClusterReadQueries clusters;
  private final ClusterAccess access;
  private final Callers callers;

  ClusterReadResource(ClusterReadQueries clusters, ClusterAccess access, Callers callers) {
    this.clusters = clusters;
    this.access = access;
    this.callers = callers;
  }

  @GET
  @Path("/clusters")
  @Operation(summary = "The clusters that the caller may see, by name")
  public Uni<Page<Cluster>> clusters(
      @QueryParam("limit") @Nullable String limit, @QueryParam("cursor") @Nullable String cursor) {
    var page = PageRequest.of(limit, cursor, 1);
    return clusters
        .clusters(
            page.cursor().map(c -> c.text(0)).orElse(null),
            callers.current().clusters(),
            page.fetch())
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.clusterName())));
  }

  @GET
  @Path("/clusters/{cluster}")
  @Operation(
      summary = "A cluster with its settings and counts",
      description =
          "The ETag is the assignment_version, which every placement and every change of settings"
              + " raises. If-Match of a change names config_version.")
  public Uni<RestResponse<Cluster>> cluster(
      String cluster, @HeaderParam("If-None-Match") @Nullable String known) {
    access.to(cluster);
    return clusters
        .cluster(cluster)
        .map(found -> found.orElseThrow(() -> unknown(cluster)))
        .map(found -> answer(found, found.assignmentVersion(), known));
  }

  @GET
  @Path("/clusters/{cluster}/shards")
  @Operation(
      summary = "The shards of a layout with their holders, by number",
      description =
          "Of the serving layout unless generation names another. The ETag is the"
              + " assignment_version: 304 says that no shard has moved, not that no heartbeat came.")
  public Uni<RestResponse<Page<ShardLease>>> shards(
      String cluster,
      @QueryParam("state") @Nullable String state,
      @QueryParam("instance_id") @Nullable String instance,
      @QueryParam("generation") @Nullable String generation,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor,
      @HeaderParam("If-None-Match") @Nullable String known) {
    access.to(cluster, instance);
    var violations = new Violations();
    checkState(violations, state, SHARD_STATES);
    var number = generation == null ? Optional.<Integer>empty() : positive(generation);
    violations.checkParameter(
        generation == null || number.isPresent(),
        CommonProblem.INVALID_PARAMETER,
        "generation",
        "must be a number from 1");
    violations.orThrow();
    var page = PageRequest.of(limit, cursor, 1);
    return clusters
        .shards(
            cluster,
            new ShardFilter(state, instance, number.orElse(null)),
            page.cursor().map(ClusterReadResource::shard).orElse(-1),
            page.fetch())
        .map(found -> answer(cluster, found, page, row -> Cursor.behind(row.shardId()), known));
  }

  @GET
  @Path("/clusters/{cluster}/instances")
  @Operation(
      summary = "The bot processes of a cluster with what they hold, by id",
      description = "All but the ones that are gone, unless state says otherwise.")
  public Uni<RestResponse<Page<Instance>>> instances(
      String cluster,
      @QueryParam("state") @Nullable String state,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor,
      @HeaderParam("If-None-Match") @Nullable String known) {
    access.to(cluster);
    var violations = new Violations();
    checkState(violations, state, INSTANCE_STATES);
    violations.orThrow();
    var page = PageRequest.of(limit, cursor, 1);
    return clusters
        .instances(cluster, state, page.cursor().map(c -> c.text(0)).orElse(""), page.fetch())
        .map(found -> answer(cluster, found, page, row -> Cursor.behind(row.instanceId()), known));
  }

  @GET
  @Path("/clusters/{cluster}/standby")
  @Operation(summary = "The queue of a cluster: who waits for a shard, longest first")
  public Uni<RestResponse<Page<StandbyPlace>>> standby(
      String cluster,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor,
      @HeaderParam("If-None-Match") @Nullable String known) {
    access.to(cluster);
    var page = PageRequest.of(limit, cursor, 2);
    return clusters
        .standby(
            cluster,
            page.cursor().map(ClusterReadResource::instant).orElse(Instant.EPOCH),
            page.cursor().map(c -> c.text(1)).orElse(""),
            page.fetch())
        .map(found ->
            answer(
                cluster,
                found,
                page,
                row -> Cursor.behind(row.queuedAt(), row.instanceId()),
                known));
  }

  private static <T> RestResponse<Page<T>> answer(
      String cluster,
      Optional<Read<T>> found,
      PageRequest page,
      Function<T, Cursor> position,
      @Nullable String known) {
    Read<T> read = found.orElseThrow(() -> unknown(cluster));
    return answer(Page.of(read.rows(), page, position), read.version(), known);
  }

  /** Placement is the version: what heartbeats change alone is not worth a reply to who polls. */
  private static <T> RestResponse<T> answer(T body, long version, @Nullable String known) {
    String tag = "\"" + version + "\"";
    var response =
        known != null && names(known, tag)
            ? ResponseBuilder.<T>notModified()
            : ResponseBuilder.ok(body);
    return response.header("ETag", tag).header("Cache-Control", "private, no-cache").build();
  }

  private static boolean names(String known, String tag) {
    return Arrays.stream(known.split(","))
        .map(String::strip)
        .map(each -> each.startsWith("W/") ? each.substring(2) : each)
        .anyMatch(each -> each.equals(tag) || each.equals("*"));
  }

  private static void checkState(
      Violations violations, @Nullable String state, Set<String> states) {
    violations.checkParameter(
        state == null || states.contains(state),
        CommonProblem.INVALID_PARAMETER,
        "state",
        "must be one of " + String.join(", ", states.stream().sorted().toList()));
  }

  private static Optional<Integer> positive(String text) {
    try {
      return Optional.of(Integer.parseInt(text)).filter(number -> number > 0);
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static int shard(Cursor cursor) {
    long shard = cursor.number(0);
    if (shard < 0 || shard > Integer.MAX_VALUE) {
      throw Cursor.invalid();
    }
    return (int) shard;
  }

  private static Instant instant(Cursor cursor) {
    try {
      var instant = Instant.parse(cursor.text(0));
      // The database's calendar ends before ours.
      if (instant.isAfter(Instant.EPOCH)
          && instant.isBefore(Instant.parse("9999-12-31T00:00:00Z"))) {
        return instant;
      }
    } catch (DateTimeException e) {
      // falls through to the one answer for every broken cursor
    }
    throw Cursor.invalid();
  }

  private static ProblemException unknown(String cluster) {
    return new ProblemException(TrackerProblem.UNKNOWN_CLUSTER, "no cluster named " + cluster);
  }
}
