package dev.quintet.autoscaler.node;

import dev.quintet.autoscaler.access.Actors;
import dev.quintet.autoscaler.access.Cursors;
import dev.quintet.autoscaler.access.Parameters;
import dev.quintet.autoscaler.access.RowId;
import dev.quintet.autoscaler.audit.AuditAction;
import dev.quintet.autoscaler.audit.Audited;
import dev.quintet.autoscaler.node.NodeQueries.Filter;
import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.api.autoscaler.KeyRotation;
import dev.quintet.common.api.autoscaler.Node;
import dev.quintet.common.api.autoscaler.NodeChange;
import dev.quintet.common.api.autoscaler.NodeKeyIssued;
import dev.quintet.common.api.autoscaler.NodeRegistered;
import dev.quintet.common.api.autoscaler.NodeRequest;
import dev.quintet.common.api.autoscaler.NodeWithKey;
import dev.quintet.common.idempotency.Answer;
import dev.quintet.common.idempotency.IdempotencyKey;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.page.Cursor;
import dev.quintet.common.page.Page;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.security.Roles;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.PermitAll;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;
import org.jspecify.annotations.Nullable;

/** Nodes and their keys. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "nodes")
public class NodeResource {
  private static final String ENROLLMENT = "X-Enrollment-Token";
  private static final Pattern TOKEN = Pattern.compile("ent_[A-Za-z0-9_-]{43}");
  private static final int PREFIX = 8;

  private final Nodes nodes;
  private final NodeQueries queries;
  private final Actors actors;

  NodeResource(Nodes nodes, NodeQueries queries, Actors actors) {
    this.nodes = nodes;
    this.queries = queries;
    this.actors = actors;
  }

  @GET
  @Path("/nodes")
  @RolesAllowed({Roles.USER, Roles.SERVICE})
  @Operation(
      summary = "The nodes, offline ones too, by id",
      description = "q is a part of the name, whatever its case.")
  @Problems({"invalid_limit", "invalid_cursor"})
  public Uni<Page<Node>> nodes(
      @QueryParam("status") @Nullable String status,
      @QueryParam("region") @Nullable String region,
      @QueryParam("q") @Nullable String q,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    var parameters = new Parameters();
    var filter = new Filter(parameters.oneOf("status", status, Nodes.statuses()), region, q);
    parameters.orThrow();
    var page = PageRequest.of(limit, cursor, 1);
    return queries
        .list(filter, Cursors.id(page), page.fetch())
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.id())));
  }

  @GET
  @Path("/nodes/{id}")
  @RolesAllowed({Roles.USER, Roles.SERVICE})
  @Operation(
      summary = "A node",
      description =
          "The ETag is what If-Match of a change may name; heartbeats do not change it. 404 unknown_node.")
  public Uni<RestResponse<Node>> node(RowId id) {
    return queries
        .find(id.value())
        .map(found -> found.orElseThrow(() -> new ProblemException(AutoscalerProblem.UNKNOWN_NODE)))
        .map(node -> ResponseBuilder.ok(node).header("ETag", Nodes.tag(node)).build());
  }

  @POST
  @Path("/nodes")
  @RolesAllowed(Roles.DEVOPS)
  @Audited(AuditAction.NODE_CREATED)
  @Operation(
      summary = "Make a node and its key",
      description =
          "The key is shown this once. A repeat with the same Idempotency-Key is answered with the same node, api_key null and"
              + " key_already_shown true.")
  @APIResponseSchema(value = NodeWithKey.class, responseCode = "201")
  @Problems({"invalid_name", "invalid_ip", "idempotency_key_reused", "invalid_idempotency_key"})
  public Uni<Response> createNode(
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key, NodeRequest request) {
    return nodes.create(key, actors.current(), request).map(Answer::response);
  }

  @POST
  @Path("/nodes/register")
  @PermitAll
  @Audited(AuditAction.NODE_REGISTERED)
  @Operation(
      summary = "An agent registers its node",
      description =
          "X-Enrollment-Token holds a token that an operator made: 401 enrollment_invalid for one that is unknown, revoked or past its time,"
              + " 410 enrollment_used_up where it was used as often as it may be. The key is shown this once, as with a node made by hand.")
  @APIResponseSchema(value = NodeRegistered.class, responseCode = "201")
  @Problems({"invalid_name", "invalid_ip", "idempotency_key_reused", "invalid_idempotency_key"})
  public Uni<Response> registerNode(
      @HeaderParam(ENROLLMENT) @Nullable String token,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key,
      NodeRequest request) {
    if (token == null || !TOKEN.matcher(token).matches()) {
      throw new ProblemException(AutoscalerProblem.ENROLLMENT_INVALID);
    }
    var actor = actors.named("enrolment token " + token.substring(0, PREFIX), "NODE");
    return nodes.register(key, actor, token, request).map(Answer::response);
  }

  @PATCH
  @Path("/nodes/{id}")
  @RolesAllowed(Roles.DEVOPS)
  @Audited(AuditAction.NODE_UPDATED)
  @Operation(
      summary = "Change a node",
      description =
          "What is not named stays. Status can be set to ACTIVE or INACTIVE, but 409 decommissioned. With If-Match, 412 precondition_failed"
              + " where another change came first.")
  @APIResponseSchema(value = Node.class, responseCode = "200")
  @Problems({
    "unknown_node",
    "invalid_name",
    "invalid_ip",
    "invalid_status",
    "idempotency_key_reused",
    "invalid_idempotency_key"
  })
  public Uni<Response> changeNode(
      RowId id,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key,
      NodeChange request) {
    return nodes.change(key, actors.current(), id.value(), ifMatch, request).map(Answer::response);
  }

  @POST
  @Path("/nodes/{id}/decommission")
  @RolesAllowed(Roles.DEVOPS)
  @Audited(AuditAction.NODE_DECOMMISSIONED)
  @Operation(
      summary = "Take a node out of service",
      description = "Its keys are revoked, it is OFFLINE for good, and its history stays.")
  @APIResponseSchema(value = Node.class, responseCode = "200")
  @Problems({"unknown_node", "idempotency_key_reused", "invalid_idempotency_key"})
  public Uni<Response> decommissionNode(
      RowId id, @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key) {
    return nodes.decommission(key, actors.current(), id.value()).map(Answer::response);
  }

  @DELETE
  @Path("/nodes/{id}")
  @RolesAllowed(Roles.ADMIN)
  @Audited(AuditAction.NODE_DELETED)
  @Operation(
      summary = "Delete a node and all that belongs to it",
      description =
          "confirm is the node's name, else 412 confirm_mismatch. Pools, metrics, schedules, configurations, heartbeats, lifecycle and"
              + " analytics go with it; the audit trail keeps what it was and how many rows went.")
  @APIResponse(responseCode = "204", description = "it is gone")
  @Problems({"unknown_node", "idempotency_key_reused", "invalid_idempotency_key"})
  public Uni<Response> deleteNode(
      RowId id,
      @QueryParam("confirm") @Nullable String confirm,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key) {
    return nodes.delete(key, actors.current(), id.value(), confirm).map(Answer::response);
  }

  @POST
  @Path("/nodes/{id}/api-key/rotate")
  @RolesAllowed(Roles.DEVOPS)
  @Audited(AuditAction.NODE_KEY_ROTATED)
  @Operation(
      summary = "Give a node a new key",
      description =
          "The keys before it stay valid for grace_seconds. 409 decommissioned. The key is shown this once: a repeat with the same"
              + " Idempotency-Key is answered with api_key null and key_already_shown true.")
  @APIResponseSchema(value = NodeKeyIssued.class, responseCode = "201")
  @Problems({"unknown_node", "idempotency_key_reused", "invalid_idempotency_key"})
  public Uni<Response> rotateKey(
      RowId id,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key,
      KeyRotation request) {
    return nodes.rotateKey(key, actors.current(), id.value(), request).map(Answer::response);
  }

  @DELETE
  @Path("/nodes/{id}/api-key")
  @RolesAllowed(Roles.DEVOPS)
  @Audited(AuditAction.NODE_KEY_REVOKED)
  @Operation(
      summary = "Revoke all keys of a node",
      description =
          "At once, and on every replica: each call of a node checks its key in its own statement.")
  @APIResponse(responseCode = "204", description = "no key of the node is valid any more")
  @Problems({"unknown_node", "idempotency_key_reused", "invalid_idempotency_key"})
  public Uni<Response> revokeKeys(
      RowId id, @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key) {
    return nodes.revokeKeys(key, actors.current(), id.value()).map(Answer::response);
  }
}
