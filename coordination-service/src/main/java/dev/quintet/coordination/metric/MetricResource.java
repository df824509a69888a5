package dev.quintet.coordination.metric;

import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.api.coordination.MetricPartitions;
import dev.quintet.common.api.coordination.MetricPercentiles;
import dev.quintet.common.api.coordination.MetricPercentiles.Point;
import dev.quintet.common.api.coordination.MetricPercentiles.Series;
import dev.quintet.common.api.coordination.MetricReceipt;
import dev.quintet.common.api.coordination.MetricReport;
import dev.quintet.common.api.coordination.PerformanceMetric;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.page.Cursor;
import dev.quintet.common.page.Page;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Callers;
import dev.quintet.common.security.Roles;
import dev.quintet.coordination.metric.MetricReadQueries.Answer;
import dev.quintet.coordination.metric.MetricReadQueries.Found;
import dev.quintet.coordination.metric.MetricReadQueries.Listing;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Performance metrics of the whole platform. */
@Path("/api/v1")
@Tag(name = "metrics")
public class MetricResource {
  private static final Duration USUAL_SPAN = Duration.ofHours(24);
  private static final Duration AHEAD = Duration.ofHours(2);
  private static final OffsetDateTime END = OffsetDateTime.parse("9999-12-31T00:00:00Z");
  private static final UUID LAST_ID = UUID.fromString("ffffffff-ffff-ffff-ffff-ffffffffffff");
  private static final String COUNTER = "coordination.metrics.ingested";
  private static final String OUTCOME = "outcome";

  private final MetricQueries metrics;
  private final MetricReadQueries reads;
  private final Partitions partitions;
  private final MetricConfig config;
  private final Callers callers;
  private final Clock clock;
  private final MeterRegistry meters;

  MetricResource(
      MetricQueries metrics,
      MetricReadQueries reads,
      Partitions partitions,
      MetricConfig config,
      Callers callers,
      Clock clock,
      MeterRegistry meters) {
    this.metrics = metrics;
    this.reads = reads;
    this.partitions = partitions;
    this.config = config;
    this.callers = callers;
    this.clock = clock;
    this.meters = meters;
  }

