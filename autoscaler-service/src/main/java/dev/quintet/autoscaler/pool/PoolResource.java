package dev.quintet.autoscaler.pool;

import dev.quintet.autoscaler.access.Actors;
import dev.quintet.autoscaler.access.Cursors;
import dev.quintet.autoscaler.access.Parameters;
import dev.quintet.autoscaler.access.RowId;
import dev.quintet.autoscaler.audit.AuditAction;
import dev.quintet.autoscaler.audit.Audited;
import dev.quintet.autoscaler.pool.PoolQueries.Filter;
import dev.quintet.autoscaler.pool.Pools.Aim;
import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.api.autoscaler.Pool;
import dev.quintet.common.api.autoscaler.PoolChange;
import dev.quintet.common.api.autoscaler.PoolControl;
import dev.quintet.common.api.autoscaler.PoolLimits;
import dev.quintet.common.api.autoscaler.PoolMove;
import dev.quintet.common.api.autoscaler.PoolRequest;
import dev.quintet.common.api.autoscaler.PoolStatus;
import dev.quintet.common.idempotency.Answer;
import dev.quintet.common.idempotency.IdempotencyKey;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.page.Cursor;
import dev.quintet.common.page.Page;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.security.Roles;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Arrays;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;
import org.jspecify.annotations.Nullable;

