package dev.quintet.autoscaler.decision;

import dev.quintet.common.api.autoscaler.PolicySpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An enabled policy with what it needs.
 *
 * @param dryRun it is computed and shown; the target does not follow it
 * @param readings of its metrics; one without any sample is left out
 * @param forecast for a seasonal policy; null: there is not enough history for one
 */
public record ActivePolicy(
    String name,
    PolicySpec spec,
    boolean dryRun,
    List<Reading> readings,
    @Nullable Forecast forecast) {
  public ActivePolicy {
    readings = List.copyOf(readings);
  }

  public static ActivePolicy of(String name, PolicySpec spec, Reading... readings) {
    return new ActivePolicy(name, spec, false, List.of(readings), null);
  }
}
