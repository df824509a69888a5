package dev.quintet.common.api.autoscaler;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which schedules rule a pool when: every instant of the span is in exactly one stretch.
 *
 * @param stretches half-open, in order
 */
public record SchedulePlan(int poolId, Instant from, Instant to, List<Stretch> stretches) {

  /**
   * @param exact the one that sets the number; null: metrics decide
   * @param floor the highest floor
   * @param ceiling the lowest ceiling
   * @param contradictory the floor asks for more than the ceiling allows; the ceiling holds
   */
  public record Stretch(
      Instant from,
      Instant to,
      @Nullable Ruling exact,
      @Nullable Ruling floor,
      @Nullable Ruling ceiling,
      boolean contradictory) {}

  public record Ruling(long scheduleId, String name, int targetInstances) {}
}
