package dev.quintet.common.api.autoscaler;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Runs ways to scale a pool through demand: that of a window of its record ({@code from}, {@code
 * to}), or an invented {@code trace}.
 *
 * @param from of the record; with {@code to}, and not with {@code trace}
 * @param to at most 31 days after {@code from}
 * @param stepSeconds between two looks at the pool; 60 if left out, 10 to 3600
 * @param startInstances ready at the beginning; if left out, the recorded number, or the pool's
 * @param startupDelaySeconds until a started instance serves; 0 if left out
 * @param pricePerInstanceHour to compute a cost; none if left out
 * @param capped a utilisation ends at 100, as a real one does; true if left out
 * @param maxAgeSeconds a point older than this is no data; 180 if left out
 * @param target utilisation that counts as too much; if left out, the first candidate's
 * @param candidates to compare, 1 to 5; if left out, the pool as it is set up now
 */
public record BacktestRequest(
    @InvalidAs("backtest_invalid") @Nullable Instant from,
    @InvalidAs("backtest_invalid") @Nullable Instant to,
    @Nullable Trace trace,
    @InvalidAs("backtest_invalid") @Nullable Integer stepSeconds,
    @InvalidAs("backtest_invalid") @Nullable Integer startInstances,
    @InvalidAs("backtest_invalid") @Nullable Integer startupDelaySeconds,
    @InvalidAs("backtest_invalid") @Nullable BigDecimal pricePerInstanceHour,
    @Nullable Boolean capped,
    @InvalidAs("backtest_invalid") @Nullable Integer maxAgeSeconds,
    @InvalidAs("backtest_invalid") @Nullable BigDecimal target,
    @InvalidAs("backtest_invalid") @Nullable List<Candidate> candidates) {

  public static final int MOST_CANDIDATES = 5;
  public static final int MOST_POINTS = 50_000;

  /** Steps of all candidates together: what one run may cost. */
  public static final int MOST_STEPS = 250_000;

  private static final Duration LONGEST = Duration.ofDays(31);
  private static final BigDecimal LARGEST = new BigDecimal("1000000000000");

  public BacktestRequest {
    stepSeconds = Objects.requireNonNullElse(stepSeconds, 60);
    startupDelaySeconds = Objects.requireNonNullElse(startupDelaySeconds, 0);
    capped = Objects.requireNonNullElse(capped, true);
    maxAgeSeconds = Objects.requireNonNullElse(maxAgeSeconds, 180);
    var violations = new Violations();
    between(violations, stepSeconds, 10, 3600, "/step_seconds");
    between(violations, startupDelaySeconds, 0, 3600, "/startup_delay_seconds");
    between(violations, maxAgeSeconds, 10, 86_400, "/max_age_seconds");
    if (startInstances != null) {
      between(violations, startInstances, 0, 1000, "/start_instances");
    }
    amount(violations, pricePerInstanceHour, "/price_per_instance_hour");
    amount(violations, target, "/target");
    checkSpan(violations, from, to, trace);
    checkCandidates(violations, candidates);
    long steps = steps(from, to, trace, stepSeconds) * (candidates == null ? 1 : candidates.size());
    violations.check(
        steps <= MOST_STEPS,
        AutoscalerProblem.BACKTEST_INVALID,
        "/step_seconds",
        "gives " + steps + " steps over all candidates; at most " + MOST_STEPS + " are run");
    violations.orThrow();
    candidates = candidates == null ? null : List.copyOf(candidates);
  }

  private static void checkSpan(
      Violations violations, @Nullable Instant from, @Nullable Instant to, @Nullable Trace trace) {
    if (trace != null) {
      violations.check(
          from == null && to == null,
          AutoscalerProblem.BACKTEST_INVALID,
          "/from",
          "is for a recorded window; a trace has its own start");
      return;
    }
    if (from == null && to == null) {
      // Said of the trace, so that it goes unsaid where there was one whose faults are told
      // already.
      violations.add(
          CommonProblem.REQUIRED, "/trace", "is required where there is no window from … to");
      return;
    }
    violations.required(from, "/from");
    violations.required(to, "/to");
    if (from != null && to != null) {
      violations.check(
          from.isBefore(to), AutoscalerProblem.BACKTEST_INVALID, "/to", "must be after from");
      violations.check(
          Duration.between(from, to).compareTo(LONGEST) <= 0,
          AutoscalerProblem.BACKTEST_INVALID,
          "/to",
          "must be at most 31 days after from");
    }
  }

  private static void checkCandidates(Violations violations, @Nullable List<Candidate> candidates) {
    if (candidates == null) {
      return;
    }
    violations.check(
        !candidates.isEmpty()
            && candidates.size() <= MOST_CANDIDATES
            && candidates.stream().noneMatch(Objects::isNull),
        AutoscalerProblem.BACKTEST_INVALID,
        "/candidates",
        "must be 1 to " + MOST_CANDIDATES);
    var names = candidates.stream().filter(Objects::nonNull).map(Candidate::name).toList();
    for (int i = 0; i < names.size(); i++) {
      violations.check(
          names.indexOf(names.get(i)) == i,
          AutoscalerProblem.BACKTEST_INVALID,
          "/candidates/" + i + "/name",
          "is the name of one before it");
    }
  }

  private static long steps(
      @Nullable Instant from, @Nullable Instant to, @Nullable Trace trace, int stepSeconds) {
    long seconds = 0;
    if (trace != null) {
      seconds =
          (long) Objects.requireNonNull(trace.demand()).size()
              * Objects.requireNonNull(trace.intervalSeconds());
    } else if (from != null && to != null) {
      seconds = Duration.between(from, to).toSeconds();
    }
    return Math.ceilDiv(Math.max(0, seconds), (long) Math.max(1, stepSeconds));
  }

  /**
   * Invented demand, one value after the other.
   *
   * @param start of the first value; 2026-01-01T00:00:00Z if left out
   * @param intervalSeconds that each value holds; 60 if left out
   * @param metric that policies are to see; {@code cpu} if left out
   * @param kind of the metric; {@code utilization} if left out
   * @param demand of a utilisation in instances times percent, so that 420 keeps seven instances at
   *     60; of a total the total itself. At most 50,000
   */
  public record Trace(
      @InvalidAs("backtest_invalid") @Nullable Instant start,
      @InvalidAs("backtest_invalid") @Nullable Integer intervalSeconds,
      @Nullable String metric,
      @InvalidAs("backtest_invalid") @Nullable MetricKind kind,
      @InvalidAs("backtest_invalid") @Nullable List<BigDecimal> demand) {
    private static final Instant SOME_DAY = Instant.parse("2026-01-01T00:00:00Z");
    private static final Instant LATEST = Instant.parse("9000-01-01T00:00:00Z");

    public Trace {
      start = Objects.requireNonNullElse(start, SOME_DAY);
      intervalSeconds = Objects.requireNonNullElse(intervalSeconds, 60);
      metric = Objects.requireNonNullElse(metric, "cpu");
      kind = Objects.requireNonNullElse(kind, MetricKind.UTILIZATION);
      var violations = new Violations();
      violations.required(demand, "/demand");
      between(violations, intervalSeconds, 10, 3600, "/interval_seconds");
      violations.check(
          !start.isBefore(Instant.EPOCH) && start.isBefore(LATEST),
          AutoscalerProblem.BACKTEST_INVALID,
          "/start",
          "must be between 1970 and 9000");
      violations.check(
          !metric.isEmpty() && metric.length() <= 100,
          AutoscalerProblem.BACKTEST_INVALID,
          "/metric",
          "must be the name of a metric type");
      if (demand != null) {
        violations.check(
            !demand.isEmpty() && demand.size() <= MOST_POINTS,
            AutoscalerProblem.BACKTEST_INVALID,
            "/demand",
            "must be 1 to " + MOST_POINTS + " values");
        for (int i = 0; i < Math.min(demand.size(), MOST_POINTS); i++) {
          BigDecimal value = demand.get(i);
          if (value == null) {
            violations.add(CommonProblem.REQUIRED, "/demand/" + i, "is required");
          } else if (!reasonable(value)) {
            amount(violations, value, "/demand/" + i);
          }
        }
      }
      violations.orThrow();
      demand = List.copyOf(Objects.requireNonNull(demand));
    }
  }

  /**
   * A way to scale the pool. What it does not say is as the pool is set up now.
   *
   * @param policies to try; with {@code policy_ids} they add up; neither: the pool's enabled ones
   * @param policyIds policies of the pool, as they are now
   * @param behavior if left out, the pool's
   * @param minInstances if left out, the pool's
   * @param maxInstances if left out, the pool's
   * @param schedules whether the pool's schedules apply; false if left out for a trace, else true
   * @param evaluateEverySeconds between two decisions; the step if left out
   * @param originRule the rule of the service that this one replaced (one more or less every five
   *     minutes, threshold 80), to compare with; comes with policies and behaviour of its own
   */
  public record Candidate(
      @Nullable String name,
      @InvalidAs("backtest_invalid") @Nullable List<PolicyRequest> policies,
      @InvalidAs("backtest_invalid") @Nullable List<Integer> policyIds,
      @Nullable BehaviorSpec behavior,
      @InvalidAs("limits_invalid") @Nullable Integer minInstances,
      @InvalidAs("limits_invalid") @Nullable Integer maxInstances,
      @Nullable Boolean schedules,
      @InvalidAs("backtest_invalid") @Nullable Integer evaluateEverySeconds,
      @Nullable Boolean originRule) {
    private static final int MOST_POLICIES = 20;

    public Candidate {
      name = Texts.trimmed(name);
      policies = Objects.requireNonNullElse(policies, List.of());
      policyIds = Objects.requireNonNullElse(policyIds, List.of());
      originRule = Objects.requireNonNullElse(originRule, false);
      var violations = new Violations();
      Texts.requiredName(violations, name, Texts.NAME, "/name");
      violations.check(
          policies.stream().noneMatch(Objects::isNull)
              && policyIds.stream().noneMatch(Objects::isNull)
              && policies.size() + policyIds.size() <= MOST_POLICIES,
          AutoscalerProblem.BACKTEST_INVALID,
          "/policies",
          "must be at most " + MOST_POLICIES + " policies");
      violations.check(
          !originRule || (policies.isEmpty() && policyIds.isEmpty() && behavior == null),
          AutoscalerProblem.BACKTEST_INVALID,
          "/origin_rule",
          "comes with policies and behaviour of its own");
      limit(violations, minInstances, "/min_instances");
      limit(violations, maxInstances, "/max_instances");
      violations.check(
          minInstances == null || maxInstances == null || minInstances <= maxInstances,
          AutoscalerProblem.LIMITS_INVALID,
          "/max_instances",
          "must not be below min_instances");
      if (evaluateEverySeconds != null) {
        between(violations, evaluateEverySeconds, 10, 3600, "/evaluate_every_seconds");
      }
      violations.orThrow();
      policies = List.copyOf(policies);
      policyIds = List.copyOf(policyIds);
    }

    private static void limit(Violations violations, @Nullable Integer value, String pointer) {
      violations.check(
          value == null || (value >= 0 && value <= 1000),
          AutoscalerProblem.LIMITS_INVALID,
          pointer,
          "must be 0 to 1000");
    }
  }

  private static void between(
      Violations violations, int value, int least, int most, String pointer) {
    violations.check(
        value >= least && value <= most,
        AutoscalerProblem.BACKTEST_INVALID,
        pointer,
        "must be " + least + " to " + most);
  }

  private static void amount(Violations violations, @Nullable BigDecimal value, String pointer) {
    violations.check(
        value == null || reasonable(value),
        AutoscalerProblem.BACKTEST_INVALID,
        pointer,
        "must be 0 to 1e12");
  }

  /** Checked by its digits first: a number such as 1e999999999 must not be unfolded. */
  private static boolean reasonable(BigDecimal value) {
    return value.signum() >= 0
        && Math.abs((long) value.scale()) <= 400
        && value.compareTo(LARGEST) <= 0;
  }
}