/** Instance pools. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "pools")
public class PoolResource {
  private static final List<String> STATUSES =
      Arrays.stream(PoolStatus.values()).map(PoolStatus::label).toList();

  private final Pools pools;
  private final PoolQueries queries;
  private final Actors actors;

  PoolResource(Pools pools, PoolQueries queries, Actors actors) {
    this.pools = pools;
    this.queries = queries;
    this.actors = actors;
  }

  @GET
  @Path("/pools")
  @RolesAllowed({Roles.USER, Roles.SERVICE})
  @Operation(
      summary = "The pools, by id",
      description = "q is a part of the name or of the oracle_pool_id, whatever its case.")
  @Problems({"invalid_limit", "invalid_cursor"})
  public Uni<Page<Pool>> pools(
      @QueryParam("node_id") @Nullable String node,
      @QueryParam("region") @Nullable String region,
      @QueryParam("status") @Nullable String status,
      @QueryParam("q") @Nullable String q,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    var parameters = new Parameters();
    var filter =
        new Filter(
            parameters.id("node_id", node),
            region,
            parameters.oneOf("status", status, STATUSES),
            q);
    parameters.orThrow();
    var page = PageRequest.of(limit, cursor, 1);
    return queries
        .list(filter, Cursors.id(page), page.fetch())
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.id())));
  }

  @GET
  @Path("/pools/{id}")
  @RolesAllowed({Roles.USER, Roles.SERVICE})
  @Operation(
      summary = "A pool with its target and the last decision about it",
      description =
          "The ETag is the version, which If-Match of a change may name. 404 unknown_pool.")
  public Uni<RestResponse<Pool>> pool(RowId id) {
    return queries
        .find(id.value())
        .map(found -> found.orElseThrow(() -> new ProblemException(AutoscalerProblem.UNKNOWN_POOL)))
        .map(pool -> ResponseBuilder.ok(pool).header("ETag", Pools.tag(pool)).build());
  }

  @POST
  @Path("/pools")
  @RolesAllowed(Roles.DEVOPS)
  @Audited(AuditAction.POOL_CREATED)
  @Operation(
      summary = "Make a pool",
      description =
          "409 oracle_pool_id_taken names the node of the pool that has it. More or fewer instances than the limits allow are taken down as"
              + " they are, with status warning.")
  @APIResponseSchema(value = Pool.class, responseCode = "201")
  @Problems({
    "unknown_node",
    "decommissioned",
    "invalid_name",
    "limits_invalid",
    "count_invalid",
    "idempotency_key_reused",
    "invalid_idempotency_key"
  })
  public Uni<Response> createPool(
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key, PoolRequest request) {
    return pools.create(key, actors.current(), request).map(Answer::response);
  }

  @PATCH
  @Path("/pools/{id}")
  @RolesAllowed(Roles.DEVOPS)
  @Audited(AuditAction.POOL_UPDATED)
  @Operation(
      summary = "Change a pool",
      description =
          "What is not named stays; oracle_pool_id never changes. With If-Match, 412 precondition_failed where another change came first.")
  @APIResponseSchema(value = Pool.class, responseCode = "200")
  @Problems({
    "unknown_pool",
    "invalid_name",
    "count_invalid",
    "idempotency_key_reused",
    "invalid_idempotency_key"
  })
  public Uni<Response> changePool(
      RowId id,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key,
      PoolChange request) {
    return pools.change(aim(id, ifMatch, key), request).map(Answer::response);
  }

  @PUT
  @Path("/pools/{id}/limits")
  @RolesAllowed(Roles.DEVOPS)
  @Audited(AuditAction.POOL_LIMITS_CHANGED)
  @Operation(
      summary = "Set between how many instances a pool may have",
      description =
          "A maximum below the current number is allowed: the next decision corrects it. With If-Match, 412 precondition_failed where another"
              + " change came first.")
  @APIResponseSchema(value = Pool.class, responseCode = "200")
  @Problems({"unknown_pool", "limits_invalid", "idempotency_key_reused", "invalid_idempotency_key"})
  public Uni<Response> setLimits(
      RowId id,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key,
      PoolLimits request) {
    return pools.setLimits(aim(id, ifMatch, key), request).map(Answer::response);
  }

  @PUT
  @Path("/pools/{id}/control-mode")
  @RolesAllowed(Roles.ADMIN)
  @Audited(AuditAction.POOL_CONTROL_MODE_CHANGED)
  @Operation(
      summary = "Set how far decisions about a pool go",
      description =
          "A managed pool needs an enabled policy or an active schedule: 409 nothing_to_manage. With If-Match, 412 precondition_failed where"
              + " another change came first.")
  @APIResponseSchema(value = Pool.class, responseCode = "200")
  @Problems({"unknown_pool", "idempotency_key_reused", "invalid_idempotency_key"})
  public Uni<Response> setControlMode(
      RowId id,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key,
      PoolControl request) {
    return pools.setControl(aim(id, ifMatch, key), request).map(Answer::response);
  }

  @POST
  @Path("/pools/{id}/move")
  @RolesAllowed(Roles.ADMIN)
  @Audited(AuditAction.POOL_MOVED)
  @Operation(
      summary = "Give a pool to another node",
      description =
          "Its own schedules go with it; metrics and analytics stay with the node that sent them. 409 decommissioned. With If-Match,"
              + " 412 precondition_failed where another change came first.")
  @APIResponseSchema(value = Pool.class, responseCode = "200")
  @Problems({"unknown_pool", "unknown_node", "idempotency_key_reused", "invalid_idempotency_key"})
  public Uni<Response> movePool(
      RowId id,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key,
      PoolMove request) {
    return pools.move(aim(id, ifMatch, key), request).map(Answer::response);
  }

  @DELETE
  @Path("/pools/{id}")
  @RolesAllowed(Roles.DEVOPS)
  @Audited(AuditAction.POOL_DELETED)
  @Operation(
      summary = "Delete a pool and all that belongs to it",
      description =
          "Its metrics, analytics, schedules, policies and decisions go with it; the node's own metrics stay, and so does the audit trail. With"
              + " If-Match, 412 precondition_failed where another change came first.")
  @APIResponse(responseCode = "204", description = "it is gone")
  @Problems({"unknown_pool", "idempotency_key_reused", "invalid_idempotency_key"})
  public Uni<Response> deletePool(
      RowId id,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key) {
    return pools.delete(aim(id, ifMatch, key)).map(Answer::response);
  }

  private Aim aim(RowId id, @Nullable String ifMatch, @Nullable IdempotencyKey key) {
    return new Aim(key, actors.current(), id.value(), ifMatch);
  }
}
