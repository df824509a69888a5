package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.common.problem.Violations;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * The leader cannot have the value.
 *
 * @param error any JSON, for the followers, at most 8 MiB; it is kept for nobody who comes later
 */
public record CoalesceFailure(@Schema(implementation = Object.class) @Nullable JsonNode error) {
  public CoalesceFailure {
    var violations = new Violations();
    violations.required(error, "/error");
    violations.orThrow();
  }
}
