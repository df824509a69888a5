package dev.quintet.autoscaler.node;

import dev.quintet.autoscaler.access.Cursors;
import dev.quintet.autoscaler.access.Parameters;
import dev.quintet.autoscaler.access.RowId;
import dev.quintet.autoscaler.node.NodeHistoryQueries.Before;
import dev.quintet.autoscaler.node.NodeHistoryQueries.LifecycleFilter;
import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.api.autoscaler.LifecycleLog;
import dev.quintet.common.api.autoscaler.PoolObservation;
import dev.quintet.common.api.autoscaler.StoredHeartbeat;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.page.Cursor;
import dev.quintet.common.page.Page;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.security.Roles;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** What nodes sent and what happened to them, newest first. */
@Path("/api/v1")
@Tag(name = "nodes")
public class NodeHistoryResource {
  private static final List<String> EVENTS =
      List.of(
          "WENT_OFFLINE",
          "CAME_ONLINE",
          "REGISTERED",
          "STATUS_CHANGED",
          "KEY_ROTATED",
          "KEY_REVOKED",
          "DECOMMISSIONED");

  private final NodeHistoryQueries history;
  private final NodeQueries nodes;

  NodeHistoryResource(NodeHistoryQueries history, NodeQueries nodes) {
    this.history = history;
    this.nodes = nodes;
  }

  @GET
  @Path("/lifecycle-logs")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(
      summary = "What happened to the nodes, newest first",
      description = "from is the first instant, to the first one that is not wanted any more.")
  @Problems({"invalid_limit", "invalid_cursor"})
  public Uni<Page<LifecycleLog>> lifecycleLogs(
      @QueryParam("event_type") @Nullable String eventType,
      @QueryParam("from") @Nullable String from,
      @QueryParam("to") @Nullable String to,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    return logs(null, eventType, from, to, PageRequest.of(limit, cursor, 1));
  }

  @GET
  @Path("/nodes/{id}/lifecycle-logs")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(
      summary = "What happened to a node, newest first",
      description =
          "from is the first instant, to the first one that is not wanted any more. 404 unknown_node.")
  @Problems({"invalid_limit", "invalid_cursor"})
  public Uni<Page<LifecycleLog>> nodeLifecycleLogs(
      RowId id,
      @QueryParam("event_type") @Nullable String eventType,
      @QueryParam("from") @Nullable String from,
      @QueryParam("to") @Nullable String to,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    var page = PageRequest.of(limit, cursor, 1);
    return nodes
        .find(id.value())
        .map(NodeHistoryResource::known)
        .chain(node -> logs(node.id(), eventType, from, to, page));
  }

  @GET
  @Path("/nodes/{id}/heartbeats")
  @RolesAllowed({Roles.USER, Roles.SERVICE})
  @Operation(
      summary = "The heartbeats of a node, newest first",
      description = "As long as they are kept. 404 unknown_node.")
  @Problems({"invalid_limit", "invalid_cursor"})
  public Uni<Page<StoredHeartbeat>> heartbeats(
      RowId id,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    var page = PageRequest.of(limit, cursor, 2);
    return history
        .heartbeats(id.value(), before(page), page.fetch())
        .map(NodeHistoryResource::known)
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.timestamp(), row.id())));
  }

  @GET
  @Path("/nodes/{id}/analytics")
  @RolesAllowed({Roles.USER, Roles.SERVICE})
  @Operation(
      summary = "What a node told of its pools, newest first",
      description = "from is the first instant. 404 unknown_node.")
  @Problems({"invalid_limit", "invalid_cursor"})
  public Uni<Page<PoolObservation>> nodeAnalytics(
      RowId id,
      @QueryParam("from") @Nullable String from,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    var parameters = new Parameters();
    var first = parameters.instant("from", from);
    parameters.orThrow();
    var page = PageRequest.of(limit, cursor, 2);
    return history
        .observations(id.value(), first, before(page), page.fetch())
        .map(NodeHistoryResource::known)
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.timestamp(), row.id())));
  }

  private Uni<Page<LifecycleLog>> logs(
      @Nullable Integer node,
      @Nullable String eventType,
      @Nullable String from,
      @Nullable String to,
      PageRequest page) {
    var parameters = new Parameters();
    var filter =
        new LifecycleFilter(
            node,
            parameters.oneOf("event_type", eventType, EVENTS),
            parameters.instant("from", from),
            parameters.instant("to", to));
    parameters.orThrow();
    return history
        .lifecycle(filter, Cursors.below(page), page.fetch())
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.id())));
  }

  private static Before before(PageRequest page) {
    long id = page.cursor().map(cursor -> cursor.number(1)).orElse(Long.MAX_VALUE);
    return new Before(Cursors.before(page), id);
  }

  private static <T> T known(Optional<T> found) {
    return found.orElseThrow(() -> new ProblemException(AutoscalerProblem.UNKNOWN_NODE));
  }
}
