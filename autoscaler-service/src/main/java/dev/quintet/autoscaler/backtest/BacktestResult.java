package dev.quintet.autoscaler.backtest;

import java.util.List;

/**
 * All candidates side by side, in the order given.
 *
 * @param resultHash SHA-256 in hex over everything in it: equal requests give equal hashes
 */
public record BacktestResult(List<CandidateResult> candidates, String resultHash) {}
