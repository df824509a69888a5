package dev.quintet.common.api.autoscaler;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A schedule as it stands, with what follows from it at the moment of the answer.
 *
 * @param version raised by each change; the ETag
 * @param activeNow its window is open and it is switched on
 * @param nextTransitionAt the first instant at which that changes; null: never again
 * @param overlaps others of the same pools whose windows are open with this one's; in lists left
 *     out
 * @param warnings {@code target_will_be_clamped}: no pool it is for allows so many instances; in
 *     lists left out
 */
public record Schedule(
    int id,
    int nodeId,
    @Nullable Integer poolId,
    String name,
    String startTime,
    String endTime,
    int targetInstances,
    boolean isActive,
    String timezone,
    int daysOfWeek,
    ScheduleMode mode,
    int priority,
    @Nullable LocalDate validFrom,
    @Nullable LocalDate validUntil,
    Instant createdAt,
    Instant updatedAt,
    int version,
    boolean activeNow,
    @Nullable Instant nextTransitionAt,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable List<Overlap> overlaps,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable List<String> warnings) {

  /**
   * Two windows that are open at once.
   *
   * @param firstAt the first instant at which both are
   * @param prevails id of the schedule whose number counts; null: they combine, as a floor does
   *     with an exact number
   */
  public record Overlap(
      int scheduleId,
      String name,
      ScheduleMode mode,
      Instant firstAt,
      @Nullable Integer prevails) {}
}
