package dev.quintet.autoscaler.evaluation;

import dev.quintet.autoscaler.decision.Decision;
import dev.quintet.autoscaler.evaluation.PoolInput.State;
import dev.quintet.autoscaler.evaluation.PoolInput.WishEnd;
import dev.quintet.common.api.autoscaler.ControlMode;
import dev.quintet.common.api.autoscaler.Explanation;
import dev.quintet.common.api.autoscaler.ScalingEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is to be kept of one evaluation, as {@code autoscaler.store_decisions} takes it.
 *
 * @param standing the target to begin with where the pool has none yet
 * @param generation and the decision after it: what the evaluation was made of
 * @param analyticsId the observation that gets the short form; null: none
 * @param wishes ends of runs to remember
 * @param live whether the target is followed from now on
 * @param changes whether it is another now
 * @param decision null: it only repeats the one before it
 */
record Verdict(
    int poolId,
    Instant at,
    String settings,
    int standing,
    long generation,
    @Nullable Long lastDecisionId,
    @Nullable Long analyticsId,
    List<WishEnd> wishes,
    @Nullable Integer raw,
    @Nullable Integer shadowRaw,
    boolean live,
    boolean changes,
    int standingTarget,
    @Nullable Kept decision) {

  /** A row of scaling_decisions. */
  record Kept(
      ScalingEvent event,
      String code,
      int current,
      int previousTarget,
      int target,
      boolean dryRun,
      Explanation explanation,
      String reason) {}

  /** Null: there is nothing to keep. */
  static @Nullable Verdict of(PoolInput pool, Decision decision, Duration repeatEvery) {
    State state = pool.state();
    boolean live = pool.controlMode() == ControlMode.MANAGED && !decision.dryRun();
    boolean wishesAlike =
        state != null
            && Objects.equals(state.lastRaw(), decision.wish())
            && Objects.equals(state.lastShadowRaw(), decision.shadowWish());
    boolean repeats =
        state != null && state.live() == live && repeats(pool, state, decision, repeatEvery);
    if (repeats && wishesAlike) {
      return null;
    }
    var wishes = new ArrayList<WishEnd>(2);
    if (!wishesAlike) {
      WishEnd end = Inputs.openEnd(pool);
      if (end != null) {
        wishes.add(end);
      }
      wishes.add(new WishEnd(pool.at(), decision.wish(), decision.shadowWish()));
    }
    return new Verdict(
        pool.poolId(),
        pool.at(),
        pool.settings(),
        pool.standing(),
        pool.generation(),
        pool.lastDecisionId(),
        pool.at().equals(pool.observedAt()) ? pool.analyticsId() : null,
        wishes,
        decision.wish(),
        decision.shadowWish(),
        live,
        live && decision.changesTarget(),
        decision.standingTarget(),
        repeats ? null : kept(pool, decision));
  }

  /** A pool that was switched off is not followed any more; null: it was not before. */
  static @Nullable Verdict off(PoolInput pool) {
    State state = pool.state();
    return state == null || !state.live()
        ? null
        : new Verdict(
            pool.poolId(),
            pool.at(),
            pool.settings(),
            pool.standing(),
            pool.generation(),
            pool.lastDecisionId(),
            null,
            List.of(),
            state.lastRaw(),
            state.lastShadowRaw(),
            false,
            false,
            state.target(),
            null);
  }

  private static boolean repeats(
      PoolInput pool, State last, Decision decision, Duration repeatEvery) {
    if (decision.changesTarget()
        || last.lastStoredAt() == null
        || !pool.at().isBefore(last.lastStoredAt().plus(repeatEvery))
        || !decision.code().name().equals(last.lastCode())) {
      return false;
    }
    // What would be done is worth a row when it is something else; what is not done only by its
    // code.
    return decision.event() == ScalingEvent.NO_ACTION
        || (decision.event().name().equals(last.lastEvent())
            && Objects.equals(decision.target(), last.lastTarget())
            && Objects.equals(decision.dryRun(), last.lastDryRun()));
  }

  private static Kept kept(PoolInput pool, Decision decision) {
    return new Kept(
        decision.event(),
        decision.code().name(),
        pool.current(),
        pool.standing(),
        decision.target(),
        decision.dryRun(),
        decision.explanation(),
        decision.reason());
  }
}
