package dev.quintet.autoscaler.decision;

import dev.quintet.autoscaler.schedule.Window;
import dev.quintet.common.api.autoscaler.BehaviorSpec;
import dev.quintet.common.api.autoscaler.ControlMode;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything a decision depends on.
 *
 * @param at the evaluation's instant; every age is counted to it
 * @param min the pool's limit, read together with the rest
 * @param max the pool's limit
 * @param current instances that exist ({@code pools.current_instances})
 * @param ready instances that serve ({@code pool_analytics.active_instances}), at most {@code
 *     current}
 * @param unknown ready instances without a fresh sample, at most {@code ready}; 0 where the agent
 *     reports means over the pool
 * @param standingTarget {@code pool_scaling_state.target}; for a pool without one, its current
 *     instances
 * @param generation {@code pool_scaling_state.generation}; 0 without a row
 * @param policies the enabled ones, in the order of their ids
 * @param wishes {@code raw} of {@code pool_recommendations}, at least those newer than the longer
 *     stabilisation window; the instant {@code at} itself is not among them
 * @param shadowWishes the same with the policies in dry run counted; only used where some policies
 *     are in dry run and others are not
 * @param changes of the standing target, at least those newer than the longest period of the rates,
 *     oldest first
 * @param lastScale null: the target has never been changed
 * @param schedules windows of the pool and of its node
 * @param pin the pool's override, expired or not
 */
public record ScalingInput(
    long poolId,
    Instant at,
    ControlMode controlMode,
    boolean nodeOffline,
    int min,
    int max,
    int current,
    int ready,
    int unknown,
    int standingTarget,
    long generation,
    List<ActivePolicy> policies,
    BehaviorSpec behavior,
    List<Wish> wishes,
    List<Wish> shadowWishes,
    List<TargetChange> changes,
    @Nullable LastScale lastScale,
    List<Window> schedules,
    @Nullable Pin pin) {
  public ScalingInput {
    if (min < 0
        || min > max
        || current < 0
        || ready < 0
        || ready > current
        || unknown < 0
        || unknown > ready
        || standingTarget < 0) {
      throw new IllegalArgumentException(
          "impossible counts: min=%d max=%d current=%d ready=%d unknown=%d target=%d"
              .formatted(min, max, current, ready, unknown, standingTarget));
    }
    policies = List.copyOf(policies);
    wishes = List.copyOf(wishes);
    shadowWishes = List.copyOf(shadowWishes);
    changes = List.copyOf(changes);
    schedules = List.copyOf(schedules);
  }
}
