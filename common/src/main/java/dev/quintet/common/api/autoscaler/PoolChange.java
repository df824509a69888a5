package dev.quintet.common.api.autoscaler;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/** Changes what it names of a pool. Its limits, control mode and node have calls of their own. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PoolChange(
    @InvalidAs("invalid_name") @Nullable String name,
    @InvalidAs("invalid_name") @Nullable String region,
    @InvalidAs("count_invalid") @Nullable Integer currentInstances) {

  public PoolChange {
    name = Texts.trimmed(name);
    region = Texts.trimmed(region);
    var violations = new Violations();
    Texts.name(violations, name, Texts.NAME, "/name");
    Texts.name(violations, region, Texts.REGION, "/region");
    Counts.check(violations, currentInstances, "/current_instances");
    violations.orThrow();
  }
}
