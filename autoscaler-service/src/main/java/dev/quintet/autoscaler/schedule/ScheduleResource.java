package dev.quintet.autoscaler.schedule;

import dev.quintet.autoscaler.access.Actors;
import dev.quintet.autoscaler.access.IfMatch;
import dev.quintet.autoscaler.access.Parameters;
import dev.quintet.autoscaler.access.RowId;
import dev.quintet.autoscaler.audit.AuditAction;
import dev.quintet.autoscaler.audit.Audited;
import dev.quintet.autoscaler.audit.Change;
import dev.quintet.autoscaler.audit.Changes;
import dev.quintet.autoscaler.schedule.ScheduleQueries.Found;
import dev.quintet.autoscaler.schedule.ScheduleQueries.Scope;
import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.api.autoscaler.Schedule;
import dev.quintet.common.api.autoscaler.ScheduleChange;
import dev.quintet.common.api.autoscaler.SchedulePlan;
import dev.quintet.common.api.autoscaler.SchedulePreview;
import dev.quintet.common.api.autoscaler.ScheduleRequest;
import dev.quintet.common.idempotency.Answer;
import dev.quintet.common.idempotency.Idempotency.Effect;
import dev.quintet.common.idempotency.IdempotencyKey;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.page.Cursor;
import dev.quintet.common.page.Page;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Roles;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;
import org.jspecify.annotations.Nullable;

