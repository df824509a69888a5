package dev.quintet.coordination.lock;

import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.api.coordination.ForceReleaseRequest;
import dev.quintet.common.api.coordination.ForceReleased;
import dev.quintet.common.api.coordination.HeldLock;
import dev.quintet.common.api.coordination.Lease;
import dev.quintet.common.api.coordination.LeaseExtension;
import dev.quintet.common.api.coordination.LeaseReleased;
import dev.quintet.common.api.coordination.LockBatch;
import dev.quintet.common.api.coordination.LockBatchRequest;
import dev.quintet.common.api.coordination.LockEvent;
import dev.quintet.common.api.coordination.LockRequest;
import dev.quintet.common.api.coordination.TokenCheck;
import dev.quintet.common.api.coordination.TokenChecked;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.page.Cursor;
import dev.quintet.common.page.Page;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Callers;
import dev.quintet.common.security.Roles;
import dev.quintet.coordination.lock.LockQueries.Ask;
import dev.quintet.coordination.lock.LockQueries.Filter;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/** Locks that outlive Redis, a replica and a lost answer. */
@Path("/api/v1")
@Tag(name = "locks")
public class LockResource {
  private static final Logger LOG = Logger.getLogger(LockResource.class);
  private static final Set<String> STATES = Set.of("held", "resting", "expired");

  private final LockQueries locks;
  private final LockWaits waits;
  private final LockBatches batches;
  private final Callers callers;

  LockResource(LockQueries locks, LockWaits waits, LockBatches batches, Callers callers) {
    this.locks = locks;
    this.waits = waits;
    this.batches = batches;
    this.callers = callers;
  }

  @POST
  @Path("/locks")
  @RolesAllowed({Roles.SERVICE, Roles.DEVOPS})
  @Operation(
      summary = "Take a lock, or wait for it",
      description =
          "201 with a new lease, 200 with the one that this lease_id has already. The lease is valid until the moment before the request was"
              + " sent + waited_ms + ttl_ms, on the caller's monotonic clock; what it writes carries the fencing_token. Who waits stands in line, first come first"
              + " served, until the connection closes. 409 lock_held or lock_wait_timeout with holder, expires_at and queue_length;"
              + " 429 queue_full. 503 store_unavailable and shutting_down: ask again with the same lease_id, which keeps the place in line"
              + " for 6 s. mode permit takes one permit of the semaphore of that name (404 unknown_semaphore).")
  @Problems({"invalid_permits", "metadata_too_large", "metadata_not_object", "lease_id_reused"})
  public Uni<RestResponse<Lease>> acquire(LockRequest request) {
    UUID lease = request.leaseId();
    var ask =
        new Ask(
            request.lockKey(),
            request.holder(),
            request.ttl(),
            lease == null ? UUID.randomUUID() : lease,
            request.notes(),
            request.kind().label(),
            1,
            request.delay(),
            request.minHold(),
            Boolean.TRUE.equals(request.reentrant()));
    return waits
        .take(ask, request.patience())
        .map(LockProblems::granted)
        .map(granted ->
            RestResponse.status(
                granted.again() ? RestResponse.Status.OK : RestResponse.Status.CREATED,
                granted.lease()));
  }

  @POST
  @Path("/locks/batch")
  @RolesAllowed({Roles.SERVICE, Roles.DEVOPS})
  @Operation(
      summary = "Take several locks, or none",
      description =
          "201; 200 when all of them were held by these lease_ids already. Two batches never wait for each other in a circle. 409 lock_held or"
              + " lock_wait_timeout with lock_key, the first that is in the way. Who waits here stands in no line, and passes nobody who does."
              + " 413 batch_too_large beyond 100 locks. 503 store_unavailable, shutting_down.")
  @Problems({
    "invalid_permits",
    "invalid_lock_key",
    "metadata_too_large",
    "metadata_not_object",
    "lease_id_reused",
    "unknown_semaphore"
  })
  public Uni<RestResponse<LockBatch>> acquireAll(LockBatchRequest request) {
    if (request.all().size() > LockBatchRequest.MOST) {
      throw new ProblemException(CoordinationProblem.BATCH_TOO_LARGE)
          .with("most", LockBatchRequest.MOST);
    }
    return batches.take(request).map(LockResource::answer);
  }

  private static RestResponse<LockBatch> answer(LockBatches.Outcome outcome) {
    LockAnswer answer = outcome.answer();
    if (outcome.stopped()) {
      throw LockProblems.shuttingDown();
    }
    return switch (answer.outcome()) {
      case "granted", "repeated" ->
          RestResponse.status(
              answer.outcome().equals("granted")
                  ? RestResponse.Status.CREATED
                  : RestResponse.Status.OK,
              new LockBatch(Objects.requireNonNull(answer.leases()), outcome.waitedMs()));
      case "unknown" ->
          throw new ProblemException(CoordinationProblem.UNKNOWN_SEMAPHORE)
              .with("lock_key", answer.lockKey());
      case "too_many" ->
          throw new ProblemException(CoordinationProblem.INVALID_PERMITS)
              .with("lock_key", answer.lockKey());
      default ->
          throw LockProblems.blocked(
              new ProblemException(
                  outcome.patient()
                      ? CoordinationProblem.LOCK_WAIT_TIMEOUT
                      : CoordinationProblem.LOCK_HELD),
              answer);
    };
  }

