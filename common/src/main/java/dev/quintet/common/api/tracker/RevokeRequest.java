package dev.quintet.common.api.tracker;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/**
 * Takes a shard from its holder at once.
 *
 * @param holdS seconds for which nobody gets it (default 0)
 */
public record RevokeRequest(
    @Nullable String reason, @InvalidAs("invalid_setting") @Nullable Long holdS) {

  public RevokeRequest {
    var violations = new Violations();
    Names.checkText(violations, reason, 256, "/reason");
    SettingRules.between(violations, holdS, 0, 86_400, "/hold_s");
    violations.orThrow();
  }
}
