package dev.quintet.autoscaler.backtest;

import dev.quintet.autoscaler.backtest.Candidate.NamedPolicy;
import dev.quintet.autoscaler.decision.ActivePolicy;
import dev.quintet.autoscaler.decision.Decision;
import dev.quintet.autoscaler.decision.DemandHistory;
import dev.quintet.autoscaler.decision.Forecast;
import dev.quintet.autoscaler.decision.LastScale;
import dev.quintet.autoscaler.decision.Reading;
import dev.quintet.autoscaler.decision.Scaling;
import dev.quintet.autoscaler.decision.ScalingInput;
import dev.quintet.autoscaler.decision.TargetChange;
import dev.quintet.autoscaler.decision.Wish;
import dev.quintet.common.api.autoscaler.BacktestFigures;
import dev.quintet.common.api.autoscaler.BehaviorSpec;
import dev.quintet.common.api.autoscaler.BehaviorSpec.Rate;
import dev.quintet.common.api.autoscaler.ControlMode;
import dev.quintet.common.api.autoscaler.Decimals;
import dev.quintet.common.api.autoscaler.DecisionCode;
import dev.quintet.common.api.autoscaler.Explanation;
import dev.quintet.common.api.autoscaler.MetricKind;
import dev.quintet.common.api.autoscaler.PolicySpec;
import dev.quintet.common.api.autoscaler.ScalingEvent;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Runs candidates through a scenario. A target set in one step holds from the next; instances that
 * are started then serve after the startup delay; instances that are taken away go at once, those
 * that do not serve yet first.
 */
public final class Simulation {
  /** Of one candidate, with their reasons; the timeline has the codes of all. */
  public static final int MOST_DECISIONS = 2_000;

