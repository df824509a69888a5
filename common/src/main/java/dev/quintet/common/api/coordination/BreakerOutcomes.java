package dev.quintet.common.api.coordination;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What became of calls.
 *
 * @param outcomes 1 to 1,000, in the order in which they happened
 */
public record BreakerOutcomes(@Nullable List<@Nullable Report> outcomes) {
  private static final int MOST = 1_000;

  /**
   * One call.
   *
   * @param permitId the permit that it was made with; without one it counts only while the breaker
   *     is closed, and as often as it is told
   * @param durationMs how long it took, 0 to 86,400,000
   * @param reporter who made it
   * @param errorType in the caller's words, at most 100 characters; for metrics of the caller's own
   */
  public record Report(
      @InvalidAs("invalid_outcome") @Nullable String permitId,
      @InvalidAs("invalid_state") @Nullable BreakerOutcome outcome,
      @InvalidAs("invalid_outcome") @Nullable Long durationMs,
      @Nullable String reporter,
      @Nullable String errorType) {
    private static final Pattern PERMIT =
        Pattern.compile("[0-9]{1,16}\\.[0-9]{1,12}\\.[a-z0-9]{1,40}\\.[0-9]{1,15}");
    private static final long LONGEST_MS = 86_400_000;
    private static final int LONGEST_TYPE = 100;

    public Report {
      var violations = new Violations();
      violations.check(
          permitId == null || PERMIT.matcher(permitId).matches(),
          CoordinationProblem.INVALID_OUTCOME,
          "/permit_id",
          "must be the id of a permit");
      violations.check(
          outcome != null,
          CommonProblem.REQUIRED,
          "/outcome",
          "must be one of success, failure, timeout, ignored");
      violations.check(
          durationMs == null || (durationMs >= 0 && durationMs <= LONGEST_MS),
          CoordinationProblem.INVALID_OUTCOME,
          "/duration_ms",
          "must be 0 to " + LONGEST_MS);
      BreakerNames.checkReporter(violations, reporter, "/reporter");
      violations.check(
          errorType == null || errorType.length() <= LONGEST_TYPE,
          CoordinationProblem.INVALID_OUTCOME,
          "/error_type",
          "must be at most " + LONGEST_TYPE + " characters");
      violations.orThrow();
    }
  }

  public BreakerOutcomes {
    var violations = new Violations();
    violations.required(outcomes, "/outcomes");
    if (outcomes != null) {
      violations.check(
          outcomes.size() <= MOST,
          CoordinationProblem.BATCH_TOO_LARGE,
          "/outcomes",
          "must be at most " + MOST);
      violations.check(
          !outcomes.isEmpty(), CoordinationProblem.INVALID_OUTCOME, "/outcomes", "is empty");
      for (int i = 0; i < Math.min(outcomes.size(), MOST); i++) {
        violations.required(outcomes.get(i), "/outcomes/" + i);
      }
    }
    violations.orThrow();
    outcomes = Objects.requireNonNull(outcomes).stream().filter(Objects::nonNull).toList();
  }
}
