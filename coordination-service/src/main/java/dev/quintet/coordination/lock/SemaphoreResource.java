package dev.quintet.coordination.lock;

import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.api.coordination.Lease;
import dev.quintet.common.api.coordination.LeaseReleased;
import dev.quintet.common.api.coordination.LockMode;
import dev.quintet.common.api.coordination.PermitsExtension;
import dev.quintet.common.api.coordination.PermitsRequest;
import dev.quintet.common.api.coordination.Semaphore;
import dev.quintet.common.api.coordination.SemaphoreRequest;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.security.Callers;
import dev.quintet.common.security.Roles;
import dev.quintet.coordination.lock.LockQueries.Ask;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;

/** So many may, and no more. Each holder's permits are a lease, and come back when it runs out. */
@Path("/api/v1")
@Tag(name = "locks")
public class SemaphoreResource {
  private final LockQueries locks;
  private final LockWaits waits;
  private final Callers callers;

  SemaphoreResource(LockQueries locks, LockWaits waits, Callers callers) {
    this.locks = locks;
    this.waits = waits;
    this.callers = callers;
  }

  @PUT
  @Path("/semaphores/{name}")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(
      summary = "Make a semaphore, or change how many permits it has",
      description =
          "201 for a new one. 409 permits_in_use with in_use: more are in use than would remain. More permits go to those who wait at once. A lock of"
              + " the same name, held exclusively, keeps all permits. 503 store_unavailable.")
  @Problems({"invalid_lock_key"})
  public Uni<RestResponse<Semaphore>> put(
      @PathParam("name") LockKey name, SemaphoreRequest request) {
    return locks
        .putSemaphore(name.value(), request.permits(), callers.current().name())
        .map(answer ->
            switch (answer.outcome()) {
              case "made" ->
                  RestResponse.status(
                      RestResponse.Status.CREATED, Objects.requireNonNull(answer.semaphore()));
              case "in_use" -> throw inUse(answer);
              default -> RestResponse.ok(Objects.requireNonNull(answer.semaphore()));
            });
  }

  @GET
  @Path("/semaphores/{name}")
  @RolesAllowed({Roles.SERVICE, Roles.DEVOPS})
  @Operation(
      summary = "A semaphore, with what is in use",
      description = "404 unknown_semaphore. 503 store_unavailable.")
  @Problems({"invalid_lock_key"})
  public Uni<Semaphore> find(@PathParam("name") LockKey name) {
    return locks
        .semaphore(name.value())
        .map(found ->
            found.orElseThrow(() -> new ProblemException(CoordinationProblem.UNKNOWN_SEMAPHORE)));
  }

  @DELETE
  @Path("/semaphores/{name}")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(
      summary = "End a semaphore",
      description =
          "409 permits_in_use while somebody has permits; who waits gets 404 unknown_semaphore. 503 store_unavailable.")
  @APIResponse(responseCode = "204", description = "it is gone")
  @Problems({"invalid_lock_key"})
  public Uni<Void> delete(@PathParam("name") LockKey name) {
    return locks
        .deleteSemaphore(name.value())
        .invoke(answer -> {
          switch (answer.outcome()) {
            case "unknown" -> throw new ProblemException(CoordinationProblem.UNKNOWN_SEMAPHORE);
            case "in_use" -> throw inUse(answer);
            default -> {}
          }
        })
        .replaceWithVoid();
  }

  @POST
  @Path("/semaphores/{name}/permits")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "Take permits, or wait for them",
      description =
          "201 with a new lease, 200 with the one that this lease_id has already. As POST /locks in all else: 409 lock_held and"
              + " lock_wait_timeout with available and queue_length, 429 queue_full, 503 store_unavailable and shutting_down."
              + " 404 unknown_semaphore; 422 invalid_permits for more than it has.")
  @Problems({"invalid_lock_key", "metadata_too_large", "metadata_not_object", "lease_id_reused"})
  public Uni<RestResponse<Lease>> take(@PathParam("name") LockKey name, PermitsRequest request) {
    UUID lease = request.leaseId();
    var ask =
        new Ask(
            name.value(),
            request.holder(),
            request.ttl(),
            lease == null ? UUID.randomUUID() : lease,
            request.notes(),
            LockMode.PERMIT.label(),
            request.wanted(),
            0,
            0,
            false);
    return waits
        .take(ask, request.patience())
        .map(LockProblems::granted)
        .map(granted ->
            RestResponse.status(
                granted.again() ? RestResponse.Status.OK : RestResponse.Status.CREATED,
                granted.lease()));
  }

  @PUT
  @Path("/semaphores/{name}/permits/{lease_id}")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "Get more time for permits",
      description =
          "409 lease_lost: they ran out, and may be somebody else's. 404 lock_not_found when nobody holds any and nobody is known to have."
              + " 503 store_unavailable.")
  @Problems({"invalid_lock_key"})
  public Uni<Lease> extend(
      @PathParam("name") LockKey name,
      @PathParam("lease_id") LeaseId lease,
      PermitsExtension request) {
    return locks.extend(name.value(), lease.value(), request.ttl()).map(LockProblems::extended);
  }

  @DELETE
  @Path("/semaphores/{name}/permits/{lease_id}")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "Give permits back",
      description =
          "They go to the next in line at once. Safe to repeat: then released is false. 503 store_unavailable.")
  @Problems({"invalid_lock_key"})
  public Uni<LeaseReleased> release(
      @PathParam("name") LockKey name, @PathParam("lease_id") LeaseId lease) {
    return locks.release(name.value(), lease.value());
  }

  private static ProblemException inUse(LockAnswer answer) {
    return new ProblemException(CoordinationProblem.PERMITS_IN_USE)
        .with("in_use", answer.inUse())
        .retryAfter(Duration.ofMillis(Objects.requireNonNullElse(answer.retryAfterMs(), 1_000L)));
  }
}