  @POST
  @Path("/metrics/batch")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "Store metrics",
      description =
          "Up to 5000. What is good is stored, what is not is told by its index; all_rejected only where nothing is good. A metric with an id"
              + " that was stored with the same timestamp is a duplicate, so a batch whose metrics have both may be sent until it is answered.")
  @Problems({"batch_too_large", "all_rejected", "required", "invalid_value"})
  public Uni<MetricReceipt> storeMetrics(MetricReport report) {
    if (report.metrics().size() > config.largestBatch()) {
      throw new ProblemException(
              CoordinationProblem.BATCH_TOO_LARGE,
              report.metrics().size() + " metrics in one request")
          .with("limit", config.largestBatch());
    }
    var violations = new Violations();
    // Here and not in the record, from which what is wrong has been taken out before it is made.
    violations.check(
        !report.metrics().isEmpty() && report.metrics().stream().noneMatch(Objects::isNull),
        CommonProblem.INVALID_VALUE,
        "/metrics",
        "must not be empty, nor hold null");
    violations.orThrow();
    var verdict =
        new MetricJudge(clock.instant(), config.retentionMonths(), UUID::randomUUID)
            .judge(report.metrics());
    meters.counter(COUNTER, OUTCOME, "rejected").increment(verdict.rejected().size());
    if (verdict.good().size() == 0) {
      throw new ProblemException(CoordinationProblem.ALL_REJECTED)
          .with("rejected", verdict.rejected());
    }
    int good = verdict.good().size();
    return metrics
        .ingest(verdict.good())
        .invoke(stored -> {
          meters.counter(COUNTER, OUTCOME, "accepted").increment(stored);
          meters.counter(COUNTER, OUTCOME, "duplicate").increment(good - stored);
        })
        .map(stored -> new MetricReceipt(stored, good - stored, verdict.rejected()));
  }

  @GET
  @Path("/metrics")
  @RolesAllowed(Roles.ADMIN)
  @Operation(
      summary = "Metrics as they were sent, newest first",
      description = "Of a type and a name; from and to (exclusive) bound the time.")
  @Problems({"invalid_window", "invalid_parameter", "invalid_limit", "invalid_cursor"})
  public Uni<Page<PerformanceMetric>> metrics(
      @QueryParam("type") @Nullable String type,
      @QueryParam("name") @Nullable String name,
      @QueryParam("from") @Nullable String from,
      @QueryParam("to") @Nullable String to,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    var parameters = new Parameters();
    Instant begin = parameters.instant("from", from, Instant.EPOCH);
    Instant end = parameters.instant("to", to, clock.instant().plus(AHEAD));
    parameters.window(begin, end);
    parameters.orThrow();
    var page = PageRequest.of(limit, cursor, 2);
    var listing =
        new Listing(
            type,
            name,
            begin.atOffset(ZoneOffset.UTC),
            end.atOffset(ZoneOffset.UTC),
            page.cursor().map(MetricResource::before).orElse(END),
            page.cursor().map(MetricResource::beforeId).orElse(LAST_ID));
    return reads
        .rows(callers.current(), listing, page.fetch())
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.timestamp(), row.id())));
  }

  @GET
  @Path("/metrics/percentiles")
  @RolesAllowed(Roles.ADMIN)
  @Operation(
      summary = "Percentiles of a metric over time",
      description =
          "p: such as 50,95,99. step: seconds, or 30s, 5m, 1h, 1d; without it one point for all. group_by: dimensions.NAME. Without from and"
              + " to the last 24 hours. Exact up to 200000 rows, beyond from rollups by the minute (step in whole minutes): see method.")
  @Problems({"required", "invalid_window", "invalid_parameter"})
  public Uni<MetricPercentiles> percentiles(
      @QueryParam("type") @Nullable String type,
      @QueryParam("name") @Nullable String name,
      @QueryParam("from") @Nullable String from,
      @QueryParam("to") @Nullable String to,
      @QueryParam("step") @Nullable String step,
      @QueryParam("p") @Nullable String p,
      @QueryParam("group_by") @Nullable String groupBy) {
    var parameters = new Parameters();
    Instant end = parameters.instant("to", to, clock.instant());
    var subject =
        new Subject(
            parameters.required("type", type),
            parameters.required("name", name),
            parameters.instant("from", from, end.minus(USUAL_SPAN)),
            end,
            parameters.seconds("step", step),
            parameters.dimension("group_by", groupBy));
    parameters.window(subject.from(), subject.to());
    Map<String, Double> fractions = parameters.percentiles("p", p == null ? "50,95,99" : p);
    parameters.orThrow();
    return reads
        .percentiles(
            callers.current(), subject, List.copyOf(fractions.values()), config.exactRows())
        .map(answer -> told(subject, List.copyOf(fractions.keySet()), answer));
  }

  @GET
  @Path("/metrics/partitions")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(summary = "The months of metrics, oldest first")
  public Uni<MetricPartitions> partitions() {
    return metrics.partitions().map(MetricPartitions::new);
  }

  @POST
  @Path("/metrics/partitions/maintain")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(
      summary = "Make the months ahead and drop those past retention, now",
      description = "What the jobs partitions and retention do every day.")
  public Uni<MetricPartitions> maintainPartitions() {
    return partitions
        .makeAhead()
        .chain(partitions::retain)
        .chain(metrics::partitions)
        .map(MetricPartitions::new);
  }

  private static MetricPercentiles told(Subject subject, List<String> names, Answer answer) {
    Long step = subject.stepSeconds();
    if (answer.rolled() && step != null && step % 60 != 0) {
      throw invalidStep("must be whole minutes, as there are too many rows to be exact");
    }
    if (answer.points().size()
        > (answer.rolled()
            ? MetricReadQueries.MOST_ROLLED_POINTS
            : MetricReadQueries.MOST_EXACT_POINTS)) {
      throw invalidStep("is too short: there would be too many points");
    }
    var whole = answer.rolled() ? subject.toWholeMinutes() : subject;
    return new MetricPercentiles(
        subject.type(),
        subject.name(),
        whole.from(),
        whole.to(),
        step,
        answer.rolled() ? "rollup" : "exact",
        series(answer.points(), names));
  }

  private static List<Series> series(List<Found> points, List<String> names) {
    var groups = new LinkedHashMap<@Nullable String, List<Point>>();
    for (Found found : points) {
      var percentiles = new LinkedHashMap<String, Double>();
      for (int i = 0; i < names.size(); i++) {
        percentiles.put(names.get(i), found.values().get(i));
      }
      groups
          .computeIfAbsent(found.group(), group -> new ArrayList<>())
          .add(
              new Point(
                  found.at(), found.count(), found.min(), found.max(), found.avg(), percentiles));
    }
    return groups.entrySet().stream()
        .map(group -> new Series(group.getKey(), List.copyOf(group.getValue())))
        .toList();
  }

  private static ProblemException invalidStep(String detail) {
    return new ProblemException(CommonProblem.INVALID_PARAMETER, "step " + detail);
  }

  private static OffsetDateTime before(Cursor cursor) {
    try {
      var at = Instant.parse(cursor.text(0)).atOffset(ZoneOffset.UTC);
      if (at.getYear() >= 1970 && !at.isAfter(END)) {
        return at;
      }
    } catch (DateTimeException e) {
      // falls through to the one answer for every broken cursor
    }
    throw Cursor.invalid();
  }

  private static UUID beforeId(Cursor cursor) {
    try {
      return UUID.fromString(cursor.text(1));
    } catch (IllegalArgumentException e) {
      throw Cursor.invalid();
    }
  }
}