  private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);
  private static final BigDecimal SIXTY = BigDecimal.valueOf(60);
  private static final long REVERSAL_SECONDS = 600;

  /**
   * Rounded down, so that a demand which exactly fills so many instances at their target does not
   * seem to need one more.
   */
  private static final int UTILIZATION_DIGITS = 9;

  private static final int COST_DIGITS = 6;

  private Simulation() {}

  /** Deterministic: the same scenario and candidates give the same result, to the byte. */
  public static BacktestResult run(Scenario scenario, List<Candidate> candidates) {
    BigDecimal target = scenario.target() == null ? target(candidates) : scenario.target();
    List<CandidateResult> results =
        candidates.stream()
            .map(candidate -> new Run(scenario, candidate, target).result())
            .toList();
    return new BacktestResult(results, hash(results));
  }

  private static BigDecimal target(List<Candidate> candidates) {
    return candidates.stream()
        .flatMap(candidate -> candidate.policies().stream())
        .flatMap(policy ->
            policy.spec() instanceof PolicySpec.TargetTracking spec
                    && spec.kind() == MetricKind.UTILIZATION
                ? Stream.of(spec.target())
                : Stream.empty())
        .findFirst()
        .orElse(HUNDRED);
  }

  private static String hash(List<CandidateResult> results) {
    MessageDigest sha256;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
    var line = new StringBuilder(200);
    for (CandidateResult result : results) {
      add(sha256, line.append(result.name()).append('\n').append(result.figures()).append('\n'));
      for (TimelinePoint point : result.timeline()) {
        line.append(point.at().getEpochSecond())
            .append(' ')
            .append(plain(point.demand()))
            .append(' ')
            .append(plain(point.utilization()))
            .append(' ')
            .append(point.current())
            .append(' ')
            .append(point.ready())
            .append(' ')
            .append(point.target())
            .append(' ')
            .append(point.code())
            .append('\n');
        add(sha256, line);
      }
      for (Explanation decision : result.decisions()) {
        add(sha256, line.append(decision).append('\n'));
      }
    }
    return HexFormat.of().formatHex(sha256.digest());
  }

  private static void add(MessageDigest digest, StringBuilder line) {
    digest.update(line.toString().getBytes(StandardCharsets.UTF_8));
    line.setLength(0);
  }

  private static @Nullable String plain(@Nullable BigDecimal number) {
    return number == null ? null : number.toPlainString();
  }

  /** The series at the present step, and what the pool made of it in the steps before. */
  private static final class Measured {
    final DemandSeries series;
    final DemandHistory history = new DemandHistory();
    final List<@Nullable BigDecimal> values = new ArrayList<>();
    int next;
    @Nullable DemandPoint point;

    Measured(DemandSeries series) {
      this.series = series;
    }

    void moveTo(Instant at, int maxAgeSeconds) {
      List<DemandPoint> points = series.points();
      while (next < points.size() && !points.get(next).at().isAfter(at)) {
        DemandPoint seen = points.get(next++);
        history.add(seen.at(), seen.demand());
      }
      DemandPoint newest = next == 0 ? null : points.get(next - 1);
      point = newest == null || newest.at().plusSeconds(maxAgeSeconds).isBefore(at) ? null : newest;
    }
  }

  private static final class Run {
    private final Scenario scenario;
    private final Candidate candidate;
    private final BigDecimal tooMuch;
    private final long step;
    private final int memorySeconds;
    private final int periodSeconds;
    private final List<Measured> measured;

    // The pool.
    private int target;
    private int current;
    private int ready;
    private final Deque<Starting> starting = new ArrayDeque<>();

    // What the service would have on record.
    private long generation;
    private @Nullable LastScale lastScale;
    private final List<Wish> wishes = new ArrayList<>();
    private final List<TargetChange> changes = new ArrayList<>();

    // The result.
    private final List<TimelinePoint> timeline = new ArrayList<>();
    private final List<Explanation> decisions = new ArrayList<>();
    private int decisionsLeftOut;
    private final List<TargetChange> allChanges = new ArrayList<>();
    private @Nullable DecisionCode lastCode;
    private long instanceSteps;
    private long recordedInstanceSteps;
    private boolean recorded;
    private long overSteps;
    private long saturatedSteps;
    private long censoredSteps;
    private long noDataSteps;

    private record Starting(Instant readyAt, int instances) {}

    Run(Scenario scenario, Candidate candidate, BigDecimal tooMuch) {
      this.scenario = scenario;
      this.candidate = candidate;
      this.tooMuch = tooMuch;
      this.step = scenario.step().toSeconds();
      BehaviorSpec behavior = candidate.behavior();
      this.memorySeconds =
          Math.max(behavior.scaleInWindowSeconds(), behavior.scaleOutWindowSeconds());
      this.periodSeconds =
          Stream.of(behavior.scaleInRates(), behavior.scaleOutRates())
              .flatMap(rates -> rates.rates().stream())
              .mapToInt(Rate::periodSeconds)
              .max()
              .orElse(0);
      this.measured = scenario.series().stream().map(Measured::new).toList();
      this.target = scenario.startInstances();
      this.current = target;
      this.ready = target;
    }

    CandidateResult result() {
      long sinceStart = 0;
      for (Instant at = scenario.from();
          at.isBefore(scenario.to());
          at = at.plusSeconds(step), sinceStart += step) {
        boolean due = sinceStart % candidate.evaluateEverySeconds() < step;
        step(at, due);
      }
      return new CandidateResult(
          candidate.name(),
          figures(),
          List.copyOf(decisions),
          decisionsLeftOut,
          List.copyOf(timeline));
    }

    private void step(Instant at, boolean due) {
      follow(at);
      for (Measured each : measured) {
        each.moveTo(at, scenario.maxAgeSeconds());
        each.values.add(value(each));
      }
      DecisionCode code = due ? decide(at) : null;
      count(at, code);
    }

    /** The pool does what it was told in the step before. */
    private void follow(Instant at) {
      if (target > current) {
        starting.addLast(
            new Starting(at.plusSeconds(scenario.startupDelaySeconds()), target - current));
      } else if (target < current) {
        int surplus = current - target;
        while (surplus > 0 && !starting.isEmpty()) {
          Starting last = starting.removeLast();
          int kept = Math.max(0, last.instances() - surplus);
          surplus -= last.instances() - kept;
          if (kept > 0) {
            starting.addLast(new Starting(last.readyAt(), kept));
          }
        }
        ready -= surplus;
      }
      current = target;
      while (!starting.isEmpty() && !starting.getFirst().readyAt().isAfter(at)) {
        ready += starting.removeFirst().instances();
      }
      if (lastScale != null && lastScale.reachedAt() == null && ready == target) {
        lastScale = new LastScale(lastScale.at(), at);
      }
    }

    private @Nullable BigDecimal value(Measured each) {
      if (each.point == null) {
        return null;
      }
      BigDecimal demand = each.point.demand();
      if (each.series.kind() == MetricKind.TOTAL) {
        return demand;
      }
      if (ready == 0) {
        return demand.signum() > 0 ? HUNDRED : BigDecimal.ZERO;
      }
      BigDecimal utilization =
          demand.divide(BigDecimal.valueOf(ready), UTILIZATION_DIGITS, RoundingMode.DOWN);
      return scenario.capped() ? utilization.min(HUNDRED) : utilization;
    }

    private @Nullable DecisionCode decide(Instant at) {
      var policies = new ArrayList<ActivePolicy>(candidate.policies().size());
      for (NamedPolicy policy : candidate.policies()) {
        policies.add(active(policy, at));
      }
      var input =
          new ScalingInput(
              scenario.poolId(),
              at,
              ControlMode.MANAGED,
              false,
              candidate.min(),
              candidate.max(),
              current,
              ready,
              0,
              target,
              generation,
              policies,
              candidate.behavior(),
              wishes,
              List.of(),
              changes,
              lastScale,
              candidate.schedules(),
              null);
      Decision decision = Scaling.decide(input);
      if (memorySeconds > 0) {
        Instant forgotten = at.minusSeconds(memorySeconds);
        while (!wishes.isEmpty() && !wishes.getFirst().at().isAfter(forgotten)) {
          wishes.removeFirst();
        }
        wishes.add(new Wish(at, decision.wish()));
      }
      if (decision.changesTarget()) {
        var change = new TargetChange(at, target, decision.standingTarget());
        allChanges.add(change);
        if (periodSeconds > 0) {
          Instant forgotten = at.minusSeconds(periodSeconds);
          while (!changes.isEmpty() && !changes.getFirst().at().isAfter(forgotten)) {
            changes.removeFirst();
          }
          changes.add(change);
        }
        lastScale = new LastScale(at, null);
        target = decision.standingTarget();
        generation = decision.generation();
      }
      if (decision.event() != ScalingEvent.NO_ACTION || decision.code() != lastCode) {
        if (decisions.size() < MOST_DECISIONS) {
          decisions.add(decision.explanation());
        } else {
          decisionsLeftOut++;
        }
      }
      lastCode = decision.code();
      return lastCode;
    }

    // --- what a policy gets to see ---------------------------------------------------------------

    private ActivePolicy active(NamedPolicy policy, Instant at) {
      var readings = new ArrayList<Reading>(2);
      Forecast forecast = null;
      for (String metric : policy.spec().metrics()) {
        for (Measured each : measured) {
          if (each.series.metric().equals(metric)) {
            Reading reading = reading(policy.spec(), each, at);
            if (reading != null) {
              readings.add(reading);
            }
            if (policy.spec() instanceof PolicySpec.Seasonal seasonal) {
              forecast = each.history.forecast(seasonal, at).orElse(null);
            }
          }
        }
      }
      return new ActivePolicy(policy.name(), policy.spec(), false, readings, forecast);
    }

    private @Nullable Reading reading(PolicySpec spec, Measured each, Instant at) {
      if (each.next == 0) {
        return null;
      }
      Instant newest = each.series.points().get(each.next - 1).at();
      int width = (int) Math.max(1, spec.windowSeconds() / step);
      int end = each.values.size();
      BigDecimal value = statistic(spec, each.values, end - width, end);
      if (value == null) {
        // A window without any sample: the policy shall see that what there is is too old.
        Instant tooOld = at.minusSeconds(spec.maxAgeSeconds() + 1L);
        return new Reading(
            each.series.metric(),
            BigDecimal.ZERO,
            0,
            newest.isBefore(tooOld) ? newest : tooOld,
            List.of());
      }
      List<BigDecimal> points = List.of();
      if (spec instanceof PolicySpec.Step steps) {
        points = new ArrayList<>(steps.ofPoints());
        for (int i = steps.ofPoints() - 1; i >= 0; i--) {
          BigDecimal point = statistic(spec, each.values, end - width * (i + 1), end - width * i);
          if (point != null) {
            points.add(point);
          }
        }
      }
      return new Reading(each.series.metric(), value, Math.max(1, ready), newest, points);
    }

    private static @Nullable BigDecimal statistic(
        PolicySpec spec, List<@Nullable BigDecimal> values, int from, int to) {
      if (to <= 0) {
        return null;
      }
      if (to - from == 1) {
        return values.get(from);
      }
      var known = new ArrayList<BigDecimal>(to - Math.max(0, from));
      for (int i = Math.max(0, from); i < to; i++) {
        BigDecimal value = values.get(i);
        if (value != null) {
          known.add(value);
        }
      }
      if (known.isEmpty()) {
        return null;
      }
      known.sort(null);
      return switch (spec.statistic()) {
        case AVG ->
            known.stream()
                .reduce(BigDecimal.ZERO, BigDecimal::add)
                .divide(BigDecimal.valueOf(known.size()), UTILIZATION_DIGITS, RoundingMode.DOWN);
        case MIN -> known.getFirst();
        case MAX -> known.getLast();
        case P50 -> known.get(rank(known.size(), 50));
        case P95 -> known.get(rank(known.size(), 95));
        case P99 -> known.get(rank(known.size(), 99));
      };
    }

    // --- counting --------------------------------------------------------------------------------

    private void count(Instant at, @Nullable DecisionCode code) {
      Measured first = measured.getFirst();
      DemandPoint point = first.point;
      BigDecimal utilization =
          first.series.kind() == MetricKind.UTILIZATION ? first.values.getLast() : null;
      instanceSteps += current;
      if (point == null) {
        noDataSteps++;
      } else {
        if (point.censored()) {
          censoredSteps++;
        }
        if (point.recordedInstances() != null) {
          recorded = true;
          recordedInstanceSteps += point.recordedInstances();
        }
      }
      if (utilization != null) {
        overSteps += utilization.compareTo(tooMuch) > 0 ? 1 : 0;
        saturatedSteps += utilization.compareTo(HUNDRED) >= 0 ? 1 : 0;
      }
      timeline.add(
          new TimelinePoint(
              at,
              point == null ? null : point.demand(),
              utilization,
              current,
              ready,
              target,
              code));
    }

    private BacktestFigures figures() {
      BigDecimal instanceMinutes = minutes(instanceSteps);
      BigDecimal price = scenario.pricePerInstanceHour();
      int ups = 0;
      int reversals = 0;
      for (int i = 0; i < allChanges.size(); i++) {
        TargetChange change = allChanges.get(i);
        boolean up = change.after() > change.before();
        ups += up ? 1 : 0;
        if (i > 0) {
          TargetChange before = allChanges.get(i - 1);
          boolean wasUp = before.after() > before.before();
          boolean soon =
              change.at().getEpochSecond() - before.at().getEpochSecond() <= REVERSAL_SECONDS;
          reversals += up != wasUp && soon ? 1 : 0;
        }
      }
      BigDecimal[] utilizations =
          timeline.stream()
              .flatMap(point -> Stream.ofNullable(point.utilization()))
              .toArray(BigDecimal[]::new);
      Arrays.sort(utilizations);
      return new BacktestFigures(
          instanceMinutes,
          recorded ? minutes(recordedInstanceSteps) : null,
          price == null
              ? null
              : Decimals.tidy(
                  instanceMinutes.multiply(price).divide(SIXTY, COST_DIGITS, RoundingMode.HALF_UP)),
          ups,
          allChanges.size() - ups,
          reversals,
          minutes(overSteps),
          minutes(saturatedSteps),
          minutes(censoredSteps),
          minutes(noDataSteps),
          percentile(utilizations, 50),
          percentile(utilizations, 95),
          percentile(utilizations, 99));
    }

    private BigDecimal minutes(long steps) {
      return Decimals.tidy(
          BigDecimal.valueOf(steps * step).divide(SIXTY, COST_DIGITS, RoundingMode.HALF_UP));
    }

    private static @Nullable BigDecimal percentile(BigDecimal[] sorted, int percent) {
      return sorted.length == 0 ? null : Decimals.tidy(sorted[rank(sorted.length, percent)]);
    }

    /** The nearest rank, from 0. */
    private static int rank(int size, int percent) {
      return (int) Math.ceilDiv((long) size * percent, 100) - 1;
    }
  }
}
