package dev.quintet.common.api.autoscaler;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/**
 * A schedule, whole. What is left out has its default.
 *
 * @param nodeId whose pools it is for; may be left out where {@code pool_id} is given
 * @param poolId the one pool it is for; null: each pool of the node
 * @param startTime HH:MM on the wall of {@code timezone}
 * @param endTime HH:MM or 24:00, not in the window any more; before the start: on the next day
 * @param targetInstances 0 to 1000; the pool's limits hold all the same
 * @param timezone IANA name, UTC if left out
 * @param daysOfWeek the days on which the window starts; bit 0 is Monday, 127 every day
 * @param mode {@code exact} if left out
 * @param priority among overlapping exact ones the higher wins, 0 if left out
 * @param validFrom first and last local date on which it starts
 */
public record ScheduleRequest(
    @InvalidAs("schedule_invalid") @Nullable Integer nodeId,
    @InvalidAs("schedule_invalid") @Nullable Integer poolId,
    @Nullable String name,
    @InvalidAs("schedule_invalid") @Nullable String startTime,
    @InvalidAs("schedule_invalid") @Nullable String endTime,
    @InvalidAs("schedule_invalid") @Nullable Integer targetInstances,
    @Nullable Boolean isActive,
    @InvalidAs("timezone_unknown") @Nullable String timezone,
    @InvalidAs("schedule_invalid") @Nullable Integer daysOfWeek,
    @InvalidAs("schedule_invalid") @Nullable ScheduleMode mode,
    @InvalidAs("schedule_invalid") @Nullable Integer priority,
    @InvalidAs("schedule_invalid") @Nullable LocalDate validFrom,
    @InvalidAs("schedule_invalid") @Nullable LocalDate validUntil) {

  public ScheduleRequest {
    name = Texts.trimmed(name);
    isActive = isActive == null ? Boolean.TRUE : isActive;
    timezone = timezone == null ? "UTC" : timezone;
    daysOfWeek = daysOfWeek == null ? ScheduleRules.EVERY_DAY : daysOfWeek;
    mode = mode == null ? ScheduleMode.EXACT : mode;
    priority = priority == null ? 0 : priority;
    var violations = new Violations();
    violations.check(
        nodeId != null || poolId != null,
        CommonProblem.REQUIRED,
        "/node_id",
        "is required where pool_id is not given");
    Texts.requiredName(violations, name, Texts.NAME, "/name");
    violations.required(startTime, "/start_time");
    violations.required(endTime, "/end_time");
    violations.required(targetInstances, "/target_instances");
    ScheduleRules.checkTimes(violations, startTime, endTime);
    ScheduleRules.checkTarget(violations, targetInstances);
    ScheduleRules.checkZone(violations, timezone);
    ScheduleRules.checkDays(violations, daysOfWeek);
    ScheduleRules.checkValidity(violations, validFrom, validUntil);
    violations.orThrow();
  }
}
