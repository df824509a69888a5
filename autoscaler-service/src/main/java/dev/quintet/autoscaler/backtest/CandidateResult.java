package dev.quintet.autoscaler.backtest;

import dev.quintet.common.api.autoscaler.BacktestFigures;
import dev.quintet.common.api.autoscaler.Explanation;
import java.util.List;

/**
 * @param decisions as they would be stored: each change, and each other one whose code differs from
 *     the one before; the first {@link Simulation#MOST_DECISIONS}
 * @param decisionsLeftOut how many more there were: a pool that flaps for a month would fill the
 *     memory with reasons
 * @param timeline one point per step
 */
public record CandidateResult(
    String name,
    BacktestFigures figures,
    List<Explanation> decisions,
    int decisionsLeftOut,
    List<TimelinePoint> timeline) {}
