package dev.quintet.autoscaler.pin;

import dev.quintet.autoscaler.access.Actors;
import dev.quintet.autoscaler.access.RowId;
import dev.quintet.autoscaler.audit.AuditAction;
import dev.quintet.autoscaler.audit.Audited;
import dev.quintet.autoscaler.audit.Change;
import dev.quintet.autoscaler.audit.Changes;
import dev.quintet.autoscaler.pin.OverrideQueries.Pinned;
import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.api.autoscaler.PoolOverride;
import dev.quintet.common.api.autoscaler.PoolOverrideRequest;
import dev.quintet.common.idempotency.Answer;
import dev.quintet.common.idempotency.Idempotency.Effect;
import dev.quintet.common.idempotency.IdempotencyKey;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Roles;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Pinning a pool by hand. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "pools")
public class OverrideResource {
  private final OverrideQueries overrides;
  private final Changes changes;
  private final Actors actors;

  OverrideResource(OverrideQueries overrides, Changes changes, Actors actors) {
    this.overrides = overrides;
    this.changes = changes;
    this.actors = actors;
  }

  @PUT
  @Path("/pools/{id}/override")
  @RolesAllowed(Roles.DEVOPS)
  @Audited(AuditAction.OVERRIDE_SET)
  @Operation(
      summary = "Pin the pool to a size",
      description =
          "Comes before metrics and schedules until expires_at (at most 7 days away), and replaces a pin that is in force. The target is brought"
              + " into the pool's limits; the answer then warns target_clamped.")
  @APIResponseSchema(value = PoolOverride.class, responseCode = "200")
  @Problems({"unknown_pool", "override_invalid"})
  public Uni<Response> pinPool(
      RowId id,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key,
      PoolOverrideRequest request) {
    var actor = actors.current();
    int target = Objects.requireNonNull(request.target());
    var until = Objects.requireNonNull(request.expiresAt());
    return changes
        .make(
            key,
            actor,
            AuditAction.OVERRIDE_SET,
            List.of(id.value(), request),
            tx ->
                overrides
                    .put(tx, id.value(), request, target, until, actor.email())
                    .map(found -> pinned(id.value(), found)))
        .map(Answer::response);
  }

  @GET
  @Path("/pools/{id}/override")
  @RolesAllowed({Roles.USER, Roles.SERVICE})
  @Operation(summary = "The pool's pin, if one is in force")
  @Problems({"unknown_pool", "no_override"})
  public Uni<PoolOverride> findOverride(RowId id) {
    return overrides
        .find(id.value())
        .map(found ->
            Optional.ofNullable(known(id.value(), found).is()).orElseThrow(() -> none(id.value())));
  }

  @DELETE
  @Path("/pools/{id}/override")
  @RolesAllowed(Roles.DEVOPS)
  @Audited(AuditAction.OVERRIDE_CLEARED)
  @Operation(
      summary = "End the pool's pin",
      description = "Without one nothing changes, and the answer is the same.")
  @Problems({"unknown_pool"})
  public Uni<Response> unpinPool(
      RowId id, @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key) {
    return changes
        .make(
            key,
            actors.current(),
            AuditAction.OVERRIDE_CLEARED,
            id.value(),
            tx ->
                overrides
                    .delete(tx, id.value())
                    .map(found -> unpinned(id.value(), known(id.value(), found))))
        .map(Answer::response);
  }

  private static Change pinned(int id, Optional<Pinned> found) {
    Pinned pinned = known(id, found);
    if (pinned.is() == null) {
      var violations = new Violations();
      violations.add(
          AutoscalerProblem.OVERRIDE_INVALID,
          "/expires_at",
          "must be in the future, at most 7 days away");
      violations.orThrow();
    }
    var change =
        Change.of(Effect.of(200, pinned.is()))
            .on(id, pinned.poolName())
            .to(Objects.requireNonNull(pinned.is()));
    return pinned.was() == null ? change : change.from(pinned.was());
  }

  private static Change unpinned(int id, Pinned pinned) {
    return pinned.was() == null
        ? Change.none(Effect.of(204, null))
        : Change.of(Effect.of(204, null)).on(id, pinned.poolName()).from(pinned.was());
  }

  private static Pinned known(int id, Optional<Pinned> found) {
    return found.orElseThrow(
        () -> new ProblemException(AutoscalerProblem.UNKNOWN_POOL, "no pool " + id));
  }

  private static ProblemException none(int id) {
    return new ProblemException(
        AutoscalerProblem.NO_OVERRIDE, "pool " + id + " is not pinned at the moment");
  }
}
