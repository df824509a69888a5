package dev.quintet.tracker.report;

import dev.quintet.common.api.tracker.ActiveInstances;
import dev.quintet.common.api.tracker.Anomaly;
import dev.quintet.common.api.tracker.ApplicationBudget;
import dev.quintet.common.api.tracker.ShardAdvice;
import dev.quintet.common.api.tracker.ShardHolder;
import dev.quintet.common.api.tracker.StaleInstance;
import dev.quintet.common.api.tracker.TrackerProblem;
import dev.quintet.common.page.Cursor;
import dev.quintet.common.page.Page;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Callers;
import dev.quintet.common.security.Roles;
import dev.quintet.tracker.access.ClusterAccess;
import dev.quintet.tracker.report.ReportQueries.AnomalyPlace;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Over all clusters that the caller may see. */
@Path("/api/v1")
@Tag(name = "reports")
@RolesAllowed(Roles.USER)
public class ReportResource {
  /** As long as events are kept; nothing older is worth asking for. */
  private static final long LONGEST_S = 90L * 24 * 60 * 60;

  private final ReportQueries reports;
  private final ClusterAccess access;
  private final Callers callers;

  ReportResource(ReportQueries reports, ClusterAccess access, Callers callers) {
    this.reports = reports;
    this.access = access;
    this.callers = callers;
  }

  @GET
  @Path("/reports/active-instances")
  @Operation(
      summary = "How many instances of each cluster sent a heartbeat lately",
      description = "Within window_s seconds, 300 if not given.")
  public Uni<Page<ActiveInstances>> activeInstances(
      @QueryParam("window_s") @Nullable String window,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    long seconds = seconds(window, "window_s", 300, 1);
    var page = PageRequest.of(limit, cursor, 1);
    return reports
        .active(scope(), seconds, text(page, 0), page.fetch())
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.clusterName())));
  }

  @GET
  @Path("/reports/shard-distribution")
  @Operation(summary = "Every held shard of the serving layouts and its holder")
  public Uni<Page<ShardHolder>> shardDistribution(
      @QueryParam("cluster") @Nullable String cluster,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    if (cluster != null) {
      access.to(cluster);
    }
    var page = PageRequest.of(limit, cursor, 2);
    int shard = page.cursor().map(c -> number(c, 1)).orElse(-1);
    return reports
        .distribution(scope(), cluster, text(page, 0), shard, page.fetch())
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.clusterName(), row.shardId())));
  }

  @GET
  @Path("/reports/stale")
  @Operation(
      summary = "Instances that have not been heard of",
      description = "For longer than threshold_s seconds, 600 if not given, as the cleanup has it.")
  public Uni<Page<StaleInstance>> staleInstances(
      @QueryParam("threshold_s") @Nullable String threshold,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    long seconds = seconds(threshold, "threshold_s", 600, 0);
    var page = PageRequest.of(limit, cursor, 2);
    return reports
        .stale(scope(), seconds, text(page, 0), text(page, 1), page.fetch())
        .map(
            rows -> Page.of(rows, page, row -> Cursor.behind(row.clusterName(), row.instanceId())));
  }

  @GET
  @Path("/reports/anomalies")
  @Operation(
      summary = "What should not be",
      description =
          "shard_beyond_total and mixed_totals: rows of the seed's table that fit no layout."
              + " unfenced: shards held without a fencing number. guilds_near_limit (2000) and"
              + " guilds_over_limit (2500). double_holder and projection_mismatch: the seed's table"
              + " and the leases differ, which would be a fault of the tracker.")
  public Uni<Page<Anomaly>> anomalies(
      @QueryParam("limit") @Nullable String limit, @QueryParam("cursor") @Nullable String cursor) {
    var page = PageRequest.of(limit, cursor, 4);
    var after =
        page.cursor()
            .map(c -> new AnomalyPlace(c.text(0), c.text(1), number(c, 2), c.text(3)))
            .orElse(AnomalyPlace.START);
    return reports
        .anomalies(scope(), after, page.fetch())
        .map(rows -> Page.of(rows, page, AnomalyPlace::cursor));
  }

  @GET
  @Path("/reports/identify-budget")
  @Operation(summary = "What is left of each application's daily identifies")
  public Uni<Page<ApplicationBudget>> identifyBudget(
      @QueryParam("limit") @Nullable String limit, @QueryParam("cursor") @Nullable String cursor) {
    var page = PageRequest.of(limit, cursor, 1);
    return reports
        .budgets(scope(), text(page, 0), page.fetch())
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.applicationId())));
  }

  @GET
  @Path("/reports/recommendation")
  @Operation(
      summary = "How many shards each cluster should have",
      description = "One per 1000 guilds, rounded up to the cluster's shard_multiple.")
  public Uni<Page<ShardAdvice>> recommendation(
      @QueryParam("limit") @Nullable String limit, @QueryParam("cursor") @Nullable String cursor) {
    var page = PageRequest.of(limit, cursor, 1);
    return reports
        .advice(scope(), text(page, 0), page.fetch())
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.clusterName())));
  }

  private @Nullable Set<String> scope() {
    return callers.current().clusters();
  }

  private static String text(PageRequest page, int column) {
    return page.cursor().map(c -> c.text(column)).orElse("");
  }

  private static int number(Cursor cursor, int column) {
    long number = cursor.number(column);
    if (number < -1 || number > Integer.MAX_VALUE) {
      throw Cursor.invalid();
    }
    return (int) number;
  }

  private static long seconds(@Nullable String text, String name, long usual, long least) {
    if (text == null) {
      return usual;
    }
    var violations = new Violations();
    long seconds = -1;
    try {
      seconds = Long.parseLong(text);
    } catch (NumberFormatException e) {
      // told below, as any other number out of bounds
    }
    violations.checkParameter(
        seconds >= least && seconds <= LONGEST_S,
        TrackerProblem.INVALID_THRESHOLD,
        name,
        "must be a number of seconds from " + least + " to " + LONGEST_S);
    violations.orThrow();
    return seconds;
  }
}
