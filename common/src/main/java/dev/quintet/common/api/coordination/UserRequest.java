package dev.quintet.common.api.coordination;

import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All that a user's row says; what is left out gets its first value again. A change of the tier
 * ends the user's rate windows and sessions.
 *
 * @param email at most 320 characters
 * @param role user (unless said), devops, admin or service
 * @param subscriptionTier free (unless said), basic, pro or premium
 */
public record UserRequest(
    @Nullable String email, @Nullable String role, @Nullable String subscriptionTier) {
  private static final int LONGEST_EMAIL = 320;
  private static final Set<String> ROLES = Set.of("user", "devops", "admin", "service");

  public UserRequest {
    role = Objects.requireNonNullElse(role, "user");
    subscriptionTier = Objects.requireNonNullElse(subscriptionTier, Tiers.FREE);
    var violations = new Violations();
    violations.check(
        email == null || email.codePointCount(0, email.length()) <= LONGEST_EMAIL,
        CommonProblem.INVALID_VALUE,
        "/email",
        "must have at most " + LONGEST_EMAIL + " characters");
    violations.check(
        ROLES.contains(role),
        CommonProblem.INVALID_VALUE,
        "/role",
        "must be user, devops, admin or service");
    violations.check(
        Tiers.ALL.contains(subscriptionTier),
        CommonProblem.INVALID_VALUE,
        "/subscription_tier",
        "must be one of " + String.join(", ", Tiers.ALL));
    violations.orThrow();
  }

  public String role() {
    return Objects.requireNonNull(role);
  }

  public String subscriptionTier() {
    return Objects.requireNonNull(subscriptionTier);
  }
}
