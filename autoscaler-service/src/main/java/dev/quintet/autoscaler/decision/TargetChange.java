package dev.quintet.autoscaler.decision;

import java.time.Instant;

/** A change of the standing target, whatever was its reason. */
public record TargetChange(Instant at, int before, int after) {}
