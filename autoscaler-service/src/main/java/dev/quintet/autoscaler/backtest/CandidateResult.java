package dev.quintet.autoscaler.backtest;

import dev.quintet.common.api.autoscaler.Explanation;
import java.util.List;

/**
 * @param decisions as they would be stored: each change, and each other one whose code differs from
 *     the one before
 * @param timeline one point per step
 */
public record CandidateResult(
    String name, Figures figures, List<Explanation> decisions, List<TimelinePoint> timeline) {}
