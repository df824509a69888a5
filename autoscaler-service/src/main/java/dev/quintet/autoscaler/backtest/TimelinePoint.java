package dev.quintet.autoscaler.backtest;

import dev.quintet.common.api.autoscaler.DecisionCode;
import java.math.BigDecimal;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One step.
 *
 * @param utilization null: no data, or nothing that could be utilised
 * @param target after the step's decision
 * @param code null: no decision was due
 */
public record TimelinePoint(
    Instant at,
    @Nullable BigDecimal demand,
    @Nullable BigDecimal utilization,
    int current,
    int ready,
    int target,
    @Nullable DecisionCode code) {}
