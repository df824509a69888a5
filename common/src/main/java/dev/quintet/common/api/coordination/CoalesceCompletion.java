package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * The leader has the value.
 *
 * @param result any JSON, at most 8 MiB
 * @param resultTtlMs for how long those who come later get it, 0 to 60,000 (default 10,000); those
 *     who wait get it in any case
 * @param cacheable false: it must not be shared. Those who wait compute for themselves, and for 5 s
 *     so do all who come, instead of waiting for each other in vain (default true)
 */
public record CoalesceCompletion(
    @Schema(implementation = Object.class) @Nullable JsonNode result,
    @InvalidAs("ttl_out_of_range") @Nullable Integer resultTtlMs,
    @Nullable Boolean cacheable) {
  public CoalesceCompletion {
    var violations = new Violations();
    violations.required(result, "/result");
    violations.check(
        resultTtlMs == null || (resultTtlMs >= 0 && resultTtlMs <= CoalesceRequest.LONGEST_MS),
        CoordinationProblem.TTL_OUT_OF_RANGE,
        "/result_ttl_ms",
        "must be 0 to " + CoalesceRequest.LONGEST_MS);
    violations.orThrow();
  }
}