  @PUT
  @Path("/locks/{lock_key}/lease")
  @RolesAllowed({Roles.SERVICE, Roles.DEVOPS})
  @Operation(
      summary = "Get more time for a live lease",
      description =
          "ttl_ms from now on, under the same fencing_token. 409 lease_lost: it is over, also when nobody else has the lock; whoever gets it must"
              + " stop. 404 lock_not_found when nobody holds the lock and nobody is known to have. 503 store_unavailable.")
  @Problems({"invalid_lock_key"})
  public Uni<Lease> extend(@PathParam("lock_key") LockKey key, LeaseExtension request) {
    return locks.extend(key.value(), request.leaseId(), request.ttl()).map(LockProblems::extended);
  }

  @DELETE
  @Path("/locks/{lock_key}/lease")
  @RolesAllowed({Roles.SERVICE, Roles.DEVOPS})
  @Operation(
      summary = "Give a lease back",
      description =
          "The next in line has the lock at once. Safe to repeat: then released is false. A lease that was taken several times ends with the"
              + " last of them. 503 store_unavailable.")
  @Problems({"invalid_lock_key"})
  public Uni<LeaseReleased> release(
      @PathParam("lock_key") LockKey key, @QueryParam("lease_id") @Nullable String lease) {
    return locks.release(key.value(), LeaseId.required(lease).value());
  }

  @POST
  @Path("/locks/{lock_key}/verify")
  @RolesAllowed({Roles.SERVICE, Roles.DEVOPS})
  @Operation(
      summary = "Whether the lease with this fencing token is live",
      description =
          "True is true for the moment of the answer only: what is written afterwards has to carry the token. 503 store_unavailable.")
  @Problems({"invalid_lock_key"})
  public Uni<TokenChecked> verify(@PathParam("lock_key") LockKey key, TokenCheck request) {
    return locks.verify(key.value(), request.fencingToken(), request.leaseId());
  }

  @GET
  @Path("/locks")
  @RolesAllowed({Roles.SERVICE, Roles.DEVOPS})
  @Operation(
      summary = "Leases that are live, by key",
      description =
          "prefix is how the key begins. state is held, resting or expired; the expired ones are shown only when asked for. 503 store_unavailable.")
  @Problems({"invalid_limit", "invalid_cursor"})
  public Uni<Page<HeldLock>> list(
      @QueryParam("prefix") @Nullable String prefix,
      @QueryParam("holder") @Nullable String holder,
      @QueryParam("state") @Nullable String state,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    var violations = new Violations();
    violations.checkParameter(
        state == null || STATES.contains(state),
        CommonProblem.INVALID_PARAMETER,
        "state",
        "must be held, resting or expired");
    violations.orThrow();
    var page = PageRequest.of(limit, cursor, 2);
    return locks
        .list(new Filter(prefix, holder, state), page)
        .map(rows ->
            Page.of(
                rows,
                page,
                row -> Cursor.behind(row.lockKey(), Objects.requireNonNull(row.fencingToken()))));
  }

  @GET
  @Path("/locks/{lock_key}")
  @RolesAllowed({Roles.SERVICE, Roles.DEVOPS})
  @Operation(
      summary = "Who has a lock, and who waits for it",
      description = "404 lock_not_found: neither. 503 store_unavailable.")
  @Problems({"invalid_lock_key"})
  public Uni<HeldLock> view(@PathParam("lock_key") LockKey key) {
    return locks
        .view(key.value())
        .map(found ->
            found.orElseThrow(() -> new ProblemException(CoordinationProblem.LOCK_NOT_FOUND)));
  }

  @POST
  @Path("/locks/{lock_key}/force-release")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(
      summary = "Take a lock away from whoever has it",
      description =
          "On record, with the reason. The old fencing_token is below every new one: what its holder still writes is refused wherever tokens are"
              + " compared. The next in line has the lock at once. 422 reason_required. 503 store_unavailable.")
  @Problems({"invalid_lock_key"})
  public Uni<ForceReleased> forceRelease(
      @PathParam("lock_key") LockKey key, ForceReleaseRequest request) {
    String actor = callers.current().name();
    return locks
        .forceRelease(key.value(), actor, request.reason())
        .invoke(done ->
            LOG.infof(
                "event=lock_revoked released=%s token=%s actor=%s",
                done.released(), done.fencingToken(), actor));
  }

  @GET
  @Path("/locks/{lock_key}/audit")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(
      summary = "What happened to a lock, the latest first",
      description =
          "Expiries, revocations and what nobody came for; grants and releases only of the last hour and while the lock was watched."
              + " 503 store_unavailable.")
  @Problems({"invalid_lock_key", "invalid_limit", "invalid_cursor"})
  public Uni<Page<LockEvent>> audit(
      @PathParam("lock_key") LockKey key,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    var page = PageRequest.of(limit, cursor, 1);
    return locks
        .audit(key.value(), page)
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.id())));
  }
}
