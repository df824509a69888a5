package dev.quintet.autoscaler.backtest;

import dev.quintet.autoscaler.backtest.BacktestQueries.Claimed;
import dev.quintet.autoscaler.backtest.BacktestQueries.Observation;
import dev.quintet.autoscaler.backtest.BacktestQueries.Sample;
import dev.quintet.common.api.autoscaler.Backtest.Outcome;
import dev.quintet.common.api.autoscaler.BacktestTimeline;
import dev.quintet.common.api.autoscaler.MetricKind;
import dev.quintet.common.api.autoscaler.PolicySpec;
import dev.quintet.common.job.Trouble;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import jakarta.enterprise.context.ApplicationScoped;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jboss.logging.Logger;

/**
 * Runs what was asked for, one at a time in each replica and on a worker thread. A run that its
 * replica did not survive is run again by another: it changes nothing but its own row.
 */
@ApplicationScoped
class BacktestJob {
  private static final Logger LOG = Logger.getLogger(BacktestJob.class);
  private static final String CPU = "cpu";
  private static final String MEMORY = "memory";
  private static final Duration WEEK = Duration.ofDays(7);

  private final BacktestQueries backtests;
  private final Trouble trouble = new Trouble(LOG, "backtests");

  BacktestJob(BacktestQueries backtests) {
    this.backtests = backtests;
  }

  @Scheduled(
      every = "{quintet.autoscaler.backtest-poll:1s}",
      concurrentExecution = ConcurrentExecution.SKIP,
      identity = "autoscaler-backtests")
  Uni<Void> run() {
    return Multi.createBy()
        .repeating()
        .uni(this::next)
        .whilst(Boolean::booleanValue)
        .collect()
        .last()
        .invoke(done -> trouble.worked())
        .onFailure()
        .recoverWithItem(failure -> {
          trouble.failed(failure);
          return false;
        })
        .replaceWithVoid();
  }

  /** False: nothing waits. */
  private Uni<Boolean> next() {
    return backtests
        .claim()
        .chain(claimed ->
            claimed
                .map(one -> one(one).replaceWith(true))
                .orElseGet(() -> Uni.createFrom().item(false)));
  }

  private Uni<Void> one(Claimed claimed) {
    return series(claimed)
        .emitOn(Infrastructure.getDefaultWorkerPool())
        .map(series -> simulated(claimed, series))
        .chain(result ->
            backtests.finish(
                claimed.id(), outcomes(result), timelines(result), result.resultHash()))
        .onFailure(BacktestJob::isOurs)
        .recoverWithUni(failure -> {
          LOG.errorf(failure, "event=backtest_failed id=%s", claimed.id());
          return backtests.fail(claimed.id(), "the run failed; the service's log knows why");
        });
  }

  /** Not an outage: that ends, and the run is claimed again. */
  private static boolean isOurs(Throwable failure) {
    return !dev.quintet.common.sql.Outages.isOutage(failure);
  }

  private static BacktestResult simulated(Claimed claimed, List<DemandSeries> series) {
    StoredSpec spec = claimed.spec();
    var scenario =
        new Scenario(
            claimed.pool(),
            spec.from(),
            spec.to(),
            Duration.ofSeconds(spec.stepSeconds()),
            spec.startInstances(),
            spec.startupDelaySeconds(),
            spec.pricePerInstanceHour(),
            spec.capped(),
            spec.maxAgeSeconds(),
            spec.target(),
            series);
    return Simulation.run(
        scenario, spec.candidates().stream().map(StoredSpec.Way::candidate).toList());
  }

  // --- demand ------------------------------------------------------------------------------------

  private Uni<List<DemandSeries>> series(Claimed claimed) {
    StoredSpec spec = claimed.spec();
    if (spec.trace() != null) {
      return Uni.createFrom().item(List.of(invented(spec)));
    }
    Map<String, MetricKind> metrics = metrics(spec);
    Instant from = spec.from().minus(history(spec));
    return backtests
        .record(claimed.pool(), from, spec.to())
        .chain(observed -> {
          List<Uni<DemandSeries>> all = new ArrayList<>();
          metrics.forEach((metric, kind) ->
              all.add(one(claimed.pool(), metric, kind, from, spec.to(), observed)));
          return Uni.join().all(all).andFailFast();
        });
  }

