package dev.quintet.common.api.autoscaler;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import java.util.List;
import java.util.Objects;

/**
 * How fast a pool may follow its wishes; the content of {@code pool_behaviors.spec}. What is left
 * out has its default.
 *
 * @param scaleInWindowSeconds a scale-in goes no lower than the highest wish of this window;
 *     default 300, at most 3600
 * @param scaleOutWindowSeconds a scale-out goes no higher than the lowest wish of this window;
 *     default 0
 * @param cooldownInSeconds no scale-in so soon after any change was reached; default 300
 * @param cooldownOutSeconds no scale-out so soon after any change was reached; default 0
 * @param convergeTimeoutSeconds a change that has not been reached by then is no longer waited for;
 *     default 600
 * @param scaleInRates default: no limit
 * @param scaleOutRates default: no limit
 */
public record BehaviorSpec(
    @InvalidAs("behavior_invalid") Integer scaleInWindowSeconds,
    @InvalidAs("behavior_invalid") Integer scaleOutWindowSeconds,
    @InvalidAs("behavior_invalid") Integer cooldownInSeconds,
    @InvalidAs("behavior_invalid") Integer cooldownOutSeconds,
    @InvalidAs("behavior_invalid") Integer convergeTimeoutSeconds,
    @InvalidAs("behavior_invalid") Rates scaleInRates,
    @InvalidAs("behavior_invalid") Rates scaleOutRates) {

  /** A pool that was given none. */
  public static final BehaviorSpec DEFAULT =
      new BehaviorSpec(300, 0, 300, 0, 600, Rates.UNLIMITED, Rates.UNLIMITED);

  /** No memory and no pauses: every wish is followed at once. */
  public static final BehaviorSpec IMMEDIATE =
      new BehaviorSpec(0, 0, 0, 0, 0, Rates.UNLIMITED, Rates.UNLIMITED);

  public BehaviorSpec {
    scaleInWindowSeconds = Objects.requireNonNullElse(scaleInWindowSeconds, 300);
    scaleOutWindowSeconds = Objects.requireNonNullElse(scaleOutWindowSeconds, 0);
    cooldownInSeconds = Objects.requireNonNullElse(cooldownInSeconds, 300);
    cooldownOutSeconds = Objects.requireNonNullElse(cooldownOutSeconds, 0);
    convergeTimeoutSeconds = Objects.requireNonNullElse(convergeTimeoutSeconds, 600);
    scaleInRates = Objects.requireNonNullElse(scaleInRates, Rates.UNLIMITED);
    scaleOutRates = Objects.requireNonNullElse(scaleOutRates, Rates.UNLIMITED);
    var violations = new Violations();
    between(violations, scaleInWindowSeconds, 0, 3600, "/scale_in_window_seconds");
    between(violations, scaleOutWindowSeconds, 0, 3600, "/scale_out_window_seconds");
    between(violations, cooldownInSeconds, 0, 86_400, "/cooldown_in_seconds");
    between(violations, cooldownOutSeconds, 0, 86_400, "/cooldown_out_seconds");
    between(violations, convergeTimeoutSeconds, 0, 86_400, "/converge_timeout_seconds");
    violations.orThrow();
  }

  /**
   * How much may change within a period.
   *
   * @param select default {@code max}
   * @param rates at most 10; none: no limit, unless {@code select} is {@code disabled}
   */
  public record Rates(
      @InvalidAs("behavior_invalid") RateSelect select,
      @InvalidAs("behavior_invalid") List<Rate> rates) {
    public static final Rates UNLIMITED = new Rates(RateSelect.MAX, List.of());

    public Rates {
      select = Objects.requireNonNullElse(select, RateSelect.MAX);
      rates = Objects.requireNonNullElse(rates, List.of());
      var violations = new Violations();
      violations.check(
          rates.size() <= 10 && rates.stream().noneMatch(Objects::isNull),
          AutoscalerProblem.BEHAVIOR_INVALID,
          "/rates",
          "must be at most 10 rates");
      violations.orThrow();
      rates = List.copyOf(rates);
    }
  }

  /**
   * @param value percent or instances, 1 to 1000
   * @param periodSeconds 1 to 3600
   */
  public record Rate(
      @InvalidAs("behavior_invalid") RateType type,
      @InvalidAs("behavior_invalid") Integer value,
      @InvalidAs("behavior_invalid") Integer periodSeconds) {
    public Rate {
      var violations = new Violations();
      violations.required(type, "/type");
      between(violations, Objects.requireNonNullElse(value, 0), 1, 1000, "/value");
      between(violations, Objects.requireNonNullElse(periodSeconds, 0), 1, 3600, "/period_seconds");
      violations.orThrow();
    }
  }

  private static void between(
      Violations violations, int value, int least, int most, String pointer) {
    violations.check(
        value >= least && value <= most,
        AutoscalerProblem.BEHAVIOR_INVALID,
        pointer,
        "must be " + least + " to " + most);
  }
}
