package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * So much within so long.
 *
 * @param window its name, and the last part of its key in Redis
 * @param seconds its length, 1 to 2,678,400 (31 days); the windows second, minute, hour, day and
 *     week know theirs
 * @param limit units within it, 1 to 1,000,000,000; 10,000 at most for a log
 * @param algorithm default auto
 * @param burst for gcra: what may come at once; default the limit, a tenth of it where strict
 * @param strict for gcra: refills by limit - burst in each window, so that no window sees more than
 *     the limit
 * @param buckets for bucket: the parts of the window, 2 to 360, default 60
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RateWindow(
    @InvalidAs("invalid_policy") @Nullable String window,
    @InvalidAs("invalid_policy") @Nullable Integer seconds,
    @InvalidAs("invalid_policy") @Nullable Integer limit,
    @InvalidAs("invalid_policy") @Nullable RateAlgorithm algorithm,
    @InvalidAs("invalid_policy") @Nullable Integer burst,
    @InvalidAs("invalid_policy") @Nullable Boolean strict,
    @InvalidAs("invalid_policy") @Nullable Integer buckets) {
  public static final int LONGEST_SECONDS = 31 * 86_400;
  public static final int LARGEST_LIMIT = 1_000_000_000;
  public static final int LARGEST_LOG = 10_000;

  private static final int LARGEST_AUTOMATIC_LOG = 1_000;
  private static final int USUAL_BUCKETS = 60;

  /** The name that stands in the same place of a key for requests that are remembered. */
  private static final String TAKEN = "request";

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,32}");
  private static final Map<String, Integer> KNOWN =
      Map.of(
          "second", 1,
          "minute", 60,
          "hour", 3_600,
          "day", 86_400,
          "week", 604_800);

  public RateWindow {
    var violations = new Violations();
    var invalid = CoordinationProblem.INVALID_POLICY;
    violations.check(
        window != null && NAME.matcher(window).matches() && !window.equals(TAKEN),
        invalid,
        "/window",
        "must be 1 to 32 letters, digits, '_' or '-', and not 'request'");
    seconds = seconds == null && window != null ? KNOWN.get(window) : seconds;
    violations.check(
        seconds != null && seconds >= 1 && seconds <= LONGEST_SECONDS,
        invalid,
        "/seconds",
        "must be from 1 to 2678400 (31 days)");
    violations.check(
        limit != null && limit >= 1 && limit <= LARGEST_LIMIT,
        invalid,
        "/limit",
        "must be from 1 to 1000000000");
    algorithm = algorithm == null ? RateAlgorithm.AUTO : algorithm;
    int most = limit == null ? 1 : limit;
    violations.check(
        algorithm != RateAlgorithm.LOG || most <= LARGEST_LOG,
        invalid,
        "/limit",
        "must be at most 10000 for a log; a bucket has no such limit");
    boolean gcra = algorithm == RateAlgorithm.GCRA;
    boolean exact = Boolean.TRUE.equals(strict);
    violations.check(gcra || burst == null, invalid, "/burst", "is a setting of gcra");
    violations.check(gcra || strict == null, invalid, "/strict", "is a setting of gcra");
    if (gcra) {
      strict = exact;
      violations.check(
          !exact || most >= 2, invalid, "/limit", "must be 2 or more for a strict gcra");
      burst = burst != null ? burst : exact ? Math.max(1, most / 10) : (Integer) most;
      violations.check(
          burst >= 1 && burst <= (exact ? Math.max(1, most - 1) : most),
          invalid,
          "/burst",
          exact ? "must be from 1 to less than the limit" : "must be from 1 to the limit");
    }
    boolean parts = algorithm == RateAlgorithm.BUCKET || algorithm == RateAlgorithm.AUTO;
    violations.check(parts || buckets == null, invalid, "/buckets", "is a setting of bucket");
    violations.check(
        buckets == null || (buckets >= 2 && buckets <= 360),
        invalid,
        "/buckets",
        "must be from 2 to 360");
    violations.orThrow();
  }

  /** Never auto. */
  public RateAlgorithm effective() {
    if (algorithm != RateAlgorithm.AUTO) {
      return given(algorithm);
    }
    return given(limit) <= LARGEST_AUTOMATIC_LOG ? RateAlgorithm.LOG : RateAlgorithm.BUCKET;
  }

  /** What can be there at once: the burst of a gcra, else the limit. */
  public int capacity() {
    return effective() == RateAlgorithm.GCRA ? given(burst) : given(limit);
  }

  /** Units per window by which a gcra refills. */
  public int rate() {
    return Boolean.TRUE.equals(strict) ? given(limit) - given(burst) : given(limit);
  }

  public int parts() {
    return buckets == null ? USUAL_BUCKETS : buckets;
  }

  public long millis() {
    return given(seconds) * 1_000L;
  }

  /**
   * What its algorithm promises: exact; never_over (and at times too strict); burst_plus_rate;
   * approximate; per_fixed_window (twice the limit can pass around its edge).
   */
  public String guarantee() {
    return switch (effective()) {
      case AUTO, LOG -> "exact";
      case BUCKET -> "never_over";
      case GCRA -> Boolean.TRUE.equals(strict) ? "never_over" : "burst_plus_rate";
      case COUNTER -> "approximate";
      case FIXED -> "per_fixed_window";
    };
  }

  private static <T> T given(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("the constructor lets no such window pass");
    }
    return value;
  }
}