  private static DemandSeries invented(StoredSpec spec) {
    var trace = Objects.requireNonNull(spec.trace());
    List<BigDecimal> demand = Objects.requireNonNull(trace.demand());
    var points = new ArrayList<DemandPoint>(demand.size());
    for (int i = 0; i < demand.size(); i++) {
      points.add(
          DemandPoint.of(
              spec.from().plusSeconds((long) i * Objects.requireNonNull(trace.intervalSeconds())),
              demand.get(i)));
    }
    return new DemandSeries(
        Objects.requireNonNull(trace.metric()), Objects.requireNonNull(trace.kind()), points);
  }

  /** Those that some policy asks for; cpu where none does, so that there is a demand at all. */
  private static Map<String, MetricKind> metrics(StoredSpec spec) {
    var metrics = new LinkedHashMap<String, MetricKind>();
    for (StoredSpec.Way way : spec.candidates()) {
      for (StoredSpec.Tried policy : way.policies()) {
        for (String metric : policy.spec().metrics()) {
          metrics.putIfAbsent(metric, kind(policy.spec()));
        }
      }
    }
    metrics.putIfAbsent(CPU, MetricKind.UTILIZATION);
    return metrics;
  }

  private static MetricKind kind(PolicySpec spec) {
    return spec instanceof PolicySpec.TargetTracking tracking
        ? tracking.kind()
        : MetricKind.UTILIZATION;
  }

  /** What forecasts look back on. */
  private static Duration history(StoredSpec spec) {
    return spec.candidates().stream()
        .flatMap(way -> way.policies().stream())
        .map(policy ->
            policy.spec() instanceof PolicySpec.Seasonal seasonal
                ? WEEK.multipliedBy(seasonal.weeks())
                : Duration.ZERO)
        .max(Duration::compareTo)
        .orElse(Duration.ZERO);
  }

  private Uni<DemandSeries> one(
      int pool,
      String metric,
      MetricKind kind,
      Instant from,
      Instant to,
      List<Observation> observed) {
    if (metric.equals(CPU) || metric.equals(MEMORY)) {
      var points =
          observed.stream()
              .map(at ->
                  DemandPoint.recorded(
                      at.at(), at.instances(), metric.equals(CPU) ? at.cpu() : at.memory()))
              .toList();
      return Uni.createFrom().item(new DemandSeries(metric, MetricKind.UTILIZATION, points));
    }
    return backtests
        .metric(pool, metric, from, to)
        .map(samples -> new DemandSeries(metric, kind, demand(samples, kind, observed)));
  }

  /** A utilisation needs the instances that there were: those of the newest observation before. */
  private static List<DemandPoint> demand(
      List<Sample> samples, MetricKind kind, List<Observation> observed) {
    var points = new ArrayList<DemandPoint>(samples.size());
    int next = 0;
    for (Sample sample : samples) {
      while (next < observed.size() && !observed.get(next).at().isAfter(sample.at())) {
        next++;
      }
      if (kind == MetricKind.TOTAL) {
        points.add(DemandPoint.of(sample.at(), sample.value()));
      } else if (next > 0) {
        points.add(
            DemandPoint.recorded(sample.at(), observed.get(next - 1).instances(), sample.value()));
      }
    }
    return points;
  }

  // --- results -----------------------------------------------------------------------------------

  private static List<Outcome> outcomes(BacktestResult result) {
    return result.candidates().stream()
        .map(one -> new Outcome(one.name(), one.figures(), one.decisions(), one.decisionsLeftOut()))
        .toList();
  }

  private static List<BacktestTimeline.Candidate> timelines(BacktestResult result) {
    return result.candidates().stream()
        .map(one -> {
          List<TimelinePoint> line = one.timeline();
          return new BacktestTimeline.Candidate(
              one.name(),
              line.getFirst().at(),
              line.size() < 2
                  ? 0
                  : Duration.between(line.get(0).at(), line.get(1).at()).toSeconds(),
              line.stream()
                  .map(TimelinePoint::demand)
                  .collect(java.util.stream.Collectors.toList()),
              line.stream()
                  .map(TimelinePoint::utilization)
                  .collect(java.util.stream.Collectors.toList()),
              line.stream().map(TimelinePoint::current).toList(),
              line.stream().map(TimelinePoint::ready).toList(),
              line.stream().map(TimelinePoint::target).toList(),
              line.stream().map(TimelinePoint::code).collect(java.util.stream.Collectors.toList()));
        })
        .toList();
  }
}
