package dev.quintet.bench.autoscaler;

import dev.quintet.autoscaler.backtest.BacktestResult;
import dev.quintet.autoscaler.backtest.Candidate;
import dev.quintet.autoscaler.backtest.Candidate.NamedPolicy;
import dev.quintet.autoscaler.backtest.DemandPoint;
import dev.quintet.autoscaler.backtest.DemandSeries;
import dev.quintet.autoscaler.backtest.Scenario;
import dev.quintet.autoscaler.backtest.Simulation;
import dev.quintet.autoscaler.decision.ActivePolicy;
import dev.quintet.autoscaler.decision.Decision;
import dev.quintet.autoscaler.decision.LastScale;
import dev.quintet.autoscaler.decision.Reading;
import dev.quintet.autoscaler.decision.Scaling;
import dev.quintet.autoscaler.decision.ScalingInput;
import dev.quintet.autoscaler.decision.TargetChange;
import dev.quintet.autoscaler.decision.Wish;
import dev.quintet.autoscaler.schedule.Window;
import dev.quintet.common.api.autoscaler.BehaviorSpec;
import dev.quintet.common.api.autoscaler.ControlMode;
import dev.quintet.common.api.autoscaler.MetricKind;
import dev.quintet.common.api.autoscaler.PolicySpec;
import dev.quintet.common.api.autoscaler.ScheduleMode;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A decision with its whole explanation, and fourteen days of them. One thread: one core. */
@State(Scope.Benchmark)
@Fork(1)
public class ScalingBench {
  private static final Instant AT = Instant.parse("2026-05-04T10:00:00Z");
  private static final int INPUTS = 256;

  private final ScalingInput[] simple = new ScalingInput[INPUTS];
  private final ScalingInput[] full = new ScalingInput[INPUTS];
  private int next;
  private Scenario fortnight;
  private List<Candidate> candidate;

  @Setup
  public void prepare() {
    var random = new Random(1);
    for (int i = 0; i < INPUTS; i++) {
      simple[i] = input(random, false);
      full[i] = input(random, true);
    }
    var points = new ArrayList<DemandPoint>();
    Instant from = AT.minus(Duration.ofDays(14));
    for (int minute = 0; minute < 14 * 1440; minute++) {
      double wave = 250 + 200 * Math.sin(2 * Math.PI * minute / 1440) + random.nextInt(40);
      BigDecimal cpu =
          BigDecimal.valueOf(wave).divide(BigDecimal.valueOf(7), 1, RoundingMode.HALF_UP);
      points.add(DemandPoint.recorded(from.plusSeconds(60L * minute), 7, cpu));
    }
    fortnight =
        new Scenario(
            7,
            from,
            AT,
            Duration.ofMinutes(1),
            4,
            90,
            BigDecimal.ONE,
            true,
            Scenario.MAX_AGE_SECONDS,
            null,
            List.of(new DemandSeries("cpu", MetricKind.UTILIZATION, points)));
    candidate =
        List.of(
            new Candidate(
                "cpu60",
                2,
                20,
                List.of(
                    new NamedPolicy(
                        "cpu60", PolicySpec.TargetTracking.of("cpu", BigDecimal.valueOf(60)))),
                BehaviorSpec.DEFAULT,
                List.of(),
                60));
  }

  /** One policy; or two, with an hour's memory, a schedule and a change behind it. */
  private static ScalingInput input(Random random, boolean full) {
    int size = 2 + random.nextInt(8);
    var policies = new ArrayList<ActivePolicy>();
    policies.add(policy("cpu", random));
    var wishes = new ArrayList<Wish>();
    if (full) {
      policies.add(policy("memory", random));
      for (int second = 3600; second > 0; second -= 15) {
        wishes.add(new Wish(AT.minusSeconds(second), size + random.nextInt(2)));
      }
    }
    return new ScalingInput(
        7,
        AT,
        ControlMode.MANAGED,
        false,
        2,
        10,
        size,
        size,
        0,
        size,
        41,
        policies,
        BehaviorSpec.DEFAULT,
        wishes,
        List.of(),
        full ? List.of(new TargetChange(AT.minusSeconds(900), size - 1, size)) : List.of(),
        full ? new LastScale(AT.minusSeconds(900), AT.minusSeconds(800)) : null,
        full
            ? List.of(
                Window.of(
                    1,
                    "day",
                    true,
                    "09:00",
                    "17:00",
                    "Europe/Berlin",
                    31,
                    null,
                    null,
                    ScheduleMode.FLOOR,
                    0,
                    3))
            : List.of(),
        null);
  }

  private static ActivePolicy policy(String metric, Random random) {
    return ActivePolicy.of(
        metric + "60",
        PolicySpec.TargetTracking.of(metric, BigDecimal.valueOf(60)),
        Reading.of(metric, BigDecimal.valueOf(random.nextInt(1000), 1), 4, AT.minusSeconds(12)));
  }

  @Benchmark
  @BenchmarkMode(Mode.Throughput)
  @OutputTimeUnit(TimeUnit.SECONDS)
  @Warmup(iterations = 4, time = 2)
  @Measurement(iterations = 5, time = 2)
  public Decision decide() {
    return Scaling.decide(simple[next++ % INPUTS]);
  }

  @Benchmark
  @BenchmarkMode(Mode.Throughput)
  @OutputTimeUnit(TimeUnit.SECONDS)
  @Warmup(iterations = 4, time = 2)
  @Measurement(iterations = 5, time = 2)
  public Decision decideWithMemoryAndSchedule() {
    return Scaling.decide(full[next++ % INPUTS]);
  }

  @Benchmark
  @BenchmarkMode(Mode.AverageTime)
  @OutputTimeUnit(TimeUnit.MILLISECONDS)
  @Warmup(iterations = 4, time = 2)
  @Measurement(iterations = 5, time = 2)
  public BacktestResult fortnight() {
    return Simulation.run(fortnight, candidate);
  }

  /** In a fresh machine, as after a start: the first back-test that anybody asks for. */
  @Benchmark
  @BenchmarkMode(Mode.SingleShotTime)
  @OutputTimeUnit(TimeUnit.MILLISECONDS)
  @Fork(3)
  @Warmup(iterations = 0)
  @Measurement(iterations = 1)
  public BacktestResult fortnightCold() {
    return Simulation.run(fortnight, candidate);
  }
}
