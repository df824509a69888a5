package dev.quintet.common.api.coordination;

import dev.quintet.common.problem.Violations;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Calls to record.
 *
 * @param records 1 to 1,000
 */
public record AiUsageReport(List<AiUsageRecord> records) {
  public AiUsageReport(@Nullable List<AiUsageRecord> records) {
    var violations = new Violations();
    violations.required(records, "/records");
    violations.orThrow();
    this.records = records == null ? List.of() : records;
  }
}
