package dev.quintet.common.api.autoscaler;

import dev.quintet.common.json.Given;
import dev.quintet.common.json.InvalidAs;
import java.time.LocalDate;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Changes what it names of a schedule (a merge patch); null takes a pool or a date away. What comes
 * out of it must be a schedule that {@link ScheduleRequest} accepts.
 */
public record ScheduleChange(
    @InvalidAs("schedule_invalid") @Schema(implementation = Integer.class, nullable = true)
        @Nullable Given<Integer> poolId,
    @Nullable String name,
    @InvalidAs("schedule_invalid") @Nullable String startTime,
    @InvalidAs("schedule_invalid") @Nullable String endTime,
    @InvalidAs("schedule_invalid") @Nullable Integer targetInstances,
    @Nullable Boolean isActive,
    @InvalidAs("timezone_unknown") @Nullable String timezone,
    @InvalidAs("schedule_invalid") @Nullable Integer daysOfWeek,
    @InvalidAs("schedule_invalid") @Nullable ScheduleMode mode,
    @InvalidAs("schedule_invalid") @Nullable Integer priority,
    @InvalidAs("schedule_invalid") @Schema(implementation = LocalDate.class, nullable = true)
        @Nullable Given<LocalDate> validFrom,
    @InvalidAs("schedule_invalid") @Schema(implementation = LocalDate.class, nullable = true)
        @Nullable Given<LocalDate> validUntil) {

  /** Throws what {@link ScheduleRequest} throws. */
  public ScheduleRequest onto(Schedule was) {
    return new ScheduleRequest(
        was.nodeId(),
        poolId == null ? was.poolId() : poolId.value(),
        name == null ? was.name() : name,
        startTime == null ? was.startTime() : startTime,
        endTime == null ? was.endTime() : endTime,
        targetInstances == null ? was.targetInstances() : targetInstances,
        isActive == null ? was.isActive() : isActive,
        timezone == null ? was.timezone() : timezone,
        daysOfWeek == null ? was.daysOfWeek() : daysOfWeek,
        mode == null ? was.mode() : mode,
        priority == null ? was.priority() : priority,
        validFrom == null ? was.validFrom() : validFrom.value(),
        validUntil == null ? was.validUntil() : validUntil.value());
  }
}
