/**
 * The scaling brain: {@link dev.quintet.autoscaler.decision.Scaling#decide} turns one {@link
 * dev.quintet.autoscaler.decision.ScalingInput} into one {@link
 * dev.quintet.autoscaler.decision.Decision}, without a clock, a database or a memory of its own.
 * Live evaluation, dry run, what-if and back-test all call it, so none can drift from the others.
 */
@NullMarked
package dev.quintet.autoscaler.decision;

import org.jspecify.annotations.NullMarked;
