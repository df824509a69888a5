package dev.quintet.common.api.coordination;

import dev.quintet.common.problem.Violations;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * The keys of a model, as its provider gave them out.
 *
 * @param fallback leased while the primary cannot be; none if absent
 */
public record ApiKeyRequest(
    @Schema(writeOnly = true) String primary, @Schema(writeOnly = true) @Nullable String fallback) {
  public ApiKeyRequest {
    var violations = new Violations();
    ApiKeyRules.check(violations, primary, "/primary");
    if (fallback != null) {
      ApiKeyRules.check(violations, fallback, "/fallback");
    }
    violations.orThrow();
  }

  @Override
  public String toString() {
    return "ApiKeyRequest[masked]";
  }
}