/** Schedules, what they overlap, and what comes of them. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "schedules")
public class ScheduleResource {
  private static final String OVERLAPS =
      " The answer lists overlaps with others of the same pools and says which one prevails: of two exact ones the pool's own, then the higher"
          + " priority, then the larger target, then the lower id; floors and ceilings combine around it.";
  private static final int USUAL_DAYS = 14;
  private static final int MOST_DAYS = 92;
  private static final Duration USUAL_PLAN = Duration.ofDays(7);

  private final ScheduleQueries schedules;
  private final Changes changes;
  private final Actors actors;

  ScheduleResource(ScheduleQueries schedules, Changes changes, Actors actors) {
    this.schedules = schedules;
    this.changes = changes;
    this.actors = actors;
  }

  @POST
  @Path("/schedules")
  @RolesAllowed(Roles.DEVOPS)
  @Audited(AuditAction.SCHEDULE_CREATED)
  @Operation(
      summary = "Make a schedule",
      description =
          "For one pool, or for each pool of a node. Windows are half-open by the wall clock of the time zone, so 09:00-17:00 and 17:00-09:00 meet"
              + " without a gap, through clock changes too. Mode exact (the default) sets the number whatever the metrics say."
              + OVERLAPS)
  @APIResponseSchema(value = Schedule.class, responseCode = "201")
  @Problems({
    "unknown_node",
    "unknown_pool",
    "schedule_invalid",
    "timezone_unknown",
    "invalid_name"
  })
  public Uni<Response> createSchedule(
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key, ScheduleRequest request) {
    return changes
        .make(
            key,
            actors.current(),
            AuditAction.SCHEDULE_CREATED,
            request,
            tx ->
                placed(
                    tx,
                    request,
                    scope ->
                        schedules
                            .create(tx, node(scope), request)
                            .chain(made -> full(tx, made, scope))
                            .map(made ->
                                Change.of(
                                        new Effect(
                                            201,
                                            Map.of(
                                                "Location",
                                                "/api/v1/schedules/" + made.id(),
                                                "ETag",
                                                IfMatch.tag(made.version())),
                                            made))
                                    .on(made.id(), made.name())
                                    .to(made))))
        .map(Answer::response);
  }

  @GET
  @Path("/schedules")
  @RolesAllowed({Roles.USER, Roles.SERVICE})
  @Operation(
      summary = "Schedules by id",
      description = "Only those of node_id, pool_id, is_active, where these are given.")
  @Problems({"invalid_limit", "invalid_cursor"})
  public Uni<Page<Schedule>> listSchedules(
      @RestQuery("node_id") @Nullable String nodeId,
      @RestQuery("pool_id") @Nullable String poolId,
      @RestQuery("is_active") @Nullable String isActive,
      @RestQuery @Nullable String limit,
      @RestQuery @Nullable String cursor) {
    var page = PageRequest.of(limit, cursor, 1);
    var parameters = new Parameters();
    Integer node = parameters.id("node_id", nodeId);
    Integer pool = parameters.id("pool_id", poolId);
    String active = parameters.oneOf("is_active", isActive, List.of("true", "false"));
    parameters.orThrow();
    return schedules
        .list(node, pool, active == null ? null : Boolean.valueOf(active), page)
        .map(found ->
            Page.of(
                found.stream().map(ScheduleViews::of).toList(),
                page,
                schedule -> Cursor.behind(schedule.id())));
  }

  @GET
  @Path("/schedules/{id}")
  @RolesAllowed({Roles.USER, Roles.SERVICE})
  @Operation(summary = "A schedule with what it overlaps")
  @Problems({"unknown_schedule"})
  public Uni<RestResponse<Schedule>> findSchedule(RowId id) {
    return schedules
        .find(id.value())
        .map(found -> found.orElseThrow(() -> unknown(id.value())))
        .chain(found ->
            schedules
                .beside(found)
                .map(
                    others -> ScheduleViews.of(found, ScheduleViews.overlaps(found, others), null)))
        .map(found ->
            ResponseBuilder.ok(found).header("ETag", IfMatch.tag(found.version())).build());
  }

  @PUT
  @Path("/schedules/{id}")
  @RolesAllowed(Roles.DEVOPS)
  @Audited(AuditAction.SCHEDULE_UPDATED)
  @Operation(
      summary = "Replace a schedule",
      description = "If-Match, where it is sent, names the version that is replaced." + OVERLAPS)
  @APIResponseSchema(value = Schedule.class, responseCode = "200")
  @Problems({
    "unknown_schedule",
    "unknown_node",
    "unknown_pool",
    "schedule_invalid",
    "timezone_unknown",
    "invalid_name",
    "precondition_failed"
  })
  public Uni<Response> replaceSchedule(
      RowId id,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key,
      ScheduleRequest request) {
    return update(id.value(), ifMatch, key, request, was -> request);
  }

  @PATCH
  @Path("/schedules/{id}")
  @RolesAllowed(Roles.DEVOPS)
  @Audited(AuditAction.SCHEDULE_UPDATED)
  @Operation(
      summary = "Change parts of a schedule",
      description =
          "A merge patch: what is not named stays, null takes pool_id, valid_from or valid_until away."
              + OVERLAPS)
  @APIResponseSchema(value = Schedule.class, responseCode = "200")
  @Problems({
    "unknown_schedule",
    "unknown_pool",
    "schedule_invalid",
    "timezone_unknown",
    "invalid_name",
    "precondition_failed"
  })
  public Uni<Response> changeSchedule(
      RowId id,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key,
      ScheduleChange change) {
    return update(id.value(), ifMatch, key, change, change::onto);
  }

  private Uni<Response> update(
      int id,
      @Nullable String ifMatch,
      @Nullable IdempotencyKey key,
      Object body,
      Function<Schedule, ScheduleRequest> asked) {
    return changes
        .make(
            key,
            actors.current(),
            AuditAction.SCHEDULE_UPDATED,
            Arrays.asList(id, ifMatch, body),
            tx ->
                schedules
                    .lock(tx, id)
                    .map(found -> found.orElseThrow(() -> unknown(id)))
                    .invoke(found -> IfMatch.check(ifMatch, IfMatch.tag(found.version())))
                    .map(ScheduleViews::of)
                    .chain(was -> update(tx, was, asked.apply(was))))
        .map(Answer::response);
  }

  private Uni<Change> update(SqlConnection tx, Schedule was, ScheduleRequest request) {
    return placed(
        tx,
        request,
        scope ->
            schedules
                .update(tx, was.id(), node(scope), request)
                .chain(now -> full(tx, now, scope))
                .map(now ->
                    Change.of(new Effect(200, Map.of("ETag", IfMatch.tag(now.version())), now))
                        .on(now.id(), now.name())
                        .from(was)
                        .to(now)));
  }

  @DELETE
  @Path("/schedules/{id}")
  @RolesAllowed(Roles.DEVOPS)
  @Audited(AuditAction.SCHEDULE_DELETED)
  @Operation(summary = "End a schedule")
  @Problems({"unknown_schedule", "precondition_failed"})
  public Uni<Response> deleteSchedule(
      RowId id,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key) {
    return changes
        .make(
            key,
            actors.current(),
            AuditAction.SCHEDULE_DELETED,
            Arrays.asList(id.value(), ifMatch),
            tx ->
                schedules
                    .lock(tx, id.value())
                    .map(found -> found.orElseThrow(() -> unknown(id.value())))
                    .invoke(found -> IfMatch.check(ifMatch, IfMatch.tag(found.version())))
                    .call(() -> schedules.delete(tx, id.value()))
                    .map(was ->
                        Change.of(Effect.of(204, null))
                            .on(id.value(), was.name())
                            .from(ScheduleViews.of(was))))
        .map(Answer::response);
  }

  @GET
  @Path("/schedules/{id}/preview")
  @RolesAllowed({Roles.USER, Roles.SERVICE})
  @Operation(
      summary = "The coming openings of a schedule",
      description =
          "As instants, for 14 days or as many as asked (1 to 92), switched on or not. A clock change that removes, shortens or lengthens an opening"
              + " is marked.")
  @Problems({"unknown_schedule", "invalid_window"})
  public Uni<SchedulePreview> previewSchedule(RowId id, @RestQuery @Nullable String days) {
    int ahead = days(days);
    return schedules
        .find(id.value())
        .map(found -> found.orElseThrow(() -> unknown(id.value())))
        .map(found -> ScheduleViews.preview(found, found.askedAt().plus(Duration.ofDays(ahead))));
  }

  @GET
  @Path("/pools/{id}/schedule-plan")
  @RolesAllowed({Roles.USER, Roles.SERVICE})
  @Operation(
      summary = "Which schedules rule the pool when",
      description =
          "From an instant (now, if left out) to another (7 days later, if left out), at most 92 days. Stretches without a schedule are listed too.")
  @Problems({"unknown_pool", "invalid_window"})
  public Uni<SchedulePlan> planSchedules(
      RowId id, @RestQuery @Nullable String from, @RestQuery @Nullable String to) {
    var parameters = new Parameters();
    OffsetDateTime begins = parameters.instant("from", from);
    OffsetDateTime ends = parameters.instant("to", to);
    parameters.orThrow();
    return schedules
        .ofPool(id.value())
        .map(found ->
            found.orElseThrow(() ->
                new ProblemException(AutoscalerProblem.UNKNOWN_POOL, "no pool " + id.value())))
        .map(found -> {
          Instant start = begins == null ? found.askedAt() : begins.toInstant();
          Instant end = ends == null ? start.plus(USUAL_PLAN) : ends.toInstant();
          checkWindow(start, end);
          return ScheduleViews.plan(id.value(), found.windows(), start, end);
        });
  }

  /** The node and pools that it names are there, and stay so until the transaction ends. */
  private Uni<Change> placed(
      SqlConnection tx, ScheduleRequest request, Function<Scope, Uni<Change>> change) {
    return schedules.scope(tx, request).invoke(scope -> check(scope, request)).chain(change::apply);
  }

  private static void check(Scope scope, ScheduleRequest request) {
    if (request.poolId() != null && scope.poolNodeId() == null) {
      throw new ProblemException(AutoscalerProblem.UNKNOWN_POOL, "no pool " + request.poolId());
    }
    if (scope.nodeId() == null) {
      throw new ProblemException(AutoscalerProblem.UNKNOWN_NODE, "no node " + request.nodeId());
    }
    var violations = new Violations();
    violations.check(
        scope.poolNodeId() == null || scope.poolNodeId().equals(scope.nodeId()),
        AutoscalerProblem.SCHEDULE_INVALID,
        "/pool_id",
        "must be a pool of the node");
    violations.orThrow();
  }

  private Uni<Schedule> full(SqlConnection tx, Found row, Scope scope) {
    List<String> warnings = scope.clamped() ? List.of(ScheduleViews.CLAMPED) : List.of();
    return schedules
        .beside(tx, row)
        .map(others -> ScheduleViews.of(row, ScheduleViews.overlaps(row, others), warnings));
  }

  private static int node(Scope scope) {
    return Objects.requireNonNull(scope.nodeId());
  }

  private static int days(@Nullable String text) {
    int days = USUAL_DAYS;
    if (text != null) {
      days = text.matches("[0-9]{1,3}") ? Integer.parseInt(text) : 0;
    }
    var violations = new Violations();
    violations.checkParameter(
        days >= 1 && days <= MOST_DAYS,
        AutoscalerProblem.INVALID_WINDOW,
        "days",
        "must be 1 to " + MOST_DAYS);
    violations.orThrow();
    return days;
  }

  private static void checkWindow(Instant from, Instant to) {
    var violations = new Violations();
    violations.checkParameter(
        from.isBefore(to), AutoscalerProblem.INVALID_WINDOW, "to", "must be after from");
    violations.checkParameter(
        Duration.between(from, to).compareTo(Duration.ofDays(MOST_DAYS)) <= 0,
        AutoscalerProblem.INVALID_WINDOW,
        "to",
        "must be at most " + MOST_DAYS + " days after from");
    violations.orThrow();
  }

  private static ProblemException unknown(int id) {
    return new ProblemException(AutoscalerProblem.UNKNOWN_SCHEDULE, "no schedule " + id);
  }
}
