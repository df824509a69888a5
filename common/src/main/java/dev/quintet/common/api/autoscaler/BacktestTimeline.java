package dev.quintet.common.api.autoscaler;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What happened step by step, in columns: the n-th value of each belongs to the n-th step. */
public record BacktestTimeline(String backtestId, List<Candidate> candidates) {

  /**
   * @param from instant of the first step
   * @param demand null: no data
   * @param utilization null: no data, or nothing that could be utilised
   * @param target after the step's decision
   * @param code null: no decision was due
   */
  public record Candidate(
      String name,
      Instant from,
      long stepSeconds,
      List<@Nullable BigDecimal> demand,
      List<@Nullable BigDecimal> utilization,
      List<Integer> current,
      List<Integer> ready,
      List<Integer> target,
      List<@Nullable DecisionCode> code) {}
}
