package dev.quintet.common.api.autoscaler;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A back-test and, once it is done, what came of it.
 *
 * @param status {@code pending}, {@code running}, {@code done} or {@code failed}
 * @param error why it failed, in words
 * @param resultHash SHA-256 in hex over everything in the result: equal requests over the same
 *     record give equal hashes
 * @param result each candidate, in the order asked for; null until it is done
 */
public record Backtest(
    String id,
    int poolId,
    String status,
    @Nullable String createdBy,
    Instant createdAt,
    @Nullable Instant finishedAt,
    @Nullable String error,
    @Nullable String resultHash,
    @Nullable List<Outcome> result) {

  /**
   * What a candidate comes to.
   *
   * @param decisions each change, and each other decision whose code differs from the one before;
   *     the first 2,000
   * @param decisionsLeftOut how many more there were
   */
  public record Outcome(
      String name, BacktestFigures figures, List<Explanation> decisions, int decisionsLeftOut) {}
}
