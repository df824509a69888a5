package dev.quintet.autoscaler.decision;

import dev.quintet.common.api.autoscaler.DecisionCode;
import dev.quintet.common.api.autoscaler.Explanation;
import dev.quintet.common.api.autoscaler.ScalingEvent;

/**
 * What was decided. The caller writes {@link #standingTarget} by a compare-and-set on the
 * generation that the input had, records the wishes in the stabilisation memory, and stores the
 * explanation.
 *
 * @param standingTarget from now on; the input's, unless {@link #changesTarget}
 * @param wish for {@code pool_recommendations.raw}: of the live policies, or of all if all are in
 *     dry run
 * @param shadowWish the same with the policies in dry run counted
 */
public record Decision(Explanation explanation, int standingTarget, int wish, int shadowWish) {

  public ScalingEvent event() {
    return explanation.event();
  }

  public DecisionCode code() {
    return explanation.code();
  }

  /** Recommended; in a dry run not the standing target. */
  public int target() {
    return explanation.target();
  }

  public boolean dryRun() {
    return explanation.dryRun();
  }

  public long generation() {
    return explanation.generation();
  }

  public boolean changesTarget() {
    return standingTarget != explanation.previousTarget();
  }

  /** The short form, for {@code pool_analytics.scaling_reason} and heartbeat answers. */
  public String reason() {
    return explanation.code() + ": " + explanation.text();
  }
}
