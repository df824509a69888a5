package dev.quintet.common.api.coordination;

import dev.quintet.common.problem.Violations;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Metrics to store.
 *
 * @param metrics 1 to 5,000
 */
public record MetricReport(List<MetricInput> metrics) {
  public MetricReport(@Nullable List<MetricInput> metrics) {
    var violations = new Violations();
    violations.required(metrics, "/metrics");
    violations.orThrow();
    this.metrics = metrics == null ? List.of() : metrics;
  }
}
