/**
 * The brain on recorded or invented demand: {@link dev.quintet.autoscaler.backtest.Simulation} lets
 * {@link dev.quintet.autoscaler.decision.Scaling#decide} run a pool that exists only here, step by
 * step, and counts what it would have cost and how well it would have served.
 */
@NullMarked
package dev.quintet.autoscaler.backtest;

import org.jspecify.annotations.NullMarked;
