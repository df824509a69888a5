package dev.quintet.autoscaler.policy;

import dev.quintet.autoscaler.access.Actors;
import dev.quintet.autoscaler.access.IfMatch;
import dev.quintet.autoscaler.access.RowId;
import dev.quintet.autoscaler.audit.AuditAction;
import dev.quintet.autoscaler.audit.Audited;
import dev.quintet.autoscaler.audit.Change;
import dev.quintet.autoscaler.audit.Changes;
import dev.quintet.common.api.autoscaler.BehaviorSpec;
import dev.quintet.common.api.autoscaler.PoolBehavior;
import dev.quintet.common.idempotency.Answer;
import dev.quintet.common.idempotency.Idempotency.Effect;
import dev.quintet.common.idempotency.IdempotencyKey;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.security.Roles;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Arrays;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;
import org.jspecify.annotations.Nullable;

/** How fast a pool may follow its wishes: stabilisation windows, cooldowns, rates. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "policies")
public class BehaviorResource {
  private final PolicyQueries policies;
  private final Changes changes;
  private final Actors actors;

  BehaviorResource(PolicyQueries policies, Changes changes, Actors actors) {
    this.policies = policies;
    this.changes = changes;
    this.actors = actors;
  }

  @GET
  @Path("/pools/{id}/behavior")
  @RolesAllowed({Roles.USER, Roles.SERVICE})
  @Operation(
      summary = "The pool's windows, cooldowns and rates",
      description = "Version 0: it was given none, and these are the defaults.")
  @Problems({"unknown_pool"})
  public Uni<RestResponse<PoolBehavior>> findBehavior(RowId id) {
    return policies
        .findBehavior(id.value())
        .map(found -> found.orElseThrow(() -> PolicyResource.unknownPool(id.value())))
        .map(found ->
            ResponseBuilder.ok(found).header("ETag", IfMatch.tag(found.version())).build());
  }

  @PUT
  @Path("/pools/{id}/behavior")
  @RolesAllowed(Roles.DEVOPS)
  @Audited(AuditAction.BEHAVIOR_UPDATED)
  @Operation(
      summary = "Set the pool's windows, cooldowns and rates",
      description =
          "Whole: what is left out gets its default. If-Match, where it is sent, names the version that is replaced, 0 for the defaults.")
  @APIResponseSchema(value = PoolBehavior.class, responseCode = "200")
  @Problems({"unknown_pool", "behavior_invalid", "precondition_failed"})
  public Uni<Response> setBehavior(
      RowId id,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key,
      BehaviorSpec spec) {
    return changes
        .make(
            key,
            actors.current(),
            AuditAction.BEHAVIOR_UPDATED,
            Arrays.asList(id.value(), ifMatch, spec),
            tx ->
                policies
                    .lockPool(tx, id.value())
                    .map(found -> found.orElseThrow(() -> PolicyResource.unknownPool(id.value())))
                    .chain(name -> set(tx, id.value(), name, ifMatch, spec)))
        .map(Answer::response);
  }

  private Uni<Change> set(
      SqlConnection tx, int id, String poolName, @Nullable String ifMatch, BehaviorSpec spec) {
    return policies
        .findBehavior(tx, id)
        .map(found -> found.orElseThrow(() -> PolicyResource.unknownPool(id)))
        .invoke(was -> IfMatch.check(ifMatch, IfMatch.tag(was.version())))
        .chain(was ->
            policies
                .putBehavior(tx, id, spec)
                .map(now ->
                    Change.of(new Effect(200, Map.of("ETag", IfMatch.tag(now.version())), now))
                        .on(id, poolName)
                        .from(was)
                        .to(now)));
  }
}
