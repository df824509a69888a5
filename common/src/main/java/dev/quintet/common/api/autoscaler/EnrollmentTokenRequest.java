package dev.quintet.common.api.autoscaler;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/**
 * Makes a token with which agents register themselves.
 *
 * @param region the only region it is good for; null: any
 * @param maxUses how many nodes may register with it, 1 to 10000; 1 unless said
 * @param expiresIn seconds it is valid, 60 to 2592000 (30 days); a day unless said
 */
public record EnrollmentTokenRequest(
    @InvalidAs("invalid_name") @Nullable String region,
    @Nullable Integer maxUses,
    @Nullable Integer expiresIn) {
  private static final int MOST_USES = 10_000;
  private static final int SHORTEST = 60;
  private static final int USUAL = 86_400;
  private static final int LONGEST = 30 * 86_400;

  public EnrollmentTokenRequest {
    region = Texts.trimmed(region);
    var violations = new Violations();
    Texts.name(violations, region, Texts.REGION, "/region");
    violations.check(
        maxUses == null || (maxUses >= 1 && maxUses <= MOST_USES),
        CommonProblem.INVALID_VALUE,
        "/max_uses",
        "must be between 1 and " + MOST_USES);
    violations.check(
        expiresIn == null || (expiresIn >= SHORTEST && expiresIn <= LONGEST),
        CommonProblem.INVALID_VALUE,
        "/expires_in",
        "must be between " + SHORTEST + " and " + LONGEST + " seconds");
    violations.orThrow();
  }

  public int uses() {
    return maxUses == null ? 1 : maxUses;
  }

  public int seconds() {
    return expiresIn == null ? USUAL : expiresIn;
  }
}
