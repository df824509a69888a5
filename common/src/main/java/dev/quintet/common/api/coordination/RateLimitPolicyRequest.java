package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes or replaces a policy.
 *
 * @param modelPattern models that it is for; a star stands for any run of characters; default all
 * @param tier users that it is for: free, basic, pro, premium; default all
 * @param windows 1 to 8; all of them must allow, else none is charged
 * @param failMode default local
 * @param shadow default false; true: it is evaluated and counted, and denies nothing
 * @param priority -1,000,000 to 1,000,000, default 0; of those that fit the highest counts
 * @param enabled default true
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RateLimitPolicyRequest(
    @InvalidAs("invalid_policy") @Nullable String modelPattern,
    @InvalidAs("invalid_policy") @Nullable String tier,
    @InvalidAs("invalid_policy") @Nullable List<@Nullable RateWindow> windows,
    @InvalidAs("invalid_policy") @Nullable FailMode failMode,
    @InvalidAs("invalid_policy") @Nullable Boolean shadow,
    @InvalidAs("invalid_policy") @Nullable Integer priority,
    @InvalidAs("invalid_policy") @Nullable Boolean enabled) {
  private static final Pattern PATTERN = Pattern.compile("[A-Za-z0-9._/*-]{1,100}");
  private static final Set<String> TIERS = Set.of("free", "basic", "pro", "premium");
  private static final int HIGHEST_PRIORITY = 1_000_000;

  public RateLimitPolicyRequest {
    var violations = new Violations();
    var invalid = CoordinationProblem.INVALID_POLICY;
    modelPattern = modelPattern == null ? "*" : modelPattern;
    violations.check(
        PATTERN.matcher(modelPattern).matches(),
        invalid,
        "/model_pattern",
        "must be 1 to 100 letters, digits, '.', '_', '/', '-' or '*'");
    violations.check(
        tier == null || TIERS.contains(tier),
        invalid,
        "/tier",
        "must be one of free, basic, pro, premium");
    RateWindows.check(violations, windows);
    failMode = failMode == null ? FailMode.LOCAL : failMode;
    shadow = shadow != null && shadow;
    priority = priority == null ? 0 : priority;
    violations.check(
        Math.abs((long) priority) <= HIGHEST_PRIORITY,
        invalid,
        "/priority",
        "must be from -1000000 to 1000000");
    enabled = enabled == null || enabled;
    violations.orThrow();
  }
}
