package dev.quintet.autoscaler.policy;

import dev.quintet.autoscaler.access.Actors;
import dev.quintet.autoscaler.access.IfMatch;
import dev.quintet.autoscaler.access.Parameters;
import dev.quintet.autoscaler.access.RowId;
import dev.quintet.autoscaler.audit.AuditAction;
import dev.quintet.autoscaler.audit.Audited;
import dev.quintet.autoscaler.audit.Change;
import dev.quintet.autoscaler.audit.Changes;
import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.api.autoscaler.DryRunRequest;
import dev.quintet.common.api.autoscaler.Policy;
import dev.quintet.common.api.autoscaler.PolicyRequest;
import dev.quintet.common.idempotency.Answer;
import dev.quintet.common.idempotency.Idempotency.Effect;
import dev.quintet.common.idempotency.IdempotencyKey;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.page.Cursor;
import dev.quintet.common.page.Page;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.security.Roles;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Scaling policies. A new one is switched off and in dry run: it moves nothing until two audited
 * steps have said so.
 */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "policies")
public class PolicyResource {
  private static final String UNTESTED =
      "299 - \"no back-test of the last 7 days has tried this version of the policy\"";

  private final PolicyQueries policies;
  private final Changes changes;
  private final Actors actors;

  PolicyResource(PolicyQueries policies, Changes changes, Actors actors) {
    this.policies = policies;
    this.changes = changes;
    this.actors = actors;
  }

  @POST
  @Path("/pools/{id}/policies")
  @RolesAllowed(Roles.DEVOPS)
  @Audited(AuditAction.POLICY_CREATED)
  @Operation(
      summary = "Make a policy for the pool",
      description =
          "It is switched off, and in dry run unless dry_run is false. Several enabled policies combine: the highest wish counts, and none"
              + " scales in while one of them has no fresh data.")
  @APIResponseSchema(value = Policy.class, responseCode = "201")
  @Problems({"unknown_pool", "policy_name_taken", "policy_invalid", "invalid_name"})
  public Uni<Response> createPolicy(
      RowId id,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key,
      PolicyRequest request) {
    return changes
        .make(
            key,
            actors.current(),
            AuditAction.POLICY_CREATED,
            List.of(id.value(), request),
            tx ->
                policies
                    .lockPool(tx, id.value())
                    .map(found -> found.orElseThrow(() -> unknownPool(id.value())))
                    .chain(pool -> policies.create(tx, id.value(), request))
                    .map(made ->
                        Change.of(
                                new Effect(
                                    201,
                                    Map.of(
                                        "Location",
                                        "/api/v1/policies/" + made.id(),
                                        "ETag",
                                        IfMatch.tag(made.version())),
                                    made))
                            .on(made.id(), made.name())
                            .to(made)))
        .map(Answer::response);
  }

  @GET
  @Path("/pools/{id}/policies")
  @RolesAllowed({Roles.USER, Roles.SERVICE})
  @Operation(summary = "The pool's policies by id")
  @Problems({"unknown_pool", "invalid_limit", "invalid_cursor"})
  public Uni<Page<Policy>> listPolicies(
      RowId id, @RestQuery @Nullable String limit, @RestQuery @Nullable String cursor) {
    var page = PageRequest.of(limit, cursor, 1);
    return policies
        .list(id.value(), page)
        .map(found -> found.orElseThrow(() -> unknownPool(id.value())))
        .map(found -> Page.of(found, page, policy -> Cursor.behind(policy.id())));
  }

  @GET
  @Path("/policies/{id}")
  @RolesAllowed({Roles.USER, Roles.SERVICE})
  @Operation(summary = "A policy")
  @Problems({"unknown_policy"})
  public Uni<RestResponse<Policy>> findPolicy(RowId id) {
    return policies
        .find(id.value())
        .map(found -> found.orElseThrow(() -> unknown(id.value())))
        .map(found ->
            ResponseBuilder.ok(found).header("ETag", IfMatch.tag(found.version())).build());
  }

  @PUT
  @Path("/policies/{id}")
  @RolesAllowed(Roles.DEVOPS)
  @Audited(AuditAction.POLICY_UPDATED)
  @Operation(
      summary = "Replace a policy",
      description =
          "Its type may change; whether it is switched on stays. If-Match, where it is sent, names the version that is replaced.")
  @APIResponseSchema(value = Policy.class, responseCode = "200")
  @Problems({
    "unknown_policy",
    "policy_name_taken",
    "policy_invalid",
    "invalid_name",
    "precondition_failed"
  })
  public Uni<Response> replacePolicy(
      RowId id,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key,
      PolicyRequest request) {
    return changed(
        id.value(),
        ifMatch,
        key,
        AuditAction.POLICY_UPDATED,
        request,
        (tx, was) ->
            policies.replace(tx, id.value(), request).map(now -> done(was, now, Map.of())));
  }

