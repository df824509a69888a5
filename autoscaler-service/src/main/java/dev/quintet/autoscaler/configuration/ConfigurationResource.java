package dev.quintet.autoscaler.configuration;

import dev.quintet.autoscaler.access.Actors;
import dev.quintet.autoscaler.access.Cursors;
import dev.quintet.autoscaler.access.IfMatch;
import dev.quintet.autoscaler.access.NodeKey;
import dev.quintet.autoscaler.access.Parameters;
import dev.quintet.autoscaler.access.RowId;
import dev.quintet.autoscaler.audit.AuditAction;
import dev.quintet.autoscaler.audit.Audited;
import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.api.autoscaler.ConfigurationCheck;
import dev.quintet.common.api.autoscaler.ConfigurationDiff;
import dev.quintet.common.api.autoscaler.ConfigurationRequest;
import dev.quintet.common.api.autoscaler.ConfigurationSummary;
import dev.quintet.common.api.autoscaler.ConfigurationText;
import dev.quintet.common.api.autoscaler.NodeConfiguration;
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
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Objects;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;
import org.jspecify.annotations.Nullable;

/** The configurations that nodes work by. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "configurations")
public class ConfigurationResource {
  private final Configurations configurations;
  private final ConfigurationQueries queries;
  private final Actors actors;

  ConfigurationResource(
      Configurations configurations, ConfigurationQueries queries, Actors actors) {
    this.configurations = configurations;
    this.queries = queries;
    this.actors = actors;
  }

  @GET
  @Path("/nodes/{id}/config")
  @RolesAllowed({Roles.USER, Roles.SERVICE, NodeKey.ROLE})
  @Operation(
      summary = "The active configuration of a node",
      description =
          "For people, and for the node with its key. The ETag is the config_hash: 304 to If-None-Match with it. 404 no_active_config.")
  @Problems({"unknown_node", "key_unknown", "key_revoked", "key_expired", "node_mismatch"})
  public Uni<RestResponse<NodeConfiguration>> activeConfiguration(
      RowId id, @HeaderParam("If-None-Match") @Nullable String known) {
    var key = actors.nodeKey();
    return configurations
        .active(id.value(), key, key.isPresent() ? actors.current().ipAddress() : null)
        .map(active -> {
          String tag = Configurations.tag(active);
          return IfMatch.knows(known, tag)
              ? ResponseBuilder.<NodeConfiguration>create(304).header("ETag", tag).build()
              : ResponseBuilder.ok(active).header("ETag", tag).build();
        });
  }

  @PUT
  @Path("/nodes/{id}/config")
  @RolesAllowed(Roles.DEVOPS)
  @Audited(AuditAction.CONFIG_UPDATED)
  @Operation(
      summary = "Give a node a configuration",
      description =
          "The bytes are kept as they are and become the active version (201); where they are the active one already, nothing happens (200)."
              + " Limits in it are applied to the node's pools, once. 422 yaml_invalid lists all problems with line and column. If-Match may"
              + " name the config_hash that the change was decided on: 412 precondition_failed where it is another by now.")
  @APIResponseSchema(value = NodeConfiguration.class, responseCode = "201")
  @Problems({
    "unknown_node",
    "config_too_large",
    "idempotency_key_reused",
    "invalid_idempotency_key"
  })
  public Uni<Response> putConfiguration(
      RowId id,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key,
      ConfigurationRequest request) {
    return configurations
        .put(key, actors.current(), id.value(), ifMatch, request)
        .map(Answer::response);
  }

  @PUT
  @Path("/nodes/{id}/config/push")
  @RolesAllowed(NodeKey.ROLE)
  @Audited(AuditAction.CONFIG_UPDATED)
  @Operation(
      summary = "A node gives itself a configuration",
      description =
          "As with one from a person, but 403 push_not_allowed unless allow_push is set for the node.")
  @APIResponseSchema(value = NodeConfiguration.class, responseCode = "201")
  @Problems({
    "key_unknown",
    "key_revoked",
    "key_expired",
    "node_mismatch",
    "config_too_large",
    "yaml_invalid",
    "precondition_failed"
  })
  public Uni<Response> pushConfiguration(
      RowId id, @HeaderParam("If-Match") @Nullable String ifMatch, ConfigurationRequest request) {
    var key =
        actors.nodeKey().orElseThrow(() -> new ProblemException(AutoscalerProblem.KEY_UNKNOWN));
    return configurations
        .push(actors.current(), key, id.value(), ifMatch, request)
        .map(Answer::response);
  }

  @POST
  @Path("/nodes/{id}/config/validate")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(
      summary = "What would be said of a configuration",
      description = "Nothing is stored. Warnings do not keep it from being accepted.")
  @Problems({"unknown_node", "config_too_large"})
  public Uni<ConfigurationCheck> validateConfiguration(RowId id, ConfigurationText request) {
    return configurations.check(id.value(), request.yamlConfig());
  }

  @GET
  @Path("/nodes/{id}/configs")
  @RolesAllowed({Roles.USER, Roles.SERVICE})
  @Operation(
      summary = "The versions of a node's configuration, newest first",
      description = "404 unknown_node.")
  @Problems({"invalid_limit", "invalid_cursor"})
  public Uni<Page<ConfigurationSummary>> configurations(
      RowId id,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    var page = PageRequest.of(limit, cursor, 1);
    return queries
        .list(id.value(), Cursors.below(page), page.fetch())
        .map(found -> found.orElseThrow(() -> new ProblemException(AutoscalerProblem.UNKNOWN_NODE)))
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.id())));
  }

  @GET
  @Path("/nodes/{id}/configs/{cid}")
  @RolesAllowed({Roles.USER, Roles.SERVICE})
  @Operation(
      summary = "A version of a node's configuration",
      description = "404 unknown_node, 404 unknown_config.")
  public Uni<NodeConfiguration> configuration(RowId id, RowId cid) {
    return configurations.version(id.value(), cid.value());
  }

  @GET
  @Path("/nodes/{id}/configs/diff")
  @RolesAllowed({Roles.USER, Roles.SERVICE})
  @Operation(
      summary = "What differs between two versions",
      description =
          "from and to are ids of versions of this node. 404 unknown_node, 404 unknown_config.")
  public Uni<ConfigurationDiff> diffConfigurations(
      RowId id, @QueryParam("from") @Nullable String from, @QueryParam("to") @Nullable String to) {
    var parameters = new Parameters();
    Integer older = parameters.requiredId("from", from);
    Integer newer = parameters.requiredId("to", to);
    parameters.orThrow();
    return configurations.diff(
        id.value(), Objects.requireNonNull(older), Objects.requireNonNull(newer));
  }

  @POST
  @Path("/nodes/{id}/configs/{cid}/rollback")
  @RolesAllowed(Roles.DEVOPS)
  @Audited(AuditAction.CONFIG_ROLLED_BACK)
  @Operation(
      summary = "Go back to a version",
      description =
          "Makes a new version with its bytes (201); where those are the active ones already, nothing happens (200). 404 unknown_node,"
              + " 404 unknown_config, 412 precondition_failed, 422 yaml_invalid where today's rules refuse it.")
  @APIResponseSchema(value = NodeConfiguration.class, responseCode = "201")
  @Problems({"idempotency_key_reused", "invalid_idempotency_key"})
  public Uni<Response> rollbackConfiguration(
      RowId id,
      RowId cid,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key) {
    return configurations
        .rollback(key, actors.current(), id.value(), cid.value(), ifMatch)
        .map(Answer::response);
  }
}
