/**
 * When a schedule's window is open, and which schedule rules a pool at an instant. The rules know
 * no clock and no database: {@link dev.quintet.autoscaler.schedule.Window} is a row of {@code
 * autoscaler.schedules} as a value.
 */
@NullMarked
package dev.quintet.autoscaler.schedule;

import org.jspecify.annotations.NullMarked;
