package dev.quintet.common.api.tracker;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import org.jspecify.annotations.Nullable;

/** Asks whether the writer with this epoch still holds the shard. */
public record FenceCheckRequest(@InvalidAs("invalid_epoch") @Nullable Long epoch) {
  public FenceCheckRequest {
    var violations = new Violations();
    ShardReport.checkEpoch(violations, epoch, "/epoch");
    violations.orThrow();
  }
}
