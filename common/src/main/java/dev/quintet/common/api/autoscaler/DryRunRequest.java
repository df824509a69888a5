package dev.quintet.common.api.autoscaler;

import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/** Whether a policy is only to be computed and shown. */
public record DryRunRequest(@Nullable Boolean dryRun) {
  public DryRunRequest {
    var violations = new Violations();
    violations.required(dryRun, "/dry_run");
    violations.orThrow();
  }
}
