package dev.quintet.autoscaler.metric;

import dev.quintet.autoscaler.metric.MetricQueries.Bucket;
import dev.quintet.autoscaler.metric.MetricQueries.Listing;
import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.api.autoscaler.MetricQueryResult;
import dev.quintet.common.api.autoscaler.MetricQueryResult.Point;
import dev.quintet.common.api.autoscaler.MetricQueryResult.Series;
import dev.quintet.common.api.autoscaler.MetricRow;
import dev.quintet.common.api.autoscaler.MetricType;
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
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** What nodes have measured. */
@Path("/api/v1")
@Tag(name = "metrics")
@RolesAllowed({Roles.USER, Roles.SERVICE})
public class MetricResource {
  /** 2^64, which the database divided sums of huge values by. */
  private static final double SCALE = 0x1p64;

  private final MetricQueries metrics;
  private final MetricConfig config;
  private final Clock clock;

  MetricResource(MetricQueries metrics, MetricConfig config, Clock clock) {
    this.metrics = metrics;
    this.config = config;
    this.clock = clock;
  }

  @GET
  @Path("/metrics")
  @Operation(
      summary = "Samples as they came, newest first",
      description =
          "Of a pool (pool_id), or of a node and all its pools (node_id); one of them is needed. from and to (exclusive) bound the time.")
  @Problems({"required", "invalid_window", "invalid_parameter"})
  public Uni<Page<MetricRow>> metrics(
      @QueryParam("pool_id") @Nullable String pool,
      @QueryParam("node_id") @Nullable String node,
      @QueryParam("metric_type") @Nullable String metricType,
      @QueryParam("from") @Nullable String from,
      @QueryParam("to") @Nullable String to,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    var violations = new Violations();
    var subject = Parameters.subject(violations, pool, node, true);
    Instant begin = Parameters.instant(violations, "from", from).orElse(Parameters.EARLIEST);
    Instant end = Parameters.instant(violations, "to", to).orElse(Parameters.LATEST);
    Parameters.checkWindow(violations, begin, end);
    violations.orThrow();
    var page = PageRequest.of(limit, cursor, 2);
    var listing =
        new Listing(
            subject,
            metricType,
            begin,
            end,
            page.cursor().map(c -> Parameters.instant(c, 0)).orElse(Parameters.LATEST),
            page.cursor().map(c -> c.number(1)).orElse(Long.MAX_VALUE));
    return metrics
        .rows(listing, page.fetch())
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.timestamp(), row.id())));
  }

  @GET
  @Path("/metrics/query")
  @Operation(
      summary = "A metric over time, in buckets",
      description =
          "Of a pool (pool_id), or of a node itself (node_id alone). step: seconds, or 30s, 5m, 1h, 1d. agg: avg, min, max, sum, count, last,"
              + " p50, p95, p99. Buckets begin at multiples of the step; empty ones are null; at most 11000 points, else too_many_points."
              + " Computed from rollups where they give the same: see source.")
  @Problems({"required", "invalid_window", "too_many_points", "invalid_parameter"})
  public Uni<MetricQueryResult> queryMetrics(
      @QueryParam("metric_type") @Nullable String metricType,
      @QueryParam("pool_id") @Nullable String pool,
      @QueryParam("node_id") @Nullable String node,
      @QueryParam("unit") @Nullable String unit,
      @QueryParam("from") @Nullable String from,
      @QueryParam("to") @Nullable String to,
      @QueryParam("step") @Nullable String step,
      @QueryParam("agg") @Nullable String agg) {
    var violations = new Violations();
    var subject = Parameters.subject(violations, pool, node, true);
    Parameters.required(violations, "metric_type", metricType);
    Parameters.required(violations, "from", from);
    Instant begin = Parameters.instant(violations, "from", from).orElse(Parameters.EARLIEST);
    Instant end = Parameters.instant(violations, "to", to).orElseGet(clock::instant);
    Parameters.checkWindow(violations, begin, end);
    long seconds = step == null ? 60 : Parameters.seconds(violations, "step", step);
    Optional<Aggregate> aggregate = Aggregate.of(agg == null ? "avg" : agg);
    violations.checkParameter(
        aggregate.isPresent(),
        CommonProblem.INVALID_PARAMETER,
        "agg",
        "must be one of avg, min, max, sum, count, last, p50, p95, p99");
    violations.orThrow();
    Instant now = clock.instant();
    var window =
        Window.of(
            begin,
            end,
            seconds,
            aggregate.orElseThrow(),
            now.minus(config.keep()),
            now.minus(config.keepMinutes()));
    String type = metricType == null ? "" : metricType;
    return metrics
        .buckets(subject, type, unit, window, aggregate.orElseThrow())
        .map(buckets ->
            new MetricQueryResult(
                subject.nodeId(),
                subject.poolId(),
                type,
                aggregate.orElseThrow().label(),
                window.from(),
                window.to(),
                window.stepSeconds(),
                window.source().name().toLowerCase(java.util.Locale.ROOT),
                series(buckets, window, aggregate.orElseThrow())));
  }

  @GET
  @Path("/metrics/types")
  @Operation(
      summary = "Which metrics there are, by name and unit",
      description =
          "Of all, of a pool, or of a node with its pools. A new one shows within a minute.")
  @Problems("invalid_parameter")
  public Uni<Page<MetricType>> metricTypes(
      @QueryParam("pool_id") @Nullable String pool,
      @QueryParam("node_id") @Nullable String node,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    var violations = new Violations();
    var subject = Parameters.subject(violations, pool, node, false);
    violations.orThrow();
    var page = PageRequest.of(limit, cursor, 2);
    return metrics
        .kinds(
            subject,
            page.cursor().map(c -> c.text(0)).orElse(""),
            page.cursor().map(c -> c.text(1)).orElse(""),
            page.fetch())
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.metricType(), row.unit())));
  }

  /** Puts each value into its place; the places between stay null. */
  private static List<Series> series(List<Bucket> buckets, Window window, Aggregate agg) {
    int points = window.points();
    var values = new LinkedHashMap<String, @Nullable Double[]>();
    for (Bucket bucket : buckets) {
      @Nullable Double[] line = values.computeIfAbsent(bucket.unit(), u -> new Double[points]);
      if (buckets.size() > MetricQueries.MOST_BUCKETS
          || (long) values.size() * points > MetricQueries.MOST_BUCKETS) {
        throw new ProblemException(
            AutoscalerProblem.TOO_MANY_POINTS, "the metric has many units: name one of them");
      }
      line[(int) ((bucket.at() - window.firstBucket()) / window.stepSeconds())] =
          value(bucket, agg);
    }
    return values.entrySet().stream()
        .map(one -> new Series(one.getKey(), line(one.getValue(), window)))
        .toList();
  }

  private static List<Point> line(@Nullable Double[] values, Window window) {
    var points = new Point[values.length];
    for (int i = 0; i < values.length; i++) {
      points[i] =
          new Point(
              Instant.ofEpochSecond(window.firstBucket() + i * window.stepSeconds()), values[i]);
    }
    return List.of(points);
  }

  private static @Nullable Double value(Bucket bucket, Aggregate agg) {
    return switch (agg) {
      case AVG -> finite(or0(bucket.sum()) / bucket.n() + or0(bucket.huge()) / bucket.n() * SCALE);
      case SUM -> finite(or0(bucket.sum()) + or0(bucket.huge()) * SCALE);
      case COUNT -> (double) bucket.n();
      case MIN -> bucket.min();
      case MAX -> bucket.max();
      case LAST, P50, P95, P99 -> bucket.last();
    };
  }

  private static double or0(@Nullable Double sum) {
    return sum == null ? 0 : sum;
  }

  /** JSON has no word for what is beyond; the largest double is as near as it gets. */
  private static double finite(double sum) {
    return Math.max(-Double.MAX_VALUE, Math.min(Double.MAX_VALUE, sum));
  }
}
