package dev.quintet.autoscaler.evaluation;

import dev.quintet.autoscaler.access.Cursors;
import dev.quintet.autoscaler.access.Parameters;
import dev.quintet.autoscaler.access.RowId;
import dev.quintet.autoscaler.evaluation.DecisionQueries.Filter;
import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.api.autoscaler.DecisionCode;
import dev.quintet.common.api.autoscaler.Explanation;
import dev.quintet.common.api.autoscaler.PolicyRequest;
import dev.quintet.common.api.autoscaler.PolicySpec;
import dev.quintet.common.api.autoscaler.ScalingEvent;
import dev.quintet.common.api.autoscaler.WhatIfRequest;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.page.Cursor;
import dev.quintet.common.page.Page;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Roles;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** What was decided and why, and what would be. */
@Path("/api/v1")
@Tag(name = "decisions")
@RolesAllowed({Roles.USER, Roles.SERVICE})
public class DecisionResource {
  private static final Duration FARTHEST = Duration.ofDays(92);

  private final DecisionQueries decisions;
  private final EvaluationQueries queries;
  private final Evaluations evaluations;
  private final Clock clock;

  DecisionResource(
      DecisionQueries decisions, EvaluationQueries queries, Evaluations evaluations, Clock clock) {
    this.decisions = decisions;
    this.queries = queries;
    this.evaluations = evaluations;
    this.clock = clock;
  }

  @GET
  @Path("/pools/{id}/decisions")
  @Operation(
      summary = "The pool's decisions, newest first",
      description =
          "Each with its stages, which replay to its target. One that only repeats the one before it is kept once per ten minutes.")
  @Problems({"unknown_pool"})
  public Uni<Page<Explanation>> poolDecisions(
      RowId id,
      @QueryParam("event") @Nullable String event,
      @QueryParam("code") @Nullable String code,
      @QueryParam("dry_run") @Nullable String dryRun,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    var parameters = new Parameters();
    String dry = parameters.oneOf("dry_run", dryRun, List.of("true", "false"));
    var filter =
        new Filter(
            parameters.oneOf("event", event, names(ScalingEvent.values())),
            parameters.oneOf("code", code, names(DecisionCode.values())),
            dry == null ? null : Boolean.valueOf(dry));
    parameters.orThrow();
    var page = PageRequest.of(limit, cursor, 1);
    return decisions
        .list(id.value(), filter, Cursors.below(page), page.fetch())
        .map(found -> found.orElseThrow(() -> unknownPool(id)))
        .map(rows ->
            Page.of(rows, page, row -> Cursor.behind(Objects.requireNonNull(row.decisionId()))));
  }

  @GET
  @Path("/decisions/{id}")
  @Operation(summary = "One decision")
  @Problems({"unknown_decision"})
  public Uni<Explanation> findDecision(long id) {
    return decisions
        .find(id)
        .map(found ->
            found.orElseThrow(() ->
                new ProblemException(AutoscalerProblem.UNKNOWN_DECISION, "no decision " + id)));
  }

  @GET
  @Path("/pools/{id}/recommendation")
  @Operation(
      summary = "What would be decided about the pool now",
      description = "By the same code that decides. Nothing is stored or changed.")
  @Problems({"unknown_pool"})
  public Uni<Explanation> recommendation(RowId id) {
    return recommended(id, null, WhatIf.NOTHING);
  }

  @POST
  @Path("/pools/{id}/recommendation")
  @Operation(
      summary = "What would be decided if some things were otherwise",
      description =
          "With other readings, policies, limits, or at another instant. Observations are those up to that instant; settings that the request"
              + " leaves out are today's. Nothing is stored or changed.")
  @Problems({"unknown_pool", "limits_invalid", "policy_invalid", "timestamp_out_of_range"})
  public Uni<Explanation> whatIf(RowId id, WhatIfRequest request) {
    Instant at = request.at();
    var violations = new Violations();
    violations.check(
        at == null || Duration.between(clock.instant(), at).abs().compareTo(FARTHEST) <= 0,
        AutoscalerProblem.TIMESTAMP_OUT_OF_RANGE,
        "/at",
        "must be at most 92 days away");
    violations.orThrow();
    var limits = request.limits();
    return recommended(
        id,
        at,
        new WhatIf(
            request.metrics() == null ? Map.of() : request.metrics(),
            request.policies(),
            limits == null ? null : limits.min(),
            limits == null ? null : limits.max()));
  }

  private Uni<Explanation> recommended(RowId id, @Nullable Instant at, WhatIf instead) {
    List<PolicySpec> asked =
        instead.policies() == null
            ? List.of()
            : instead.policies().stream().map(PolicyRequest::spec).toList();
    return queries
        .input(id.value(), at, reach(asked), metrics(asked))
        .map(found -> found.orElseThrow(() -> unknownPool(id)))
        .map(pool -> evaluations.recommended(pool, instead));
  }

  private static int reach(List<PolicySpec> policies) {
    return policies.stream().mapToInt(Readings::reachSeconds).max().orElse(0);
  }

  private static List<String> metrics(List<PolicySpec> policies) {
    return policies.stream()
        .flatMap(policy -> policy.metrics().stream())
        .filter(metric -> !metric.equals(Readings.CPU) && !metric.equals(Readings.MEMORY))
        .toList();
  }

  private static List<String> names(Enum<?>[] values) {
    return Arrays.stream(values).map(Enum::name).toList();
  }

  private static ProblemException unknownPool(RowId id) {
    return new ProblemException(AutoscalerProblem.UNKNOWN_POOL, "no pool " + id.value());
  }
}