  @POST
  @Path("/policies/{id}/enable")
  @RolesAllowed(Roles.DEVOPS)
  @Audited(AuditAction.POLICY_ENABLED)
  @Operation(
      summary = "Switch a policy on",
      description =
          "Where no back-test of the last 7 days has tried this version, the answer has a Warning header; with require_backtest=true it is 409"
              + " backtest_required, and nothing changes.")
  @APIResponseSchema(value = Policy.class, responseCode = "200")
  @Problems({"unknown_policy", "backtest_required", "precondition_failed"})
  public Uni<Response> enablePolicy(
      RowId id,
      @RestQuery("require_backtest") @Nullable String requireBacktest,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key) {
    boolean required = flag(requireBacktest);
    return changed(
        id.value(),
        ifMatch,
        key,
        AuditAction.POLICY_ENABLED,
        required,
        (tx, was) ->
            policies
                .tested(tx, was)
                .invoke(tested -> {
                  if (required && !tested) {
                    throw new ProblemException(
                        AutoscalerProblem.BACKTEST_REQUIRED,
                        "try it first: POST /api/v1/pools/" + was.poolId() + "/backtests");
                  }
                })
                .chain(tested -> switched(tx, was, true, was.dryRun(), warning(tested))));
  }

  @POST
  @Path("/policies/{id}/disable")
  @RolesAllowed(Roles.DEVOPS)
  @Audited(AuditAction.POLICY_DISABLED)
  @Operation(summary = "Switch a policy off", description = "The pool keeps its target.")
  @APIResponseSchema(value = Policy.class, responseCode = "200")
  @Problems({"unknown_policy", "precondition_failed"})
  public Uni<Response> disablePolicy(
      RowId id,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key) {
    return changed(
        id.value(),
        ifMatch,
        key,
        AuditAction.POLICY_DISABLED,
        "disable",
        (tx, was) -> switched(tx, was, false, was.dryRun(), Map.of()));
  }

  @POST
  @Path("/policies/{id}/dry-run")
  @RolesAllowed(Roles.DEVOPS)
  @Audited(AuditAction.POLICY_DRY_RUN_CHANGED)
  @Operation(
      summary = "Let a policy act, or only show what it would do",
      description = "In dry run its decisions are stored, and no target follows them.")
  @APIResponseSchema(value = Policy.class, responseCode = "200")
  @Problems({"unknown_policy", "precondition_failed"})
  public Uni<Response> setDryRun(
      RowId id,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key,
      DryRunRequest request) {
    return changed(
        id.value(),
        ifMatch,
        key,
        AuditAction.POLICY_DRY_RUN_CHANGED,
        request,
        (tx, was) ->
            switched(tx, was, was.enabled(), Objects.requireNonNull(request.dryRun()), Map.of()));
  }

  @DELETE
  @Path("/policies/{id}")
  @RolesAllowed(Roles.DEVOPS)
  @Audited(AuditAction.POLICY_DELETED)
  @Operation(summary = "End a policy", description = "The pool keeps its target.")
  @Problems({"unknown_policy", "precondition_failed"})
  public Uni<Response> deletePolicy(
      RowId id,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key) {
    return changed(
        id.value(),
        ifMatch,
        key,
        AuditAction.POLICY_DELETED,
        "delete",
        (tx, was) ->
            policies
                .delete(tx, id.value())
                .map(gone -> Change.of(Effect.of(204, null)).on(id.value(), was.name()).from(was)));
  }

  private Uni<Response> changed(
      int id,
      @Nullable String ifMatch,
      @Nullable IdempotencyKey key,
      AuditAction action,
      Object body,
      BiFunction<SqlConnection, Policy, Uni<Change>> change) {
    return changes
        .make(
            key,
            actors.current(),
            action,
            Arrays.asList(id, ifMatch, body),
            tx ->
                policies
                    .lock(tx, id)
                    .map(found -> found.orElseThrow(() -> unknown(id)))
                    .invoke(was -> IfMatch.check(ifMatch, IfMatch.tag(was.version())))
                    .chain(was -> change.apply(tx, was)))
        .map(Answer::response);
  }

  /** What is so already is no change, and raises no version. */
  private Uni<Change> switched(
      SqlConnection tx, Policy was, boolean enabled, boolean dryRun, Map<String, String> headers) {
    if (was.enabled() == enabled && was.dryRun() == dryRun) {
      return Uni.createFrom().item(Change.none(effect(was, headers)));
    }
    return policies.set(tx, was.id(), enabled, dryRun).map(now -> done(was, now, headers));
  }

  private static Change done(Policy was, Policy now, Map<String, String> headers) {
    return Change.of(effect(now, headers)).on(now.id(), now.name()).from(was).to(now);
  }

  private static Effect effect(Policy policy, Map<String, String> more) {
    var headers = new LinkedHashMap<>(more);
    headers.put("ETag", IfMatch.tag(policy.version()));
    return new Effect(200, headers, policy);
  }

  private static Map<String, String> warning(boolean tested) {
    return tested ? Map.of() : Map.of("Warning", UNTESTED);
  }

  private static boolean flag(@Nullable String text) {
    var parameters = new Parameters();
    String flag = parameters.oneOf("require_backtest", text, List.of("true", "false"));
    parameters.orThrow();
    return "true".equals(flag);
  }

  private static ProblemException unknown(int id) {
    return new ProblemException(AutoscalerProblem.UNKNOWN_POLICY, "no policy " + id);
  }

  static ProblemException unknownPool(int id) {
    return new ProblemException(AutoscalerProblem.UNKNOWN_POOL, "no pool " + id);
  }
}
