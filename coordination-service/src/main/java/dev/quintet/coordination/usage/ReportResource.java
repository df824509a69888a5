package dev.quintet.coordination.usage;

import dev.quintet.common.api.coordination.ActiveRateLimits;
import dev.quintet.common.api.coordination.AiUsageSummary;
import dev.quintet.common.api.coordination.CacheEffectiveness;
import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.api.coordination.SlowQueries;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Caller;
import dev.quintet.common.security.Callers;
import dev.quintet.common.security.Roles;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** What the seed's views and its look at slow statements say. */
@Path("/api/v1")
@Tag(name = "reports")
public class ReportResource {
  private static final Duration USUAL_SPAN = Duration.ofHours(24);
  private static final List<String> GROUPS = List.of("model", "user", "operation", "day");
  private static final int USUAL_THRESHOLD_MS = 100;
  private static final int LARGEST_THRESHOLD_MS = 3_600_000;

  private final UsageQueries queries;
  private final Callers callers;
  private final Clock clock;

  ReportResource(UsageQueries queries, Callers callers, Clock clock) {
    this.queries = queries;
    this.callers = callers;
    this.clock = clock;
  }

  @GET
  @Path("/reports/cache-effectiveness")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(summary = "What caches spared in the last 24 hours, by the hour")
  public Uni<CacheEffectiveness> cacheEffectiveness() {
    return queries.cacheEffectiveness().map(CacheEffectiveness::new);
  }

  @GET
  @Path("/reports/active-rate-limits")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(
      summary = "Reported usage of the last hour, by model and user",
      description = "The 1000 with most calls. What Redis admits is another count.")
  public Uni<ActiveRateLimits> activeRateLimits() {
    return queries.activeRateLimits().map(ActiveRateLimits::new);
  }

  @GET
  @Path("/reports/ai-usage")
  @RolesAllowed(Roles.USER)
  @Operation(
      summary = "What calls of models came to",
      description =
          "Of one's own calls; for devops and administrators of all. group_by: model, user, operation or day. Without from and to the last 24"
              + " hours.")
  @Problems({"invalid_window", "invalid_parameter"})
  public Uni<AiUsageSummary> usageSummary(
      @QueryParam("from") @Nullable String from,
      @QueryParam("to") @Nullable String to,
      @QueryParam("group_by") @Nullable String groupBy) {
    var now = clock.instant();
    var span = Span.of(from, to, now.minus(USUAL_SPAN), now.plusSeconds(1));
    String group = groupBy == null ? "model" : groupBy;
    var violations = new Violations();
    violations.checkParameter(
        GROUPS.contains(group),
        CommonProblem.INVALID_PARAMETER,
        "group_by",
        "must be one of " + String.join(", ", GROUPS));
    violations.orThrow();
    Caller caller = callers.current();
    return (caller.has(Roles.DEVOPS)
            ? queries.summary(span.from(), span.to(), group)
            : queries.summaryOf(caller, span.from(), span.to(), group))
        .map(groups -> new AiUsageSummary(span.from(), span.to(), group, groups));
  }

  @GET
  @Path("/reports/slow-queries")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(
      summary = "Statements that take long on average",
      description =
          "threshold_ms: from 0 to 3600000. 503 pg_stat_statements_missing or pg_stat_statements_not_loaded tells what the server lacks.")
  @Problems({
    "threshold_out_of_range",
    "pg_stat_statements_missing",
    "pg_stat_statements_not_loaded"
  })
  public Uni<SlowQueries> slowQueries(@QueryParam("threshold_ms") @Nullable String thresholdMs) {
    int threshold = thresholdMs == null ? USUAL_THRESHOLD_MS : number(thresholdMs);
    var violations = new Violations();
    violations.checkParameter(
        threshold >= 0 && threshold <= LARGEST_THRESHOLD_MS,
        CoordinationProblem.THRESHOLD_OUT_OF_RANGE,
        "threshold_ms",
        "must be a number from 0 to " + LARGEST_THRESHOLD_MS);
    violations.orThrow();
    return queries.slowQueries(threshold).map(found -> new SlowQueries(threshold, found));
  }

  private static int number(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
