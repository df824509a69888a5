package dev.quintet.autoscaler.analytics;

import dev.quintet.autoscaler.analytics.AnalyticsQueries.Behind;
import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.api.autoscaler.PoolFigures;
import dev.quintet.common.api.autoscaler.SystemAnalytics;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.page.Cursor;
import dev.quintet.common.page.Page;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Roles;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** The figures of a dashboard's first page. */
@Path("/api/v1")
@Tag(name = "analytics")
@RolesAllowed({Roles.USER, Roles.SERVICE})
public class AnalyticsResource {
  private static final int USUAL_HOURS = 24;
  private static final int MOST_HOURS = 8784;
  private static final Behind NEWEST =
      new Behind(Instant.parse("9999-12-31T00:00:00Z"), Long.MAX_VALUE);

  private final AnalyticsQueries analytics;

  AnalyticsResource(AnalyticsQueries analytics) {
    this.analytics = analytics;
  }

  @GET
  @Path("/analytics/system")
  @Operation(
      summary = "The fleet at the last minute",
      description =
          "stale says that no newer minute was computed; in trouble the answer is this or a 503, never zeros. no_analytics_yet before the first.")
  @Problems("no_analytics_yet")
  public Uni<SystemAnalytics> systemAnalytics() {
    return analytics
        .newest()
        .map(found ->
            found.orElseThrow(() ->
                new ProblemException(
                        AutoscalerProblem.NO_ANALYTICS_YET, "the first come within a minute")
                    .retryAfter(Duration.ofMinutes(1))));
  }

  @GET
  @Path("/analytics/system/history")
  @Operation(
      summary = "The fleet minute by minute, newest first",
      description = "Of the last hours, 24 if not given.")
  @Problems("invalid_parameter")
  public Uni<Page<SystemAnalytics>> systemAnalyticsHistory(
      @QueryParam("hours") @Nullable String hours,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    int back = hours(hours);
    var page = PageRequest.of(limit, cursor, 2);
    return analytics
        .history(back, behind(page), page.fetch())
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.timestamp(), row.id())));
  }

  @GET
  @Path("/analytics/pools")
  @Operation(
      summary = "The newest observation of each pool, by pool",
      description =
          "Of the last hours, 24 if not given; of one node with node_id. A pool with no observation in that time is not listed.")
  @Problems("invalid_parameter")
  public Uni<Page<PoolFigures>> poolAnalytics(
      @QueryParam("node_id") @Nullable String node,
      @QueryParam("hours") @Nullable String hours,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    var violations = new Violations();
    Long id = node == null ? null : number(node);
    violations.checkParameter(
        id == null || id > 0,
        CommonProblem.INVALID_PARAMETER,
        "node_id",
        "must be a number from 1");
    violations.orThrow();
    int back = hours(hours);
    var page = PageRequest.of(limit, cursor, 1);
    return analytics
        .pools(id, back, page.cursor().map(c -> c.number(0)).orElse(0L), page.fetch())
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.poolId())));
  }

  @GET
  @Path("/analytics/pools/{id}")
  @Operation(
      summary = "The observations of a pool, newest first",
      description = "Of the last hours, 24 if not given.")
  @Problems({"unknown_pool", "invalid_parameter"})
  public Uni<Page<PoolFigures>> analyticsOfPool(
      long id,
      @QueryParam("hours") @Nullable String hours,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    int back = hours(hours);
    var page = PageRequest.of(limit, cursor, 2);
    return analytics
        .pool(id, back, behind(page), page.fetch())
        .map(found ->
            found.orElseThrow(
                () -> new ProblemException(AutoscalerProblem.UNKNOWN_POOL, "no pool " + id)))
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.timestamp(), row.id())));
  }

  private static int hours(@Nullable String text) {
    if (text == null) {
      return USUAL_HOURS;
    }
    long hours = number(text);
    var violations = new Violations();
    violations.checkParameter(
        hours >= 1 && hours <= MOST_HOURS,
        CommonProblem.INVALID_PARAMETER,
        "hours",
        "must be a number from 1 to " + MOST_HOURS);
    violations.orThrow();
    return (int) hours;
  }

  private static long number(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  private static Behind behind(PageRequest page) {
    return page.cursor().map(c -> new Behind(instant(c), c.number(1))).orElse(NEWEST);
  }

  private static Instant instant(Cursor cursor) {
    try {
      Instant at = Instant.parse(cursor.text(0));
      if (at.isAfter(Instant.EPOCH) && !at.isAfter(NEWEST.at())) {
        return at;
      }
    } catch (DateTimeException e) {
      // falls through to the one answer for every broken cursor
    }
    throw Cursor.invalid();
  }
}
