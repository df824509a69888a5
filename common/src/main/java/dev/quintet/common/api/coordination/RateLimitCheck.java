package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Asks whether a user may call a model, and charges the call where he may.
 *
 * @param userId of our users or of anybody's: tiers are known of ours
 * @param cost units, 1 to the limit; default 1; 0 asks only, as {@code peek} does
 * @param requestId makes a repeat safe, and the charge one that can be settled; known for the
 *     longest window, at most an hour
 * @param policy the policy's name; without it and {@code windows} the one of highest priority that
 *     fits model and tier
 * @param windows limits of the caller's own, in place of a policy
 * @param peek true: nothing is charged, and the answer is 200 whatever it says
 * @param decision status (default): a denial is 429; body: it is 200 with allowed false
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RateLimitCheck(
    @InvalidAs("invalid_key_segment") @Nullable String model,
    @InvalidAs("invalid_key_segment") @Nullable String userId,
    @InvalidAs("invalid_cost") @Nullable Integer cost,
    @InvalidAs("invalid_key_segment") @Nullable String requestId,
    @InvalidAs("invalid_policy") @Nullable String policy,
    @InvalidAs("invalid_policy") @Nullable List<@Nullable RateWindow> windows,
    @Nullable Boolean peek,
    @Nullable Decision decision) {

  /** How a denial is told. */
  public enum Decision {
    STATUS,
    BODY;

    @JsonCreator
    public static Decision of(String name) {
      return valueOf(name.toUpperCase(Locale.ROOT));
    }

    @JsonValue
    public String json() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public RateLimitCheck {
    var violations = new Violations();
    Segments.checkModel(violations, model, "/model");
    Segments.checkId(violations, userId, "/user_id");
    cost = cost == null ? 1 : cost;
    violations.check(
        cost > 0 || (cost == 0 && !Boolean.FALSE.equals(peek)),
        CoordinationProblem.INVALID_COST,
        "/cost",
        "must be 1 or more; 0 asks only, and what was charged is given back by settling");
    peek = Boolean.TRUE.equals(peek) || cost == 0;
    if (requestId != null) {
      Segments.checkId(violations, requestId, "/request_id");
    }
    violations.check(
        policy == null || windows == null,
        CoordinationProblem.INVALID_POLICY,
        "/windows",
        "stand in place of a policy: name one or the other");
    if (windows != null) {
      RateWindows.check(violations, windows);
    }
    decision = decision == null ? Decision.STATUS : decision;
    violations.orThrow();
  }

  /** What has to fit: a question without cost asks for the next unit. */
  public int wanted() {
    return Math.max(1, Objects.requireNonNull(cost));
  }

  public boolean asksOnly() {
    return Boolean.TRUE.equals(peek);
  }
}
